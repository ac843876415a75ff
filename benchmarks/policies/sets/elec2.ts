import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { dayMs, standardPolicies } from '../standard-policies.ts';

/**
 * Half hours of the electricity market of New South Wales: is the price above the mean of the last day? The file has no
 * clock; its rows are 30 minutes apart. Prices and demand of Victoria begin with row 17,424, in the measured part.
 */
const elec2: ExperimentInput = {
  name: 'elec2',
  declarations: `
    CREATE TABLE half_hours (
      moment TIMESTAMP PRIMARY KEY, nswprice DOUBLE, nswdemand DOUBLE, vicprice DOUBLE, vicdemand DOUBLE,
      transfer DOUBLE, class VARCHAR NOT NULL
    ) WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = class, event_time = moment) AS
      SELECT moment, hour(moment) AS hour_of_day, nswprice, nswdemand, vicprice, vicdemand, transfer, class FROM half_hours;
    CREATE MODEL price_up WITH (method = 'logistic', l2 = 1.0, categorical = (hour_of_day)) AS SELECT * FROM examples;`,
  model: 'price_up',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'half_hours',
        select: `SELECT TIMESTAMP '1996-05-07' + to_minutes(30 * (row_number() OVER () - 1)) AS moment,
            nswprice, nswdemand, vicprice, vicdemand, transfer, CASE class WHEN 1 THEN 'UP' ELSE 'DOWN' END AS class
          FROM read_csv('{data}/elec2/elec.csv.gz')`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: '340 days',
  arrival: { kind: 'interval', every: '1 day' },
  season: '1 day',
  prices: { cpuSecond: 1, loss: 0.02 },
  policies: standardPolicies({ ms: dayMs, rows: 48, effect: 0.02, windowMs: 90 * dayMs, canFade: false }),
};

export default elec2;
