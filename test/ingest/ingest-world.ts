import type { Session } from '../../src/core/session.ts';
import type { Row } from '../../src/core/value.ts';
import { versionOf } from '../../src/core/version.ts';
import { noArrivalRules } from '../../src/declare/arrival-rules.ts';
import type {
  ColumnDefinition,
  Constraint,
  Declared,
  TableDefinition,
  ViolationResponse,
} from '../../src/declare/definition.ts';
import type { Assignment, Name, RawOption, SqlFragment } from '../../src/declare/statement.ts';
import { applyDelete } from '../../src/ingest/apply-delete.ts';
import { applyInsert, type InsertOptions, plainInsert } from '../../src/ingest/apply-insert.ts';
import { applyUpdate } from '../../src/ingest/apply-update.ts';
import { type ChangeOutcome, type UpdateContext, UpdateRejected } from '../../src/ingest/change-outcome.ts';
import { createIngestTarget, type IngestTarget } from '../../src/ingest/ingest-target.ts';
import type { RowSource } from '../../src/ingest/row-source.ts';
import { createTableStorage } from '../../src/ingest/table-storage.ts';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';

const at = { line: 1, column: 1, offset: 0, length: 1 };

export const fragment = (text: string): SqlFragment => ({ text, at });
export const named = (name: string): Name => ({ name, at });
export const option = (name: string, value: string): RawOption => ({
  name: named(name),
  value: fragment(value),
});
export const assign = (set: Record<string, string>): Assignment[] =>
  Object.entries(set).map(([column, value]) => ({ column: named(column), value: fragment(value) }));

export function table(
  name: string,
  columns: Record<string, string>,
  constraints: readonly Constraint[] = [],
  onViolation: ViolationResponse = 'reject',
  defaults: Record<string, string> = {},
): Declared<TableDefinition> {
  const list: ColumnDefinition[] = Object.entries(columns).map(([column, type]) => ({
    name: column,
    type,
    default: defaults[column] ?? null,
  }));
  return {
    definition: {
      kind: 'table',
      name,
      columns: list,
      constraints,
      eventTime: null,
      onViolation,
      heartbeatMs: null,
      arrival: noArrivalRules,
      isProfiled: false,
      falseAlarms: null,
      onFinding: 'warn',
      hold: { forMs: 86_400_000, onDeadline: 'reject' },
    },
    hash: name,
    schema: list.map((column) => ({ name: column.name, type: column.type })),
  };
}

export const notNull = (column: string): Constraint => ({
  kind: 'not-null',
  name: `${column}_not_null`,
  column,
});
export const check = (expression: string, name = 'a_check'): Constraint => ({
  kind: 'check',
  name,
  expression,
});
export const unique = (...columns: string[]): Constraint => ({
  kind: 'unique',
  name: `${columns.join('_')}_unique`,
  columns,
});
export const primaryKey = (...columns: string[]): Constraint[] => [
  ...columns.map(notNull),
  { kind: 'primary-key', name: `${columns.join('_')}_key`, columns },
];
export const references = (columns: string[], to: string, targetColumns: string[] = []): Constraint => ({
  kind: 'references',
  name: `${columns.join('_')}_to_${to}`,
  columns,
  table: to,
  targetColumns,
});

/** A store with base tables, and updates that each make one version. */
export class IngestWorld implements AsyncDisposable {
  readonly store: DuckdbStore;
  readonly tables: readonly Declared<TableDefinition>[];
  version = 0;

  private constructor(store: DuckdbStore, tables: readonly Declared<TableDefinition>[]) {
    this.store = store;
    this.tables = tables;
  }

  static async open(...tables: Declared<TableDefinition>[]): Promise<IngestWorld> {
    const store = await openDuckdbStore(':memory:', { threads: 1 });
    await store.write(async (tx) => {
      for (const declared of tables) await createTableStorage(tx, declared);
    });
    return new IngestWorld(store, tables);
  }

  target(name: string): IngestTarget {
    const declared = this.tables.find((one) => one.definition.name === name);
    if (declared === undefined) throw new RangeError(`no table ${name}`);
    return createIngestTarget(declared, this.tables);
  }

  async update<T>(work: (tx: Session, context: UpdateContext) => Promise<T>): Promise<T> {
    const context = {
      updateId: this.version + 1,
      version: versionOf(this.version + 1),
      horizon: versionOf(0),
      nowMs: 1_000_000_000_000,
    };
    const result = await this.store.write((tx) => work(tx, context));
    this.version += 1;
    return result;
  }

  insert(name: string, source: RowSource, options: Partial<InsertOptions> = {}): Promise<ChangeOutcome> {
    return this.update((tx, context) =>
      applyInsert(tx, this.target(name), source, { ...plainInsert, ...options }, context),
    );
  }

  values(name: string, text: string, options: Partial<InsertOptions> = {}): Promise<ChangeOutcome> {
    return this.insert(name, { kind: 'sql', text: `VALUES ${text}` }, options);
  }

  set(
    name: string,
    set: Record<string, string>,
    where: string | null,
    from: string | null = null,
  ): Promise<ChangeOutcome> {
    return this.update((tx, context) =>
      applyUpdate(
        tx,
        this.target(name),
        {
          set: assign(set),
          from: from === null ? null : fragment(from),
          where: where === null ? null : fragment(where),
          alias: null,
        },
        context,
      ),
    );
  }

  delete(name: string, where: string | null): Promise<ChangeOutcome> {
    return this.update((tx, context) =>
      applyDelete(
        tx,
        this.target(name),
        { using: null, where: where === null ? null : fragment(where), alias: null },
        context,
      ),
    );
  }

  /** What an insert asks of the store, by kind. */
  async countStatements(name: string, source: RowSource): Promise<Record<string, number>> {
    const count: Record<string, number> = { run: 0, rows: 0, append: 0, describe: 0 };
    await this.update((tx, context) => {
      const counting = new Proxy(tx, {
        get(session, property, receiver) {
          if (typeof property === 'string' && property in count) count[property] = (count[property] ?? 0) + 1;
          const member: unknown = Reflect.get(session, property, receiver);
          return typeof member === 'function' ? member.bind(session) : member;
        },
      });
      const first = { ...context, touched: new Set<string>() };
      return applyInsert(counting, this.target(name), source, plainInsert, first);
    });
    return count;
  }

  rows(sql: string): Promise<Row[]> {
    return this.store.read(
      () => null,
      (snapshot) => snapshot.rows(sql),
    );
  }

  /** Rows of a relation as arrays, sorted by their text. */
  async bag(relation: string): Promise<unknown[][]> {
    const rows = await this.rows(`SELECT * FROM ${relation}`);
    return rows.map((row) => Object.values(row)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** Temporary tables left behind, and everything that a refused update must not touch. */
  async traces(): Promise<string> {
    const leftovers = await this.store.write((tx) =>
      tx.rows(`SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY 1`),
    );
    const parts: unknown[] = [leftovers];
    for (const { definition } of this.tables) {
      for (const schema of ['data', 'log', 'quarantine'])
        parts.push(await this.bag(`${schema}."${definition.name}"`));
    }
    parts.push(await this.bag('everview.quarantine'));
    return key(parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

export function key(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}n` : inner));
}

/** What the update was refused with. */
export async function rejection(work: Promise<unknown>): Promise<UpdateRejected> {
  const failure = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (failure instanceof UpdateRejected) return failure;
  throw failure ?? new RangeError('the update was taken');
}
