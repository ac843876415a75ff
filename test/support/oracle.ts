import type { SimulatedClock } from '../../src/core/clock.ts';
import { EverviewError } from '../../src/core/errors.ts';
import type { Everview, UpdateResult } from '../../src/index.ts';
import type { History, Step, UpdateStep } from './history.ts';
import { openEverview } from './open-everview.ts';
import {
  checkCompensated,
  checkContents,
  checkPast,
  checkQuarantine,
  checkQuery,
  Difference,
} from './oracle-checks.ts';
import { Random } from './random.ts';
import { ReferenceEngine } from './reference/reference-engine.ts';
import { releaseHeld } from './reference/reference-table.ts';
import { isMaintainable, relationsOf } from './reference/view-query.ts';
import { stepSql } from './step-sql.ts';
import { temporaryDatabase } from './temporary-database.ts';
import { typedRows } from './typed-rows.ts';

/** The first step after which engine and reference disagreed. */
export type Divergence = { readonly at: number; readonly step: Step; readonly message: string };

export type RunResult = { readonly divergence: Divergence | null; readonly steps: number };

/** Plays a history to the engine and to the reference, and compares everything after every step. */
export async function runHistory(history: History): Promise<RunResult> {
  await using place = history.storage === 'file' ? await temporaryDatabase() : null;
  const run = await OracleRun.open(history, place?.path ?? ':memory:');
  try {
    for (const [at, step] of history.steps.entries()) {
      const isLast = at === history.steps.length - 1;
      const message = (await run.step(step, at, isLast)) ?? (isLast ? await run.failedChanges() : null);
      if (message !== null) return { divergence: { at, step, message }, steps: at + 1 };
    }
    return { divergence: null, steps: history.steps.length };
  } finally {
    await run.close();
  }
}

function disagree(message: string): never {
  throw new Difference(message);
}

class OracleRun {
  readonly #reference = new ReferenceEngine();
  readonly #path: string;
  readonly #history: History;
  readonly #clock: SimulatedClock;
  #db: Everview;

  private constructor(history: History, path: string, db: Everview, clock: SimulatedClock) {
    this.#path = path;
    this.#history = history;
    this.#db = db;
    this.#clock = clock;
  }

  static async open(history: History, path: string): Promise<OracleRun> {
    const { seed, forced } = history;
    // Tables are tiny: a second thread would only wait.
    const { db, clock } = await openEverview({ path, seed, forced });
    return new OracleRun(history, path, db, clock);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /** Contents computed in full are right, and hide a rule that always fails. No row of a history makes one fail. */
  async failedChanges(): Promise<string | null> {
    const { rows } = await this.#db.query(
      `SELECT DISTINCT name FROM everview.refreshes WHERE reason = 'change-failed' ORDER BY name`,
    );
    return rows.length === 0
      ? null
      : `the change of ${rows.map(({ name }) => name).join(', ')} could not be computed`;
  }

