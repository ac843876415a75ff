import { clockSource } from '../../src/algebra/clock-filter.ts';
import { quoteIdentifier, quoteList, quoteLiteral } from '../../src/core/identifier.ts';
import { atMoment } from '../../src/core/moment.ts';
import { columnNames, type Schema } from '../../src/core/schema.ts';
import type { Session } from '../../src/core/session.ts';
import { type Version, versionOf } from '../../src/core/version.ts';
import { clockFiltersOfPlan } from '../../src/plan/clock-of-plan.ts';
import type { RelationResolver, ResolvedRelation } from '../../src/plan/lower-relations.ts';
import type { IncrementalRung } from '../../src/plan/view-plan.ts';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { broughtRows } from '../../src/view/brought-rows.ts';
import { compensatedContents, whyNotCompensated } from '../../src/view/compensated-contents.ts';
import { compileView } from '../../src/view/compile-view.ts';
import type {
  Refresher,
  RefreshFallback,
  RefreshOutcome,
  SourceChange,
  ViewHandle,
} from '../../src/view/refresher.ts';
import { ViewRefresher } from '../../src/view/view-refresher.ts';

type KeptView = { handle: ViewHandle; cursor: Version | null; atMs: number };

/**
 * The least of an engine that view maintenance needs: base tables with change logs, versions, cursors. Views are
 * refreshed when the test says so, in one write transaction each.
 */
export class ViewWorld {
  readonly store: DuckdbStore;
  readonly #refresher: Refresher = new ViewRefresher();
  readonly #relations = new Map<string, ResolvedRelation>();
  readonly #views = new Map<string, KeptView>();
  #version = 0;
  /** What refreshes are told of the size of everything; a large number takes the plans for large states and relations. */
  toldRows: number | undefined;
  /** What the clock shows. */
  nowMs = 0;

  private constructor(store: DuckdbStore) {
    this.store = store;
  }

  static async open(): Promise<ViewWorld> {
    return new ViewWorld(await openDuckdbStore(':memory:', { threads: 1 }));
  }

  async close(): Promise<void> {
    await this.store.close();
  }

  get version(): Version {
    return versionOf(this.#version);
  }

  get resolver(): RelationResolver {
    return {
      resolve: (name) =>
        [...this.#relations.values()].find((found) => found.name.toLowerCase() === name.toLowerCase()) ??
        null,
      model: () => null,
      names: [...this.#relations.keys()],
    };
  }

  async table(name: string, schema: Schema): Promise<void> {
    const columns = schema.map((column) => `${quoteIdentifier(column.name)} ${column.type}`).join(', ');
    await this.store.write(async (tx) => {
      await tx.run(`CREATE TABLE data.${quoteIdentifier(name)} (${columns})`);
      await tx.run(`CREATE TABLE log.${quoteIdentifier(name)} (${columns}, __ev_w TINYINT, __ev_v BIGINT)`);
    });
    this.#relations.set(name, { kind: 'table', name, schema, isClocked: false });
  }

  async virtualView(name: string, sql: string): Promise<void> {
    this.#relations.set(name, { kind: 'virtual', name, query: await this.store.parser.parse(sql) });
  }

  /** One update. A change is rows to insert (SQL after VALUES) or a condition on the rows to delete. */
  async update(changes: readonly TableChange[]): Promise<void> {
    this.#version += 1;
    await this.store.write(async (tx) => {
      for (const change of changes) await this.#apply(tx, change);
    });
  }

  async #apply(tx: Session, change: TableChange): Promise<void> {
    const table = `data.${quoteIdentifier(change.table)}`;
    const log = `log.${quoteIdentifier(change.table)}`;
    if (change.insert !== undefined) {
      await tx.run(`INSERT INTO ${table} VALUES ${change.insert}`);
      await tx.run(`INSERT INTO ${log} SELECT *, 1, ${this.#version} FROM (VALUES ${change.insert})`);
      return;
    }
    await tx.run(`INSERT INTO ${log} SELECT *, -1, ${this.#version} FROM ${table} WHERE ${change.where}`);
    await tx.run(`DELETE FROM ${table} WHERE ${change.where}`);
  }

  async compile(name: string, sql: string, tolerance = 1e-9): Promise<ViewHandle> {
    const query = await this.store.parser.parse(sql);
    return this.store.write((tx) =>
      compileView(tx, this.store.parser, {
        name,
        text: sql,
        query,
        resolver: this.resolver,
        tolerance,
        predictionTolerance: 0,
        isDeclared: true,
      }),
    );
  }

  async view(name: string, sql: string, tolerance?: number): Promise<ViewHandle> {
    const handle = await this.compile(name, sql, tolerance);
    this.#views.set(name, { handle, cursor: null, atMs: this.nowMs });
    this.#relations.set(name, {
      kind: 'kept',
      name,
      schema: handle.schema,
      isClocked: handle.isClocked,
    });
    return handle;
  }

