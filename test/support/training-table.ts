import type { Schema } from '../../src/core/schema.ts';
import type { Session } from '../../src/core/session.ts';
import { type Version, versionOf } from '../../src/core/version.ts';
import type { FitOptions, ModelDefinition, TrainingSetDefinition } from '../../src/declare/definition.ts';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';

export function trainingSet(change: Partial<TrainingSetDefinition> = {}): TrainingSetDefinition {
  return {
    kind: 'training-set',
    name: 'ts',
    query: '',
    label: 'y',
    eventTime: null,
    labelDelayMs: 0,
    windowMs: null,
    holdoutMs: 0,
    tolerance: 1e-9,
    ...change,
  };
}

export function ridgeModel(
  options: Partial<FitOptions> = {},
  features: ModelDefinition['features'] = { kind: 'all', except: [] },
): ModelDefinition {
  return {
    kind: 'model',
    name: 'm',
    trainingSet: 'ts',
    features,
    method: 'ridge',
    options: {
      l2: 1,
      standardize: true,
      weight: null,
      l1: 1,
      labels: [],
      components: 2,
      clusters: 8,
      smoothing: null,
      regularization: 0,
      delta: 1,
      decayMs: null,
      categorical: [],
      expand: [],
      rareRows: 0,
      missing: 'impute',
      ...options,
    },
    policy: {
      refresh: 'manual',
      maxStalenessMs: null,
      maxRows: null,
      stalenessPrice: null,
      onStaleRead: 'serve',
    },
    maxEffect: null,
    gate: [],
    slices: [],
    windows: 3,
    holdOn: 'block',
    pauseOn: 'never',
    fallback: null,
    logPredictions: [],
    predictionRetentionMs: null,
    onFailure: 'keep_current',
  };
}

/** A training set's contents `view."ts"` and change log `log."ts"` in an in-memory DuckDB, changed one version at a time. */
export class TrainingTable {
  readonly schema: Schema;
  readonly store: DuckdbStore;
  version: Version = versionOf(0);

  private constructor(store: DuckdbStore, schema: Schema) {
    this.store = store;
    this.schema = schema;
  }

  static async open(schema: Schema): Promise<TrainingTable> {
    const store = await openDuckdbStore(':memory:', { threads: 1 });
    const columns = schema.map(({ name, type }) => `"${name}" ${type}`).join(', ');
    await store.write(async (tx) => {
      await tx.run('CREATE SCHEMA IF NOT EXISTS view');
      await tx.run('CREATE SCHEMA IF NOT EXISTS log');
      await tx.run(`CREATE TABLE view."ts" (${columns})`);
      await tx.run(`CREATE TABLE log."ts" (${columns}, __ev_w TINYINT, __ev_v BIGINT)`);
    });
    return new TrainingTable(store, schema);
  }

  /** The next version: rows matching `remove` leave, then those of the SELECT `insert` enter. */
  async update({ insert, remove }: { insert?: string; remove?: string }): Promise<Version> {
    this.version = versionOf(this.version + 1);
    await this.store.write(async (tx) => {
      if (remove !== undefined) {
        await tx.run(`INSERT INTO log."ts" SELECT *, -1, ${this.version} FROM view."ts" WHERE ${remove}`);
        await tx.run(`DELETE FROM view."ts" WHERE ${remove}`);
      }
      if (insert !== undefined) {
        await tx.run(`INSERT INTO log."ts" SELECT *, 1, ${this.version} FROM (${insert})`);
        await tx.run(
          `INSERT INTO view."ts" SELECT * EXCLUDE (__ev_w, __ev_v) FROM log."ts" WHERE __ev_v = ${this.version} AND __ev_w = 1`,
        );
      }
    });
    return this.version;
  }

  read<T>(work: (snapshots: readonly [Session, ...Session[]]) => Promise<T>, count = 1): Promise<T> {
    return this.store.readParallel(count, () => null, work);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
