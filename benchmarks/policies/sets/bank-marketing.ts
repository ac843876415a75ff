import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { hourMs, standardPolicies } from '../standard-policies.ts';

/**
 * Telephone calls of a Portuguese bank, May 2008 to November 2010: does the customer subscribe? The file keeps their order
 * and not their dates; here a call comes each half hour. The share of yes goes from 4 % to above 40 %. How long the call
 * took is left out, for it is known only with the answer.
 */
const bankMarketing: ExperimentInput = {
  name: 'bank_marketing',
  declarations: `
    CREATE TABLE calls (
      moment TIMESTAMP PRIMARY KEY, age DOUBLE, job VARCHAR, marital VARCHAR, education VARCHAR, in_default VARCHAR,
      housing VARCHAR, loan VARCHAR, contact VARCHAR, month VARCHAR, day_of_week VARCHAR, campaign DOUBLE,
      days_since_last DOUBLE, previous DOUBLE, previous_outcome VARCHAR, employment_variation DOUBLE,
      consumer_prices DOUBLE, consumer_confidence DOUBLE, euribor DOUBLE, employees DOUBLE, y VARCHAR NOT NULL
    ) WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = y, event_time = moment) AS
      SELECT * REPLACE (least(campaign, 10) AS campaign) FROM calls;
    CREATE MODEL subscribes WITH (method = 'logistic', l2 = 1.0) AS SELECT * FROM examples;`,
  model: 'subscribes',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'calls',
        // 999 days since the last call are never.
        select: `SELECT TIMESTAMP '2008-05-01' + to_minutes(30 * (row_number() OVER () - 1)) AS moment, age, job, marital,
            education, "default" AS in_default, housing, loan, contact, month, day_of_week, campaign,
            nullif(pdays, 999) AS days_since_last, previous, poutcome AS previous_outcome,
            "emp.var.rate" AS employment_variation, "cons.price.idx" AS consumer_prices,
            "cons.conf.idx" AS consumer_confidence, euribor3m AS euribor, "nr.employed" AS employees,
            CASE WHEN y THEN 'yes' ELSE 'no' END AS y
          FROM read_csv('{data}/bank_marketing/bank-additional-full.csv.gz', delim = ';', quote = '"')`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: 0.2,
  arrival: { kind: 'rows', rows: 432 },
  loss: 'log',
  prices: { cpuSecond: 1, loss: 0.0011 },
  policies: standardPolicies({
    ms: 216 * hourMs,
    rows: 432,
    effect: 0.02,
    windowMs: 60 * 24 * hourMs,
    canFade: false,
  }),
};

export default bankMarketing;