  #sizes() {
    const { toldRows } = this;
    return toldRows === undefined ? {} : { contentRows: toldRows, rowsOf: () => toldRows };
  }

  async refresh(name: string, how: 'advance' | 'rebuild', rung?: IncrementalRung): Promise<RefreshOutcome> {
    const view = this.#view(name);
    return this.store.write(async (tx) => {
      const from = view.cursor;
      const context = {
        tx,
        from,
        to: this.version,
        moments: { fromMs: view.atMs, toMs: this.nowMs },
        changedSources: await this.#changes(tx, view, from),
        keepLog: this.#keepsLog(name),
        ...this.#sizes(),
      };
      const outcome =
        how === 'rebuild'
          ? await this.#refresher.rebuild(view.handle, context)
          : await this.#refresher.advance(view.handle, context, rung);
      view.cursor = this.version;
      view.atMs = this.nowMs;
      return outcome;
    });
  }

  /**
   * Reads the view with its pending change, moving nothing: the rows by which that differs from the definition, or
   * why it cannot be read so.
   */
  async compensated(name: string): Promise<readonly object[] | RefreshFallback> {
    const { handle } = this.#view(name);
    const ways = await this.compensatedWays(name);
    if (typeof ways === 'string') return ways;
    return this.store.write(async (tx) => {
      const problems: object[] = [];
      for (const sql of ways) {
        const types = await tx.describe(sql);
        if (JSON.stringify(types) !== JSON.stringify(handle.schema)) problems.push({ types });
        problems.push(...(await tx.rows(differenceSql(sql, atMoment(handle.sql, this.nowMs)))));
      }
      return problems;
    });
  }

  /** The SELECTs that read the view with its pending change, or why there is none. */
  async compensatedWays(name: string): Promise<readonly string[] | RefreshFallback> {
    const view = this.#view(name);
    const { handle, cursor } = view;
    if (cursor === null) return 'first-build';
    return this.store.write(async (tx) => {
      const changedSources = await this.#changes(tx, view, cursor);
      const read = await compensatedContents(tx, handle, {
        from: cursor,
        to: this.version,
        moments: { fromMs: view.atMs, toMs: this.nowMs },
        changedSources,
        ...this.#sizes(),
      });
      if (read === null) return 'only-full';
      const fault = read.check === null ? null : await whyNotCompensated(tx, read.check);
      const ways = [fault === null ? read.sql : null, read.check?.otherwise ?? null].filter(
        (sql) => sql !== null,
      );
      return ways.length === 0 ? (fault ?? 'only-full') : ways;
    });
  }

  /**
   * Refreshes, then throws unless the contents equal the definition, have its types, and differ from the old
   * contents by exactly the net rows logged (where a log is kept) and counted; and unless a compensated read gave
   * the same just before.
   */
  async checkedRefresh(
    name: string,
    how: 'advance' | 'rebuild',
    rung?: IncrementalRung,
  ): Promise<RefreshOutcome> {
    const view = this.#view(name);
    const contents = `view.${quoteIdentifier(name)}`;
    const { cursor: from, atMs: fromMs } = view;
    const hadContents = from !== null;
    if (hadContents) {
      await this.store.write((tx) =>
        tx.run(`CREATE OR REPLACE TEMP TABLE __before AS SELECT * FROM ${contents}`),
      );
    }
    const compensated = how === 'advance' ? await this.compensated(name) : [];
    const outcome = await this.refresh(name, how, rung);
    const problems: unknown[] = [...(await this.difference(name))];
    if (typeof compensated !== 'string') problems.push(...compensated.map((row) => ({ compensated: row })));
    const types = await this.columnTypes(name);
    if (JSON.stringify(types) !== JSON.stringify(view.handle.schema)) problems.push({ types });
    if (hadContents && this.#keepsLog(name))
      problems.push(...(await this.#logProblems(view, from, fromMs, outcome)));
    if (problems.length > 0) {
      throw new RangeError(
        `after ${how} (${JSON.stringify(outcome)}) "${name}" is wrong: ${view.handle.sql}\n` +
          problems
            .map((problem) => JSON.stringify(problem, (_, v) => (typeof v === 'bigint' ? `${v}` : v)))
            .join('\n'),
      );
    }
    return outcome;
  }

  async #logProblems(
    { handle }: KeptView,
    from: Version | null,
    fromMs: number,
    outcome: RefreshOutcome,
  ): Promise<readonly object[]> {
    if (outcome.kind === 'none') return [];
    const columns = quoteList(columnNames(handle.schema));
    const after = handle.isClocked ? (from ?? -1) : Math.min(from ?? -1, this.#version - 1);
    const later = `__ev_v > ${after} AND __ev_v <= ${this.#version}`;
    const place = handle.isClocked ? `(${later} OR (__ev_v = ${after} AND __ev_at > ${fromMs}))` : later;
    const log = `SELECT ${columns}, __ev_w AS w FROM log.${quoteIdentifier(handle.name)} WHERE ${place}`;
    const exists = outcome.inserted + outcome.deleted > 0;
    // A derived log has what its table's log has, also of rows that came and went within the version.
    const isDerived = (await this.relationNames('VIEW')).includes(`log.${handle.name}`);
    const logged = exists ? log : `SELECT ${columns}, 1 AS w FROM __before WHERE false`;
    return this.rows(
      `SELECT 'log' AS wrong, ${columns} FROM (
         SELECT ${columns}, 1 AS w FROM __before UNION ALL ${logged}
         UNION ALL SELECT ${columns}, -1 FROM view.${quoteIdentifier(handle.name)}
       ) GROUP BY ${columns} HAVING sum(w) <> 0
       UNION ALL
       SELECT 'not net', ${columns} FROM (${logged}) WHERE ${!isDerived} GROUP BY ${columns} HAVING count(DISTINCT w) > 1
       UNION ALL
       SELECT 'count', ${columns} FROM (SELECT 1) LEFT JOIN (${logged}) ON true
       QUALIFY count(*) FILTER (w > 0) OVER () <> ${outcome.inserted}
         OR count(*) FILTER (w < 0) OVER () <> ${outcome.deleted}`,
    );
  }

  #keepsLog(name: string): boolean {
    return [...this.#views.values()].some((other) => other.handle.reads.some((read) => read.name === name));
  }

  async #changes(
    tx: Session,
    { handle, atMs }: KeptView,
    from: Version | null,
  ): Promise<ReadonlyMap<string, SourceChange>> {
    const changes = new Map<string, SourceChange>();
    if (atMs !== this.nowMs && clockFiltersOfPlan(handle.plan).length > 0) {
      changes.set(clockSource, { inserted: 0, deleted: 0 });
    }
    for (const read of handle.reads) {
      const [log] = await tx.rows(
        `SELECT 1 AS x FROM information_schema.tables WHERE table_schema = 'log' AND table_name = $1`,
        [read.name],
      );
      if (log === undefined) continue;
      const later = `__ev_v > ${from ?? -1} AND __ev_v <= ${this.#version}`;
      const place = read.isClocked ? `${later} OR (__ev_v = ${from ?? -1} AND __ev_at > ${atMs})` : later;
      const [row] = await tx.rows(
        `SELECT count(*) FILTER (__ev_w > 0)::INTEGER AS i, count(*) FILTER (__ev_w < 0)::INTEGER AS d
         FROM log.${quoteIdentifier(read.name)} WHERE ${place}`,
      );
      const change = { inserted: Number(row?.['i']), deleted: Number(row?.['d']) };
      if (change.inserted + change.deleted > 0) changes.set(read.name, change);
    }
    return changes;
  }

  /** Rows by which the contents differ from the definition; none when all is well. */
  async difference(name: string): Promise<readonly object[]> {
    const { handle } = this.#view(name);
    return this.rows(
      differenceSql(`SELECT * FROM view.${quoteIdentifier(name)}`, atMoment(handle.sql, this.nowMs)),
    );
  }

  /** A SELECT of the rows that the last update brings to a view, whose contents are not asked; null: there is no rule. */
  async broughtRows(handle: ViewHandle): Promise<string | null> {
    const [from, atMs] = [versionOf(this.#version - 1), this.nowMs];
    return this.store.write(async (tx) =>
      broughtRows(handle, {
        from,
        to: this.version,
        moments: { fromMs: atMs, toMs: atMs },
        changedSources: await this.#changes(tx, { handle, cursor: from, atMs }, from),
      }),
    );
  }

  /** Rows by which the logged change of `name` at the current version differs from new − old contents. */
  async logOf(name: string, version = this.#version): Promise<readonly object[]> {
    const columns = quoteList(columnNames(this.#view(name).handle.schema));
    return this.rows(
      `SELECT ${columns}, __ev_w AS w FROM log.${quoteIdentifier(name)} WHERE __ev_v = ${version} ORDER BY ALL`,
    );
  }

  async rows(sql: string): Promise<readonly object[]> {
    return this.store.write((tx) => tx.rows(sql));
  }

  async columnTypes(name: string): Promise<Schema> {
    return this.store.write((tx) => tx.describe(`SELECT * FROM view.${quoteIdentifier(name)}`));
  }

  /** When the view, right now, may change by the clock alone. */
  async nextBoundary(handle: ViewHandle): Promise<number | null> {
    return this.store.write((tx) =>
      this.#refresher.nextBoundary(tx, handle, { fromMs: this.nowMs, toMs: this.nowMs }),
    );
  }

  async drop(name: string): Promise<void> {
    await this.store.write((tx) => this.#refresher.drop(tx, name));
    this.#views.delete(name);
    this.#relations.delete(name);
  }

  async relationNames(kind: 'VIEW' | '%' = '%'): Promise<string[]> {
    const rows = await this.rows(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
       WHERE table_schema IN (${['data', 'log', 'state', 'view'].map(quoteLiteral).join(', ')})
         AND table_type LIKE ${quoteLiteral(kind)} ORDER BY 1`,
    );
    return rows.map((row) => String(Object.values(row)[0]));
  }

  #view(name: string): KeptView {
    const view = this.#views.get(name);
    if (view === undefined) throw new RangeError(`the test declared no view ${name}`);
    return view;
  }
}

function differenceSql(found: string, wanted: string): string {
  const [left, right] = [`SELECT * FROM (${found})`, `SELECT * FROM (${wanted})`];
  return `SELECT 'extra' AS side, * FROM (${left} EXCEPT ALL ${right})
    UNION ALL SELECT 'missing', * FROM (${right} EXCEPT ALL ${left})`;
}

export type TableChange = {
  readonly table: string;
  readonly insert?: string;
  readonly where?: string;
};
