import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { dayMs, standardPolicies } from '../standard-policies.ts';

/** Fine dust in Beijing by the hour, 2010 to 2014, from the weather of the hour; 2,067 hours were not measured. */
const beijingPm25: ExperimentInput = {
  name: 'beijing_pm25',
  declarations: `
    CREATE TABLE hours (
      moment TIMESTAMP PRIMARY KEY, pm25 DOUBLE, dew_point DOUBLE, temperature DOUBLE, pressure DOUBLE, wind VARCHAR,
      wind_speed DOUBLE, snow DOUBLE, rain DOUBLE
    ) WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = pm25, event_time = moment) AS
      SELECT moment, hour(moment) AS hour_of_day, month(moment) AS month, dew_point, temperature, pressure, wind, wind_speed, snow,
        rain, pm25
      FROM hours;
    CREATE MODEL dust WITH (method = 'ridge', l2 = 1.0, categorical = (hour_of_day, month)) AS SELECT * FROM examples;`,
  model: 'dust',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'hours',
        select: `SELECT make_timestamp(year, month, day, hour, 0, 0.0) AS moment, "pm2.5" AS pm25, "DEWP" AS dew_point,
            "TEMP" AS temperature, "PRES" AS pressure, cbwd AS wind, "Iws" AS wind_speed, "Is" AS snow, "Ir" AS rain
          FROM read_csv('{data}/beijing_pm25/pollution.csv.gz', nullstr = 'NA')`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: 0.2,
  arrival: { kind: 'interval', every: '7 days' },
  season: '1 day',
  prices: { cpuSecond: 1, loss: 0.00001 },
  policies: standardPolicies({ ms: 7 * dayMs, rows: 160, effect: 2, windowMs: 182 * dayMs, canFade: true }),
};

export default beijingPm25;
