import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Everview } from '../../../src/index.ts';
import { root } from '../documentation.ts';

/** A public data set as prepare.py prepares it, in SQL: the same rows, columns and split by time. */
export type PublicSet = {
  readonly files: readonly SourceFile[];
  /** Repository and commit, as the INDEX.md beside the data names them. */
  readonly source: string;
  /** `moment` and the columns, from the tables; every value present. */
  readonly select: string;
  /** The hold-out is what lies after `split` and up to `until`. */
  readonly split: string;
  readonly until: string;
};

type SourceFile = {
  readonly path: string;
  readonly table: string;
  readonly columns: string;
};

/** Where the data is: EVERVIEW_DATA, or beside the project. It is no part of it. */
export const dataFolder = resolve(root, process.env.EVERVIEW_DATA ?? '../shared/data');

export function pathOf(file: SourceFile): string {
  return join(dataFolder, file.path);
}

export function isPresent(set: PublicSet): boolean {
  return set.files.every((file) => existsSync(pathOf(file)));
}

/** Loads the files as they are, every column as text: the SELECT says what is what. */
export async function loadPublicSet(db: Everview, set: PublicSet): Promise<void> {
  const tables = new Map(set.files.map(({ table, columns }) => [table, columns]));
  for (const [table, columns] of tables) {
    const typed = columns.split(' ').map((name) => `"${name}" VARCHAR`);
    await db.execute(`CREATE TABLE ${table} (${typed.join(', ')})`);
  }
  for (const file of set.files)
    await db.execute(`COPY ${file.table} FROM '${pathOf(file)}' WITH (format = csv)`);
}

function doubles(names: string, from = ''): string {
  return names
    .split(' ')
    .map((name) => `CAST(${from}"${name}" AS DOUBLE) AS "${name.toLowerCase()}"`)
    .join(', ');
}

function flag(condition: string, name: string): string {
  return `CAST(${condition} AS INTEGER)::DOUBLE AS ${name}`;
}

const taxiColumns =
  'vendor_id pickup_datetime dropoff_datetime passenger_count trip_distance rate_code_id store_and_fwd_flag pickup_location_id dropoff_location_id payment_type fare_amount extra mta_tax tip_amount tolls_amount improvement_surcharge total_amount congestion_surcharge';

