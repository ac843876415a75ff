import { SimulatedClock } from '../../src/core/clock.ts';
import { EverviewError } from '../../src/core/errors.ts';
import type { Answer, Everview } from '../../src/index.ts';
import { bagDifference } from './broad-compare.ts';
import type { BroadChange, BroadHistory, BroadStep, BroadView } from './broad-history.ts';
import { renderQuery } from './broad-query.ts';
import { BareReference, contentsSql, rowsByView, Undefined } from './broad-reference.ts';
import { hasReturnedGroup, type Situation, situationsOf } from './broad-situation.ts';
import { broadStepSql, changeSql } from './broad-step-sql.ts';
import { type OpenOptions, openEverview } from './open-everview.ts';
import { Difference } from './oracle-checks.ts';
import { Random } from './random.ts';
import { temporaryDatabase } from './temporary-database.ts';

/** The first step after which the engine was wrong; `kind` tells one fault from another while shrinking. */
export type BroadDivergence = {
  readonly at: number;
  readonly kind: string;
  readonly message: string;
};

export type BroadResult = {
  readonly divergence: BroadDivergence | null;
  readonly steps: number;
  /** What came about; empty for a history that did not end well. */
  readonly situations: ReadonlySet<Situation>;
  /** Views as they were maintained, each with how often it went which way. */
  readonly maintained: readonly Maintained[];
  /** Views the engine does not take, with the code of the refusal. */
  readonly refused: readonly { readonly view: BroadView; readonly message: string }[];
  /** Why bare DuckDB stopped before the end; null when it did not. */
  readonly undefinedBy: string | null;
};

export type Maintained = { readonly view: BroadView; readonly ways: Readonly<Record<string, number>> };

/** Amid the dates of the rows, so that conditions on the time let some of them through. */
const firstMoment = Date.UTC(2024, 1, 28, 12);

const compensating = " WITH (max_staleness = INTERVAL '0 seconds', on_stale_read = compensate)";

/** Plays a history to the engine and to bare DuckDB, and compares every view after every step. */
export async function runBroadHistory(history: BroadHistory): Promise<BroadResult> {
  await using place = history.storage === 'file' ? await temporaryDatabase() : null;
  const run = await BroadRun.open(history, place?.path ?? ':memory:');
  try {
    return await playAll(run, history);
  } finally {
    await run.close();
  }
}

async function playAll(run: BroadRun, history: BroadHistory): Promise<BroadResult> {
  const result = (steps: number, rest: Partial<BroadResult>): BroadResult => ({
    divergence: null,
    steps,
    situations: new Set(),
    maintained: run.maintained,
    refused: run.refused,
    undefinedBy: null,
    ...rest,
  });
  for (const [at, step] of history.steps.entries()) {
    try {
      await run.step(step);
    } catch (failure) {
      if (failure instanceof Undefined) return result(at, { undefinedBy: failure.message });
      if (failure instanceof EverviewError) {
        const message = `${failure.code}: ${failure.message}`;
        return result(at + 1, { divergence: { at, kind: failure.code, message } });
      }
      const kind = failure instanceof Difference ? 'difference' : 'failure';
      const message = failure instanceof Error ? failure.message : String(failure);
      return result(at + 1, { divergence: { at, kind, message } });
    }
  }
  await run.countWays();
  const situations = new Set([...situationsOf(history), ...run.situations()]);
  return result(history.steps.length, { situations });
}

class BroadRun {
  readonly maintained: Maintained[] = [];
  readonly refused: { view: BroadView; message: string }[] = [];
  readonly #declared: BroadView[] = [];
  readonly #options: OpenOptions;
  readonly #clock: SimulatedClock;
  readonly #reference: BareReference;
  readonly #random: Random;
  #db: Everview;
  #checks = 0;

  private constructor(db: Everview, clock: SimulatedClock, reference: BareReference, options: OpenOptions) {
    this.#db = db;
    this.#clock = clock;
    this.#reference = reference;
    this.#options = options;
    this.#random = new Random(options.seed ?? 0);
  }

  static async open({ seed, forced, historyVersions }: BroadHistory, path: string): Promise<BroadRun> {
    const clock = new SimulatedClock(firstMoment);
    const versions = historyVersions === null ? {} : { historyVersions };
    const options: OpenOptions = { path, seed, forced, clock, ...versions };
    const { db } = await openEverview(options);
    return new BroadRun(db, clock, await BareReference.open(clock.nowMs()), options);
  }

  close(): Promise<void> {
    this.#reference.close();
    return this.#db.close();
  }

  async step(step: BroadStep): Promise<void> {
    await this.#apply(step);
    await this.#check();
  }

