import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A real table, cut into the updates it would have come in. */
export type ReplaySet = {
  readonly name: string;
  readonly source: string;
  readonly files: readonly string[];
  /** SELECT over `{file}`s that gives the rows in the order they came, with `__batch` (a number) beside them. */
  readonly select: (files: readonly string[]) => string;
  readonly eventTime: string | null;
  readonly label: string | null;
  /** Thresholds and floors were chosen without it. */
  readonly heldOut: boolean;
};

const csv = (file: string, more = '') => `read_csv('${file}'${more})`;

export const replaySets: readonly ReplaySet[] = [
  {
    name: 'bike_sharing',
    source: 'evidentlyai/evidently@a4aa4c2b37',
    files: ['bike_sharing/hour.csv.gz'],
    select: ([file = '']) =>
      `SELECT dteday::TIMESTAMP + hr * INTERVAL 1 HOUR AS at, * EXCLUDE (instant, dteday), (dteday - DATE '2011-01-01') // 7 AS __batch FROM ${csv(file)} ORDER BY 1`,
    eventTime: 'at',
    label: 'cnt',
    heldOut: false,
  },
  {
    name: 'elec2',
    source: 'scikit-multiflow/streaming-datasets@f1eb9f068c',
    files: ['elec2/elec.csv.gz'],
    select: ([file = '']) => `SELECT *, (row_number() OVER () - 1) // 336 AS __batch FROM ${csv(file)}`,
    eventTime: null,
    label: 'class',
    heldOut: true,
  },
  {
    name: 'metro_traffic',
    source: 'kboroz/TimeSeriesPrediction@5f1cfeccff',
    files: ['metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz'],
    select: ([file = '']) =>
      `SELECT *, (date_time::DATE - DATE '2012-10-01') // 7 AS __batch FROM ${csv(file)} ORDER BY date_time`,
    eventTime: 'date_time',
    label: 'traffic_volume',
    heldOut: false,
  },
  {
    name: 'beijing_pm25',
    source: 'jbrownlee/Datasets@d20fcb6402',
    files: ['beijing_pm25/pollution.csv.gz'],
    select: ([file = '']) =>
      `SELECT make_timestamp(year, month, day, hour, 0, 0.0) AS at, * EXCLUDE ("No", year, month, day, hour), (make_date(year, month, day) - DATE '2010-01-01') // 7 AS __batch FROM ${csv(file, ", nullstr = 'NA'")} ORDER BY 1`,
    eventTime: 'at',
    label: 'pm2.5',
    heldOut: true,
  },
  {
    name: 'hotel_bookings',
    source: 'huahanqi/562_Final_Project@b132cf757b',
    files: ['hotel_bookings/hotel_bookings.csv.gz'],
    select: ([file = '']) =>
      `SELECT * EXCLUDE (arrival_date_year, arrival_date_month, arrival_date_week_number, arrival_date_day_of_month),
         strptime(arrival_date_year || ' ' || arrival_date_month || ' ' || arrival_date_day_of_month, '%Y %B %d')::DATE AS arrival,
         (arrival - DATE '2015-07-01') // 7 AS __batch
       FROM ${csv(file, ", all_varchar = false, types = {'agent': 'VARCHAR', 'company': 'VARCHAR', 'children': 'VARCHAR'}")} ORDER BY arrival`,
    eventTime: 'arrival',
    label: 'is_canceled',
    heldOut: false,
  },
  {
    name: 'nyc_yellow_taxi',
    source: 'great-expectations/great_expectations@ce78204d6d',
    files: Array.from(
      { length: 36 },
      (_, month) =>
        `nyc_yellow_taxi_samples/yellow_tripdata_sample_${2018 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}.csv.gz`,
    ),
    select: (files) =>
      `SELECT * EXCLUDE (filename), (year(d) - 2018) * 156 + (month(d) - 1) * 13 + least(day(d), 30) // 3 AS __batch FROM (
         SELECT *, strptime(regexp_extract(filename, '(20\\d\\d-\\d\\d)', 1), '%Y-%m')::DATE AS m, CASE WHEN date_trunc('month', pickup_datetime) = m THEN pickup_datetime::DATE ELSE m END AS d
         FROM read_csv([${files.map((file) => `'${file}'`).join(', ')}], strict_mode = false, filename = true, union_by_name = true)) ORDER BY __batch, pickup_datetime`,
    eventTime: 'pickup_datetime',
    label: 'tip_amount',
    heldOut: true,
  },
  {
    name: 'bank_marketing',
    source: 'jamjewel/Customer-Subscription@de9b5b6384',
    files: ['bank_marketing/bank-additional-full.csv.gz'],
    select: ([file = '']) =>
      `SELECT *, (row_number() OVER () - 1) // 400 AS __batch FROM ${csv(file, ", delim = ';', quote = '\"'")}`,
    eventTime: null,
    label: 'y',
    heldOut: true,
  },
  {
    name: 'walmart_sales',
    source: 'dsrscientist/dataset4@f3d6ed5581',
    files: ['walmart_sales/train.csv.gz', 'walmart_sales/features.csv.gz'],
    select: ([train = '', features = '']) =>
      `SELECT t.* EXCLUDE ("IsHoliday"), f.* EXCLUDE ("Store", "Date"), (t."Date" - DATE '2010-02-05') // 7 AS __batch
       FROM ${csv(train)} t JOIN ${csv(features, ", nullstr = 'NA'")} f USING ("Store", "Date") ORDER BY t."Date", t."Store", t."Dept"`,
    eventTime: 'Date',
    label: 'Weekly_Sales',
    heldOut: false,
  },
];

/** Where the data sets are, and what of them is there. */
export function dataFolder(): string {
  return resolve(process.env['EVERVIEW_DATA'] ?? '../shared/data');
}

export function filesOf(set: ReplaySet): readonly string[] | null {
  const files = set.files.map((file) => join(dataFolder(), file));
  return files.every((file) => existsSync(file)) ? files : null;
}
