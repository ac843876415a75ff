-- A model of the delay over flights.sql, fitted again each morning on the last three weeks.

CREATE TRAINING SET delay_examples
  WITH (label = delay, event_time = day, label_delay = INTERVAL '1 day',
        window = INTERVAL '21 days', holdout = INTERVAL '3 days') AS
  SELECT day, hour, weekday, distance, yesterday_at_origin, delay
  FROM flight_features;

CREATE MODEL delay
  WITH (method = 'ridge', l2 = 1.0, categorical = (hour, weekday),
        max_staleness = INTERVAL '6 hours', refresh = auto, on_stale_read = refresh,
        gate = (rmse <= 50, rmse <= 1.02 * current), on_failure = keep_current) AS
  SELECT * FROM delay_examples;
