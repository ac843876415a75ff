import type { ExperimentInput } from '../../../src/lab/laboratory.ts';
import { dayMs, standardPolicies } from '../standard-policies.ts';

/**
 * Weekly sales of ten departments in 45 shops, 2010 to 2012, from the shop, its week and the sales of the week before:
 * three tables.
 */
const walmartSales: ExperimentInput = {
  name: 'walmart_sales',
  declarations: `
    CREATE TABLE stores (store INTEGER PRIMARY KEY, type VARCHAR, size DOUBLE);
    CREATE TABLE weeks (
      store INTEGER NOT NULL REFERENCES stores, week DATE NOT NULL, temperature DOUBLE, fuel_price DOUBLE,
      markdown DOUBLE, prices DOUBLE, unemployment DOUBLE, is_holiday BOOLEAN, PRIMARY KEY (store, week)
    ) WITH (event_time = week);
    CREATE TABLE sales (
      store INTEGER NOT NULL REFERENCES stores, department INTEGER NOT NULL, week DATE NOT NULL, sold DOUBLE NOT NULL,
      PRIMARY KEY (store, department, week), FOREIGN KEY (store, week) REFERENCES weeks (store, week)
    ) WITH (event_time = week);
    CREATE TRAINING SET examples WITH (label = sold, event_time = week) AS
      SELECT s.week, s.store, s.department, t.type, t.size, w.temperature, w.fuel_price, w.markdown, w.prices,
        w.unemployment, w.is_holiday, b.sold AS sold_before, s.sold
      FROM sales s
      JOIN weeks w ON w.store = s.store AND w.week = s.week
      JOIN stores t ON t.store = s.store
      JOIN sales b ON b.store = s.store AND b.department = s.department AND b.week = s.week - 7;
    CREATE MODEL weekly WITH (method = 'ridge', l2 = 1.0, categorical = (store, department), expand = (month(week)))
      AS SELECT * FROM examples;`,
  model: 'weekly',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'stores',
        select: `SELECT "Store" AS store, "Type" AS type, "Size" AS size FROM read_csv('{data}/walmart_sales/stores.csv')`,
      },
      {
        table: 'weeks',
        // What is on offer in the last weeks of the file has no sales any more.
        select: `SELECT "Store" AS store, "Date" AS week, "Temperature" AS temperature, "Fuel_Price" AS fuel_price,
            coalesce("MarkDown1", 0) + coalesce("MarkDown2", 0) + coalesce("MarkDown3", 0) + coalesce("MarkDown4", 0)
              + coalesce("MarkDown5", 0) AS markdown,
            "CPI" AS prices, "Unemployment" AS unemployment, "IsHoliday" AS is_holiday
          FROM read_csv('{data}/walmart_sales/features.csv.gz', nullstr = 'NA') WHERE "Date" <= DATE '2012-10-26'`,
        eventTime: 'week',
      },
      {
        table: 'sales',
        select: `SELECT "Store" AS store, "Dept" AS department, "Date" AS week, "Weekly_Sales" AS sold
          FROM read_csv('{data}/walmart_sales/train.csv.gz') WHERE "Dept" <= 10`,
        eventTime: 'week',
      },
    ],
  },
  warmUp: 0.25,
  arrival: { kind: 'interval', every: '7 days' },
  season: '364 days',
  slice: 'type',
  prices: { cpuSecond: 1, loss: 0.00000001 },
  policies: standardPolicies({ ms: 7 * dayMs, rows: 445, effect: 200, windowMs: 182 * dayMs, canFade: true }),
};

export default walmartSales;