  /** What went wrong; null when all is as it should be. */
  async step(step: Step, at: number, isLast: boolean): Promise<string | null> {
    const isPassedOver = !this.#reference.allows(step);
    if (isPassedOver && !isLast) return null;
    try {
      if (!isPassedOver) await this.#apply(step);
      const random = new Random(this.#history.seed * 1_000 + at);
      if (random.chance(0.15)) await checkCompensated(this.#db, this.#reference, random);
      const readsOne = this.#history.reads === 'one' && !isLast;
      await checkContents(this.#db, this.#reference, readsOne ? random : null);
      if (random.chance(0.15)) await checkPast(this.#db, this.#reference, random);
      return null;
    } catch (failure) {
      if (failure instanceof EverviewError) return `${failure.code}: ${failure.message}`;
      return failure instanceof Error ? failure.message : String(failure);
    }
  }

  async #apply(step: Step): Promise<void> {
    switch (step.kind) {
      case 'create-table':
        await this.#db.execute(stepSql(step));
        return this.#reference.createTable({ shape: step.table, rows: [], held: [] });
      case 'create-view':
        await this.#db.execute(stepSql(step));
        return this.#reference.setView(step.view);
      case 'alter-table': {
        await this.#db.execute(stepSql(step));
        const table = this.#reference.table(step.name);
        if (table === undefined) return;
        return this.#reference.setTable({
          ...table,
          shape: { ...table.shape, onViolation: step.onViolation },
        });
      }
      case 'alter-view': {
        await this.#db.execute(stepSql(step));
        const view = this.#reference.view(step.name);
        if (view === undefined) return;
        return this.#reference.setView({ ...view, policy: mergedPolicy(view.policy, step.policy) });
      }
      case 'drop': {
        const view = this.#reference.view(step.name);
        const kind = view === undefined ? 'TABLE' : view.materialized ? 'MATERIALIZED VIEW' : 'VIEW';
        await this.#db.execute(`DROP ${kind} ${step.name}${step.cascade ? ' CASCADE' : ''}`);
        return this.#reference.drop(step.name);
      }
      case 'update':
        return this.#update(step);
      case 'quarantine':
        return this.#quarantine(step);
      case 'refresh':
        return this.#refresh(step);
      case 'query':
        return checkQuery(this.#db, this.#reference, step.query);
      case 'advance':
        return this.#clock.advanceMs(step.ms);
      case 'tick':
        await this.#db.step();
        return;
      case 'reopen': {
        if (this.#path === ':memory:') return;
        await this.#db.close();
        const { seed, forced } = this.#history;
        this.#db = (await openEverview({ path: this.#path, clock: this.#clock, seed, forced })).db;
        return;
      }
    }
  }

  async #update(step: UpdateStep): Promise<void> {
    const expected = this.#reference.tryUpdate(step);
    const result = await this.#sendUpdate(step);
    if (expected.kind === 'rejected' || result === 'rejected') {
      if (expected.kind !== 'rejected') disagree('the engine rejected an update that breaks nothing');
      if (result !== 'rejected') disagree(`a broken update was not rejected: ${JSON.stringify(result)}`);
      return;
    }
    if (expected.kind === 'repeated' || result.status === 'repeated') {
      if (expected.kind !== result.status)
        disagree(`a repeated update: ${expected.kind}, the engine says ${result.status}`);
      return;
    }
    const { effect, tables } = expected;
    const told = { inserted: result.inserted, deleted: result.deleted, quarantined: result.quarantined };
    if (JSON.stringify(told) !== JSON.stringify(effect)) {
      disagree(`the update did ${JSON.stringify(told)} and should have done ${JSON.stringify(effect)}`);
    }
    const changes = effect.inserted + effect.deleted > 0;
    this.#assertVersion(result.version, changes);
    this.#reference.commit(tables, result.version, step.idempotencyKey);
    if (effect.quarantined > 0) await checkQuarantine(this.#db, this.#reference);
  }

  #assertVersion(version: number, changes: boolean): void {
    const due = this.#reference.version + (changes ? 1 : 0);
    if (version !== due) disagree(`the update made version ${version}, not ${due}`);
  }

  async #sendUpdate(step: UpdateStep): Promise<UpdateResult | 'rejected'> {
    try {
      const [first] = step.statements;
      if (first?.kind === 'insert' && first.typed && !step.isTransaction) {
        return await this.#db.insert(first.table, typedRows(first.shape, first.rows));
      }
      const results = await this.#db.sql(stepSql(step));
      return results.at(-1)?.update ?? disagree('an update without a result');
    } catch (failure) {
      if (!(failure instanceof EverviewError) || failure.code !== 'constraint-violation') throw failure;
      if (step.isTransaction) await this.#db.execute('ROLLBACK').catch(() => undefined);
      return 'rejected';
    }
  }

  async #quarantine(step: Extract<Step, { kind: 'quarantine' }>): Promise<void> {
    const table = this.#reference.table(step.table);
    if (table === undefined) return;
    const result = await this.#db.execute(stepSql(step));
    const after = step.action === 'drop' ? { ...table, held: [] } : releaseHeld(table);
    const tables = new Map(this.#reference.tables().map((one) => [one.shape.name, one]));
    this.#assertVersion(result.version, after.rows !== table.rows);
    this.#reference.commit(tables.set(step.table, after), result.version);
    await checkQuarantine(this.#db, this.#reference);
  }

  async #refresh(step: Extract<Step, { kind: 'refresh' }>): Promise<void> {
    try {
      await this.#db.execute(stepSql(step));
    } catch (failure) {
      const isPromised = isIncremental(this.#reference, step.name);
      if (!(failure instanceof EverviewError) || failure.code !== 'not-incremental' || isPromised)
        throw failure;
    }
  }
}

/** Whether the view must have an algebraic rule: it and the plain views it is written over have promised shapes. */
function isIncremental(reference: ReferenceEngine, name: string): boolean {
  const view = reference.view(name);
  if (view === undefined) return true;
  const inlined = relationsOf(view.query).filter((one) => reference.view(one)?.materialized === false);
  const allRows = inlined.every(
    (one) => reference.view(one)?.query.kind !== 'group' && isIncremental(reference, one),
  );
  return isMaintainable(view.query) === true && allRows;
}

type Policy = Extract<Step, { kind: 'alter-view' }>['policy'];

/** ALTER … SET leaves what it does not name. */
function mergedPolicy(old: Policy, change: Policy): Policy {
  return {
    refresh: change.refresh ?? old.refresh,
    maxStalenessMs: change.maxStalenessMs ?? old.maxStalenessMs,
    maxRows: change.maxRows ?? old.maxRows,
    onStaleRead: change.onStaleRead ?? old.onStaleRead,
  };
}
