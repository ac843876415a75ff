-- Half a year of US flights: base tables that check what comes in, and a view that is kept up to date.

CREATE TABLE airports (
  iata      VARCHAR PRIMARY KEY,
  name      VARCHAR NOT NULL,
  city      VARCHAR,
  state     VARCHAR,
  country   VARCHAR NOT NULL,
  latitude  DOUBLE NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude DOUBLE NOT NULL CHECK (longitude BETWEEN -180 AND 180)
);

CREATE TABLE flights (
  departs     TIMESTAMP NOT NULL,
  day         DATE NOT NULL CHECK (day = CAST(departs AS DATE)),
  origin      VARCHAR NOT NULL REFERENCES airports (iata),
  destination VARCHAR NOT NULL REFERENCES airports (iata),
  distance    INTEGER NOT NULL CHECK (distance > 0),
  delay       INTEGER NOT NULL CHECK (delay BETWEEN -120 AND 2000)  -- minutes, at the destination
) WITH (event_time = departs, on_violation = quarantine, heartbeat = INTERVAL '1 day');

-- Flights that are announced and have not landed: no delay yet.
CREATE TABLE board (
  departs     TIMESTAMP NOT NULL,
  origin      VARCHAR NOT NULL REFERENCES airports (iata),
  destination VARCHAR NOT NULL REFERENCES airports (iata),
  distance    INTEGER NOT NULL CHECK (distance > 0)
) WITH (event_time = departs, on_violation = quarantine);

CREATE MATERIALIZED VIEW origin_day WITH (max_staleness = INTERVAL '1 hour') AS
  SELECT origin, day, count(*) AS departures, avg(delay) AS mean_delay
  FROM flights
  GROUP BY ALL;

-- What is known of a flight when it leaves: itself, and how yesterday went at its origin.
CREATE VIEW flight_features AS
  SELECT f.day, f.departs, f.origin, f.destination, hour(f.departs) AS hour, dayofweek(f.day) AS weekday,
         f.distance, o.mean_delay AS yesterday_at_origin, f.delay
  FROM flights f JOIN origin_day o ON o.origin = f.origin AND o.day + 1 = f.day;

CREATE VIEW board_features AS
  SELECT b.departs, b.origin, b.destination, hour(b.departs) AS hour, dayofweek(b.departs) AS weekday,
         b.distance, o.mean_delay AS yesterday_at_origin, o.departures AS departures_yesterday
  FROM board b JOIN origin_day o ON o.origin = b.origin AND o.day + 1 = CAST(b.departs AS DATE);
