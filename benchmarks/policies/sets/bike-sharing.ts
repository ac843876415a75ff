import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { dayMs, standardPolicies } from '../standard-policies.ts';

/** Bicycles rented in Washington in an hour, 2011 and 2012: a season, and a business that grows by two thirds. */
const bikeSharing: ExperimentInput = {
  name: 'bike_sharing',
  declarations: `
    CREATE TABLE hours (
      moment TIMESTAMP PRIMARY KEY, holiday BOOLEAN, workingday BOOLEAN, weathersit INTEGER, temp DOUBLE, hum DOUBLE,
      windspeed DOUBLE, cnt INTEGER NOT NULL
    ) WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = cnt, event_time = moment) AS
      SELECT moment, hour(moment) + 24 * workingday::INTEGER AS hour_of_day, holiday, weathersit, temp, hum, windspeed, cnt
      FROM hours;
    CREATE MODEL rented WITH (method = 'ridge', l2 = 1.0, categorical = (hour_of_day, weathersit))
      AS SELECT * FROM examples;`,
  model: 'rented',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'hours',
        // 22 hours have a humidity of 0, which is none.
        select: `SELECT dteday::TIMESTAMP + to_hours(hr) AS moment, holiday = 1 AS holiday, workingday = 1 AS workingday,
            weathersit, temp, nullif(hum, 0) AS hum, windspeed, cnt
          FROM read_csv('{data}/bike_sharing/hour.csv.gz')`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: 0.35,
  arrival: { kind: 'interval', every: '1 day' },
  season: '7 days',
  prices: { cpuSecond: 1, loss: 0.0002 },
  policies: standardPolicies({ ms: dayMs, rows: 24, effect: 5, windowMs: 60 * dayMs, canFade: true }),
};

export default bikeSharing;