export const publicSets: Readonly<Record<string, PublicSet>> = {
  bike_sharing: {
    files: [
      {
        path: 'bike_sharing/hour.csv.gz',
        table: 'hours',
        columns:
          'instant dteday season yr mnth hr holiday weekday workingday weathersit temp atemp hum windspeed casual registered cnt',
      },
    ],
    source: 'evidentlyai/evidently@a4aa4c2b37',
    select: `SELECT CAST(dteday AS TIMESTAMP) + to_hours(CAST(hr AS INTEGER)) AS moment,
      ${doubles('yr hr holiday workingday temp hum windspeed cnt')}, ${flag("weathersit = '1'", 'dry')},
      CASE WHEN CAST(cnt AS INTEGER) > 200 THEN 'yes' ELSE 'no' END AS busy FROM hours`,
    split: '2012-11-01',
    until: '2013-01-01',
  },
  beijing_pm25: {
    files: [
      {
        path: 'beijing_pm25/pollution.csv.gz',
        table: 'hours',
        columns: 'No year month day hour pm2.5 DEWP TEMP PRES cbwd Iws Is Ir',
      },
    ],
    source: 'jbrownlee/Datasets@d20fcb6402',
    select: `SELECT make_timestamp(CAST(year AS BIGINT), CAST(month AS BIGINT), CAST(day AS BIGINT), CAST(hour AS BIGINT), 0, 0) AS moment,
      ${doubles('DEWP TEMP PRES Iws Is Ir hour')}, CAST("pm2.5" AS DOUBLE) AS pm25, cbwd AS wind
      FROM hours WHERE "pm2.5" NOT IN ('NA', '0')`,
    split: '2014-07-01',
    until: '2015-01-01',
  },
  metro_traffic: {
    files: [
      {
        path: 'metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz',
        table: 'hours',
        columns:
          'holiday temp rain_1h snow_1h clouds_all weather_main weather_description date_time traffic_volume',
      },
    ],
    source: 'kboroz/TimeSeriesPrediction@5f1cfeccff',
    select: `SELECT CAST(date_time AS TIMESTAMP) AS moment, ${doubles('temp rain_1h snow_1h clouds_all traffic_volume')},
      hour(CAST(date_time AS TIMESTAMP))::DOUBLE AS hour, ${flag('isodow(CAST(date_time AS TIMESTAMP)) >= 6', 'weekend')},
      ${flag('hour(CAST(date_time AS TIMESTAMP)) IN (7, 8, 15, 16, 17)', 'rush')}
      FROM hours WHERE CAST(temp AS DOUBLE) > 0 AND CAST(rain_1h AS DOUBLE) < 1000`,
    split: '2018-06-01',
    until: '2018-10-01',
  },
  hotel_bookings: {
    files: [
      {
        path: 'hotel_bookings/hotel_bookings.csv.gz',
        table: 'bookings',
        columns:
          'hotel is_canceled lead_time arrival_date_year arrival_date_month arrival_date_week_number arrival_date_day_of_month stays_in_weekend_nights stays_in_week_nights adults children babies meal country market_segment distribution_channel is_repeated_guest previous_cancellations previous_bookings_not_canceled reserved_room_type assigned_room_type booking_changes deposit_type agent company days_in_waiting_list customer_type adr required_car_parking_spaces total_of_special_requests reservation_status reservation_status_date',
      },
    ],
    source: 'huahanqi/562_Final_Project@b132cf757b',
    select: `SELECT strptime(arrival_date_year || ' ' || arrival_date_month || ' ' || arrival_date_day_of_month, '%Y %B %d')
        - to_days(CAST(lead_time AS INTEGER)) AS moment,
      ${doubles('lead_time adults stays_in_week_nights previous_cancellations booking_changes required_car_parking_spaces total_of_special_requests days_in_waiting_list adr')},
      ${flag("customer_type = 'Transient'", 'transient')}, ${flag("hotel = 'City Hotel'", 'city')},
      ${flag("market_segment = 'Online TA'", 'online')}, CAST(is_repeated_guest AS DOUBLE) AS repeated,
      CASE is_canceled WHEN '1' THEN 'yes' ELSE 'no' END AS canceled
      FROM bookings WHERE CAST(adr AS DOUBLE) > 0 AND CAST(adr AS DOUBLE) < 1000`,
    split: '2017-01-01',
    until: '2017-09-01',
  },
  walmart_sales: {
    files: [
      {
        path: 'walmart_sales/train.csv.gz',
        table: 'sales',
        columns: 'Store Dept Date Weekly_Sales IsHoliday',
      },
      {
        path: 'walmart_sales/features.csv.gz',
        table: 'weeks',
        columns:
          'Store Date Temperature Fuel_Price MarkDown1 MarkDown2 MarkDown3 MarkDown4 MarkDown5 CPI Unemployment IsHoliday',
      },
      { path: 'walmart_sales/stores.csv', table: 'stores', columns: 'Store Type Size' },
    ],
    source: 'dsrscientist/dataset4@f3d6ed5581',
    select: `SELECT CAST(s."Date" AS TIMESTAMP) AS moment, ${doubles('Temperature Fuel_Price CPI Unemployment', 'w.')},
      ${doubles('Size', 't.')}, ${flag(`s."IsHoliday" = 'TRUE'`, 'holiday')}, ${doubles('Dept Weekly_Sales', 's.')}
      FROM sales s JOIN weeks w ON w."Store" = s."Store" AND w."Date" = s."Date" JOIN stores t ON t."Store" = s."Store"
      WHERE CAST(s."Dept" AS INTEGER) <= 10`,
    split: '2012-08-01',
    until: '2012-11-01',
  },
  nyc_taxi: {
    files: ['2019-03', '2019-04', '2019-05'].map((month) => ({
      path: `nyc_yellow_taxi_samples/yellow_tripdata_sample_${month}.csv.gz`,
      table: 'trips',
      columns: taxiColumns,
    })),
    source: 'great-expectations/great_expectations@ce78204d6d',
    select: `SELECT CAST(pickup_datetime AS TIMESTAMP) AS moment,
      ${doubles('passenger_count trip_distance tolls_amount fare_amount')},
      hour(CAST(pickup_datetime AS TIMESTAMP))::DOUBLE AS hour, ${flag('hour(CAST(pickup_datetime AS TIMESTAMP)) < 6', 'night')},
      ${flag("coalesce(payment_type = '1', false)", 'card')}, ${flag("coalesce(vendor_id = '2', false)", 'second')},
      CASE WHEN CAST(tip_amount AS DOUBLE) > 0 THEN 'yes' ELSE 'no' END AS tipped
      FROM trips WHERE CAST(fare_amount AS DOUBLE) > 0 AND CAST(fare_amount AS DOUBLE) < 200 AND CAST(trip_distance AS DOUBLE) > 0
        AND CAST(trip_distance AS DOUBLE) < 100 AND passenger_count IS NOT NULL
        AND pickup_datetime >= '2019-03-01' AND pickup_datetime < '2019-06-01'`,
    split: '2019-05-15',
    until: '2019-06-01',
  },
  oulad: {
    files: [
      {
        path: 'oulad/studentInfo.csv.gz',
        table: 'students',
        columns:
          'code_module code_presentation id_student gender region highest_education imd_band age_band num_of_prev_attempts studied_credits disability final_result',
      },
    ],
    source: 'nelricMemoirs/hacktiv8-main@9ef68fcae4',
    select: `SELECT make_timestamp(CAST(code_presentation[1:4] AS BIGINT), CASE code_presentation[5] WHEN 'B' THEN 2 ELSE 10 END, 1, 0, 0, 0) AS moment,
      CAST(num_of_prev_attempts AS DOUBLE) AS attempts, CAST(studied_credits AS DOUBLE) AS credits,
      ${flag("disability = 'Y'", 'disability')}, ${flag("gender = 'M'", 'male')}, ${flag("age_band = '0-35'", 'young')},
      ${flag("starts_with(highest_education, 'HE')", 'degree')},
      CAST(split_part(imd_band, '-', 1) AS DOUBLE) AS deprivation, final_result AS result
      FROM students WHERE imd_band IS NOT NULL AND ends_with(imd_band, '%')`,
    split: '2014-06-01',
    until: '2014-11-01',
  },
};
