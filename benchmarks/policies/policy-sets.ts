import type { ExperimentInput } from '../../src/lab/laboratory.ts';
import bankMarketing from './sets/bank-marketing.ts';
import beijingPm25 from './sets/beijing-pm25.ts';
import bikeSharing from './sets/bike-sharing.ts';
import elec2 from './sets/elec2.ts';
import metroTraffic from './sets/metro-traffic.ts';
import nycTaxi from './sets/nyc-taxi.ts';
import walmartSales from './sets/walmart-sales.ts';

/** A real set, and the experiment over it. */
export type PolicySet = {
  readonly experiment: ExperimentInput;
  /** Repositories and commits, as the INDEX.md beside the data names them. */
  readonly source: string;
  /** What changes in the measured part, so that a model grows old. */
  readonly drift: string;
  /** In the data folder; a file without which there is nothing to replay. */
  readonly file: string;
};

export const policySets: readonly PolicySet[] = [
  {
    experiment: elec2,
    source: 'scikit-multiflow/streaming-datasets@f1eb9f068c',
    drift: 'prices and demand of Victoria begin within it',
    file: 'elec2/elec.csv.gz',
  },
  {
    experiment: bikeSharing,
    source: 'evidentlyai/evidently@a4aa4c2b37',
    drift: 'the business grows by two thirds',
    file: 'bike_sharing/hour.csv.gz',
  },
  {
    experiment: beijingPm25,
    source: 'jbrownlee/Datasets@d20fcb6402',
    drift: 'none but the season',
    file: 'beijing_pm25/pollution.csv.gz',
  },
  {
    experiment: metroTraffic,
    source: 'kboroz/TimeSeriesPrediction@5f1cfeccff',
    drift: 'none but the season',
    file: 'metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz',
  },
  {
    experiment: walmartSales,
    source: 'dsrscientist/dataset4@f3d6ed5581',
    drift: 'markdowns begin in November 2011',
    file: 'walmart_sales/train.csv.gz',
  },
  {
    experiment: bankMarketing,
    source: 'jamjewel/Customer-Subscription@de9b5b6384',
    drift: 'the share of yes goes from 4 % to above 40 %',
    file: 'bank_marketing/bank-additional-full.csv.gz',
  },
  {
    experiment: nycTaxi,
    source:
      'great-expectations/great_expectations@ce78204d6d, fivethirtyeight/uber-tlc-foil-response@63bb878b76, toddwschneider/nyc-taxi-data@c65ad8332a',
    drift: 'the city closes in March 2020',
    file: 'nyc_yellow_taxi_samples/yellow_tripdata_sample_2018-01.csv.gz',
  },
];
