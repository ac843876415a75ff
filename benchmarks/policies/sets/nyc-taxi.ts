import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { dayMs, standardPolicies } from '../standard-policies.ts';

/** Told, for to find them out in 36 files takes longer than to read them. */
const tripColumns = [
  ['vendor_id', 'VARCHAR'],
  ['pickup_datetime', 'TIMESTAMP'],
  ['dropoff_datetime', 'TIMESTAMP'],
  ['passenger_count', 'DOUBLE'],
  ['trip_distance', 'DOUBLE'],
  ['rate_code_id', 'VARCHAR'],
  ['store_and_fwd_flag', 'VARCHAR'],
  ['pickup_location_id', 'INTEGER'],
  ['dropoff_location_id', 'INTEGER'],
  ['payment_type', 'VARCHAR'],
  ['fare_amount', 'DOUBLE'],
  ['extra', 'DOUBLE'],
  ['mta_tax', 'DOUBLE'],
  ['tip_amount', 'DOUBLE'],
  ['tolls_amount', 'DOUBLE'],
  ['improvement_surcharge', 'DOUBLE'],
  ['total_amount', 'DOUBLE'],
  ['congestion_surcharge', 'VARCHAR'],
]
  .map(([name, type]) => `'${name}': '${type}'`)
  .join(', ');

/**
 * Yellow taxis of New York, 2018 to 2020, a fifth of the sample: does the passenger leave a tip on the card? With zones
 * and the weather of the day before. In March 2020 the city closes, and fewer pay by card.
 */
const nycTaxi: ExperimentInput = {
  name: 'nyc_taxi',
  declarations: `
    CREATE TABLE zones (zone INTEGER PRIMARY KEY, borough VARCHAR);
    CREATE TABLE weather (day DATE PRIMARY KEY, rain DOUBLE, snow DOUBLE, warmest DOUBLE) WITH (event_time = day);
    CREATE TABLE trips (
      moment TIMESTAMP NOT NULL, pickup INTEGER NOT NULL REFERENCES zones, dropoff INTEGER NOT NULL REFERENCES zones,
      passengers DOUBLE, distance DOUBLE, tip BOOLEAN NOT NULL
    ) WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = tip, event_time = moment) AS
      SELECT t.moment, hour(t.moment) AS hour_of_day, isodow(t.moment) >= 6 AS weekend, p.borough AS picked_up, d.borough AS dropped_off,
        t.passengers, t.distance, w.rain, w.snow, w.warmest, t.tip
      FROM trips t
      JOIN zones p ON p.zone = t.pickup
      JOIN zones d ON d.zone = t.dropoff
      JOIN weather w ON w.day = t.moment::DATE - 1;
    CREATE MODEL tips WITH (method = 'logistic', l2 = 1.0, categorical = (hour_of_day)) AS SELECT * FROM examples;`,
  model: 'tips',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'zones',
        select: `SELECT "LocationID" AS zone, any_value("Borough") AS borough
          FROM read_csv('{data}/nyc_yellow_taxi_samples/taxi-zone-lookup.csv.gz') GROUP BY "LocationID"`,
      },
      {
        table: 'weather',
        select: `SELECT "DATE" AS day, "PRCP" AS rain, "SNOW" AS snow, "TMAX" AS warmest
          FROM read_csv('{data}/nyc_yellow_taxi_samples/central_park_weather.csv.gz')
          WHERE "DATE" BETWEEN DATE '2017-12-31' AND DATE '2020-12-31'`,
        eventTime: 'day',
      },
      {
        table: 'trips',
        // No file is in the order of time, ten trips are not of the month of their file, and two files end lines otherwise.
        select: `SELECT pickup_datetime AS moment, pickup_location_id AS pickup, dropoff_location_id AS dropoff,
            passenger_count AS passengers, CASE WHEN trip_distance BETWEEN 0 AND 100 THEN trip_distance END AS distance,
            tip_amount > 0 AS tip
          FROM (SELECT *, row_number() OVER () AS n FROM read_csv(
            '{data}/nyc_yellow_taxi_samples/yellow_tripdata_sample_*.csv.gz', auto_detect = false, strict_mode = false,
            header = true, filename = true, columns = {${tripColumns}}))
          WHERE n % 5 = 0 AND strftime(pickup_datetime, '%Y-%m') = regexp_extract(filename, '(20\\d\\d-\\d\\d)', 1)`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: 0.25,
  arrival: { kind: 'interval', every: '9 days' },
  season: '7 days',
  slice: 'picked_up',
  prices: { cpuSecond: 1, loss: 0.00033 },
  policies: standardPolicies({
    ms: 9 * dayMs,
    rows: 590,
    effect: 0.01,
    windowMs: 91 * dayMs,
    canFade: false,
  }),
};

export default nycTaxi;
