import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { dayMs, standardPolicies } from '../standard-policies.ts';

/** Cars an hour westbound on Interstate 94, 2012 to 2018: a season of a week, and no drift to speak of. */
const metroTraffic: ExperimentInput = {
  name: 'metro_traffic',
  declarations: `
    CREATE TABLE hours (
      moment TIMESTAMP NOT NULL, temp DOUBLE, rain_1h DOUBLE, snow_1h DOUBLE, clouds_all DOUBLE, weather_main VARCHAR,
      traffic_volume INTEGER NOT NULL
    ) WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = traffic_volume, event_time = moment) AS
      SELECT moment, hour(moment) + 24 * (isodow(moment) >= 6)::INTEGER AS hour_of_day, temp, rain_1h, snow_1h, clouds_all,
        weather_main, traffic_volume
      FROM hours;
    CREATE MODEL traffic WITH (method = 'ridge', l2 = 1.0, categorical = (hour_of_day)) AS SELECT * FROM examples;`,
  model: 'traffic',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'hours',
        // Ten hours at 0 K, and one with 9.8 m of rain.
        select: `SELECT date_time AS moment, nullif(temp, 0) AS temp, CASE WHEN rain_1h < 1000 THEN rain_1h END AS rain_1h,
            snow_1h, clouds_all, weather_main, traffic_volume
          FROM read_csv('{data}/metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz')`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: 0.2,
  arrival: { kind: 'interval', every: '7 days' },
  season: '7 days',
  prices: { cpuSecond: 1, loss: 0.0000005 },
  // Longer than the gap of 307 days: a model without any row to learn from would not answer.
  policies: standardPolicies({ ms: 7 * dayMs, rows: 180, effect: 10, windowMs: 400 * dayMs, canFade: true }),
};

export default metroTraffic;