  async #apply(step: BroadStep): Promise<void> {
    switch (step.kind) {
      case 'create-table':
        await this.#db.execute(broadStepSql(step));
        return this.#reference.createTable(step.table);
      case 'create-view':
        return this.#createView(step);
      case 'drop-view': {
        const view = this.#reference.views().find((one) => one.name === step.name);
        if (view === undefined) return;
        await this.#db.execute(
          `DROP ${view.isMaterialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${view.name} CASCADE`,
        );
        return this.#reference.dropView(step.name);
      }
      case 'update':
        return this.#update(step.changes);
      case 'refresh':
        return this.#refresh(step);
      case 'advance':
        this.#clock.advanceMs(step.ms);
        return this.#reference.advanceTo(this.#clock.nowMs());
      case 'tick':
        await this.#db.step();
        return;
      case 'reopen':
        return this.#reopen();
    }
  }

  async #reopen(): Promise<void> {
    if (this.#options.path === ':memory:') return;
    await this.#db.close();
    this.#db = (await openEverview(this.#options)).db;
  }

  async #createView(step: Extract<BroadStep, { kind: 'create-view' }>): Promise<void> {
    const { view, orReplace } = step;
    if (this.#reference.has(view.name) !== orReplace) return;
    try {
      await this.#reference.tryView(view);
    } catch (failure) {
      if (failure instanceof Undefined) return;
      throw failure;
    }
    try {
      await this.#db.execute(broadStepSql(step));
    } catch (failure) {
      // A replacement that a view over it was drawn for may itself have been refused.
      const isMisfit = hasCode(failure, 'has-dependents') && (await this.#reference.breaks(view));
      if (!isMisfit && !isRefusal(failure, view)) throw failure;
      this.refused.push({ view, message: failure instanceof Error ? failure.message : String(failure) });
      return;
    }
    await this.#reference.setView(view);
    this.#declared.push(view);
    await this.#checkTypes(view);
  }

  async #checkTypes(view: BroadView): Promise<void> {
    const none = `SELECT * FROM ${view.name} LIMIT 0`;
    const answer = await this.#tryQuery(none, [view]);
    const shown = answer ?? (await this.#tryQuery(`${none}${compensating}`, [view]));
    if (shown === null) return;
    const found = shown.columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    const expected = this.#reference
      .columnsOf(view.name)
      .map(({ name, type }) => `${name} ${type}`)
      .join(', ');
    if (found !== expected) throw new Difference(`${view.name} has (${found}) and should have (${expected})`);
  }

  async #update(given: readonly BroadChange[]): Promise<void> {
    const changes = given.filter((change) => this.#reference.hasTable(change.table));
    const [first] = changes;
    if (first === undefined) return;
    const touched = await this.#reference.change(changes);
    const result =
      changes.length === 1
        ? (await this.#db.execute(changeSql(first))).update
        : (await this.#db.sql(broadStepSql({ kind: 'update', changes }))).at(-1)?.update;
    if (result == null) throw new Difference('an update without a result');
    if (result.version > this.#reference.version && touched === 0) {
      throw new Difference(`an update of no rows made version ${result.version}`);
    }
    await this.#reference.recompute(
      changes.map((change) => change.table),
      result.version,
    );
  }

  async #refresh(step: Extract<BroadStep, { kind: 'refresh' }>): Promise<void> {
    if (!this.#reference.views().some((view) => view.name === step.name && view.isMaterialized)) return;
    try {
      await this.#db.execute(broadStepSql(step));
    } catch (failure) {
      if (!(failure instanceof EverviewError) || failure.code !== 'not-incremental') throw failure;
    }
  }

  /** What must be fresh at every read is read together; the rest one by one, so that reading refreshes nothing else. */
  async #check(): Promise<void> {
    const views = this.#reference.views();
    this.#checks += 1;
    // Now and then first of all, when most is pending: everything at the newest version, and nothing refreshed for it.
    if (this.#checks % 6 === 0 && views.length > 0) await this.#checkTogether(views, true, compensating);
    const eager = views.filter((view) => this.#reference.withBelow(view.name).every(isFresh));
    if (eager.length > 0) await this.#checkTogether(eager, true);
    for (const view of views) if (!eager.includes(view)) await this.#checkTogether([view], false);
    if (this.#checks % 8 === 0) await this.#checkPast();
  }

  /** Views by their definitions, each at some version of the past; not where the past is forgotten. */
  async #checkPast(): Promise<void> {
    if (this.#options.historyVersions !== undefined) return;
    const targets = this.#reference
      .views()
      .filter(({ name }) => !this.#reference.dependsOnClock(name))
      .map(({ name }) => {
        const version = this.#random.int(this.#reference.sinceOf(name), this.#reference.version);
        const from = `${name} AT (VERSION => ${version})`;
        return { name, columns: this.#reference.columnsOf(name), version, from };
      });
    if (targets.length === 0) return;
    const answer = await this.#tryQuery(contentsSql(targets), this.#reference.views());
    if (answer === null) return;
    const rows = rowsByView(answer.rows);
    for (const { name, columns, version, from } of targets) {
      const expected = this.#reference.contentsAt(name, version) ?? [];
      const difference = bagDifference(columns, expected, rows.get(name) ?? []);
      if (difference !== null) throw new Difference(`${from} ${difference}`);
    }
  }

  async #checkTogether(views: readonly BroadView[], mustBeFresh: boolean, policy = ''): Promise<void> {
    const targets = views.map(({ name }) => ({ name, columns: this.#reference.columnsOf(name) }));
    const answer = await this.#tryQuery(`${contentsSql(targets)}${policy}`, views);
    if (answer === null) return;
    const { version } = this.#reference;
    if (answer.version > version || (mustBeFresh && answer.version < version)) {
      const names = views.map((view) => view.name).join(', ');
      throw new Difference(`${names} answered at version ${answer.version} of ${version}`);
    }
    const rows = rowsByView(answer.rows);
    for (const { name, columns } of targets) {
      const expected = this.#reference.contentsAt(name, answer.version);
      // Contents that lag are right for a time that the answer does not name.
      if (!mustBeFresh && this.#reference.dependsOnClock(name)) continue;
      if (expected === null) {
        // A plain view over a lagging one may be read as of a version before it was declared.
        if (views.some((view) => !view.isMaterialized)) continue;
        throw new Difference(`${name} answered at version ${answer.version}, before it was`);
      }
      const difference = bagDifference(columns, expected, rows.get(name) ?? []);
      if (difference === null) continue;
      throw new Difference(`${name} at version ${answer.version} (${answer.path}) ${difference}`);
    }
  }

  /**
   * Null when the engine refuses: because a view is staler than declared, as its policy says, or because DuckDB does not
   * take a recursion, read by its definition, within such a join.
   */
  async #tryQuery(sql: string, views: readonly BroadView[]): Promise<Answer | null> {
    try {
      return await this.#db.query(sql);
    } catch (failure) {
      const below = views.flatMap((view) => this.#reference.withBelow(view.name));
      const isStale = hasCode(failure, 'staleness-exceeded');
      if (isStale && below.some((view) => view.policy.onStaleRead === 'fail')) return null;
      const isUntaken = hasCode(failure, 'unsupported') && /join with a CTE in it/.test(String(failure));
      // As it is written: what a query is made of is not told anew when it is shrunk.
      const has = (words: RegExp) => below.some((view) => words.test(renderQuery(view.query)));
      if (isUntaken && has(/WITH RECURSIVE/) && has(/(FULL|SEMI|ANTI) JOIN/)) return null;
      throw failure;
    }
  }

  /** What only playing the history shows. */
  situations(): Situation[] {
    const found: Situation[] = [];
    const returned = this.#reference.views().some((view) => {
      return hasReturnedGroup(view, this.#reference.contentsOf(view.name));
    });
    if (returned) found.push('group empties and returns');
    const isMixed = this.maintained.some(
      ({ ways }) => 'full' in ways && ('algebraic' in ways || 'domain' in ways),
    );
    if (isMixed) found.push('incremental and full in turn');
    return found;
  }

  /** How often each view went which way, by the engine's own record. */
  async countWays(): Promise<void> {
    const { rows } = await this.#db.query(
      `SELECT name, CASE WHEN from_version IS NULL THEN 'built' ELSE coalesce(rung, kind) END AS way, count(*) AS n
       FROM everview.refreshes GROUP BY ALL`,
    );
    const kept = this.#reference.views();
    for (const view of this.#declared) {
      // What was dropped or replaced counts for what it was made of.
      if (!kept.includes(view)) this.maintained.push({ view, ways: {} });
    }
    for (const view of kept) {
      const own = rows.filter((row) => row.name === view.name);
      this.maintained.push({
        view,
        ways: Object.fromEntries(own.map((row) => [String(row.way), Number(row.n)])),
      });
    }
  }
}

function isFresh({ isMaterialized, policy }: BroadView): boolean {
  if (!isMaterialized) return true;
  return policy.refresh !== 'manual' && policy.maxStalenessMs === null && policy.maxRows === null;
}

/** Strictly incremental where there is no such way, or a shape the engine says it does not take. */
function hasCode(failure: unknown, code: EverviewError['code']): boolean {
  return failure instanceof EverviewError && failure.code === code;
}

function isRefusal(failure: unknown, view: BroadView): failure is EverviewError {
  if (!(failure instanceof EverviewError)) return false;
  if (failure.code === 'not-incremental') return view.policy.refresh === 'incremental';
  return failure.code === 'unsupported' || failure.code === 'non-deterministic';
}
