import { modelVersionOf, versionOf } from '../../src/core/version.ts';
import type { StatementResult } from '../../src/engine/result.ts';

/** A query's answer: two rows at version 7, with one model, from one view that is fresh. */
export const flightsAnswer: StatementResult = {
  statement: 1,
  kind: 'query',
  columns: [
    { name: 'origin', type: 'VARCHAR' },
    { name: 'departures', type: 'BIGINT' },
    { name: 'mean_delay', type: 'DOUBLE' },
  ],
  rows: [
    { origin: 'ATL', departures: 1204n, mean_delay: 12.5 },
    { origin: 'ORD', departures: 9_007_199_254_740_993n, mean_delay: null },
  ],
  message: null,
  update: null,
  version: versionOf(7),
  models: { delay: modelVersionOf(3) },
  staleness: [
    {
      name: 'origin_day',
      versions: 0,
      rows: 0,
      ms: 0,
      effect: null,
      asOf: versionOf(7),
      policyMet: true,
    },
  ],
  path: 'fresh',
};

export const insertAnswer: StatementResult = {
  statement: 1,
  kind: 'insert',
  columns: [],
  rows: [],
  message: '3 rows inserted into "flights", version 8',
  update: {
    status: 'partial',
    reason: 'rows-quarantined',
    version: versionOf(8),
    inserted: 3,
    deleted: 0,
    quarantined: 1,
    verdicts: [],
    warnings: ['1 row breaks flights_delay_check'],
  },
  version: versionOf(8),
  models: {},
  staleness: [],
  path: 'fresh',
};
