import type { Table } from 'apache-arrow';
import type { Kysely } from 'kysely';
import { EverviewError, placeIn } from '../core/errors.ts';
import type { Notifier } from '../core/notifier.ts';
import type { Row, SqlParameter } from '../core/value.ts';
import type { Version } from '../core/version.ts';
import type { Declaration } from '../declare/builder.ts';
import type { Definition } from '../declare/definition.ts';
import type { QueryStatement } from '../declare/statement.ts';
import { parseStatement } from '../declare/statement-parser.ts';
import { splitStatements } from '../declare/statement-reader.ts';
import { saveAccounts } from '../log/account-log.ts';
import type { OnnxRuntime } from '../model/onnx-runtime.ts';
import type { Answer, Provenance } from '../query/answer.ts';
import { toArrow } from '../query/arrow-out.ts';
import { answerQuery } from './answer-query.ts';
import { compareVersions, type ModelComparison } from './compare-versions.ts';
import {
  checkedIncidentDecision,
  checkedModelDecision,
  checkedUpdateDecision,
  type DecisionOptions,
  decisionOf,
} from './decision-call.ts';
import { declareObject } from './declare-object.ts';
import { type DrillOptions, drillTable, type TableDrill } from './drill-table.ts';
import { type EngineCore, waitsForItself } from './engine-core.ts';
import { StatementExecutor } from './execute-statement.ts';
import { exportModel } from './export-model.ts';
import { toldAt } from './failure-place.ts';
import { approveUpdate, rejectUpdate } from './held-updates.ts';
import { actOnIncident, type IncidentAction } from './incident-statements.ts';
import { type InsertInput, isStreamed } from './insert-input.ts';
import { createKysely } from './kysely-dialect.ts';
import { type LivePerformance, livePerformance } from './live-performance.ts';
import {
  type CompareOptions,
  checkedCompareCall,
  checkedPerformanceCall,
  checkedWeightsCall,
  type PerformanceOptions,
  type WeightsOptions,
} from './model-call.ts';
import { openEngine } from './open-engine.ts';
import type { OpenOptions } from './open-options.ts';
import { OpenUpdate } from './open-update.ts';
import { profileTable, type TableProfile } from './profile-table.ts';
import { holdModel, promoteModel } from './promotions.ts';
import type { HowToRefresh } from './refresh-views.ts';
import type { StatementResult, UpdateResult } from './result.ts';
import { runUpdate } from './run-update.ts';
import { type BackgroundScheduler, keepTime, stepScheduler } from './scheduler.ts';
import { writePredictions } from './settle-labels.ts';
import {
  assertInsertCall,
  assertStatementCall,
  assertTransactionCall,
  assertUpdateOptions,
  checkedDeclareCall,
} from './statement-call.ts';
import { type StreamedAnswer, streamAnswer } from './stream-answer.ts';
import { type TableChanges, tableChanges } from './table-changes.ts';
import { type InsertOptions, insertRows, type UpdateBuilder, updateBuilder } from './update-builder.ts';
import { type VersionWeights, weightsOfModel } from './weights-of-model.ts';

/** An open database: the whole engine behind one object. Close it. */
export class Everview implements AsyncDisposable {
  readonly #core: EngineCore;
  readonly #executor: StatementExecutor;
  readonly #runtime: OnnxRuntime;
  readonly #scheduler: BackgroundScheduler | null;
  readonly #notifier: Notifier | null;
  readonly #streams = new Set<StreamedAnswer>();
  /** What was asked for and is not done. */
  readonly #busy = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  private constructor(
    core: EngineCore,
    runtime: OnnxRuntime,
    scheduler: BackgroundScheduler | null,
    notifier: Notifier | null,
  ) {
    this.#core = core;
    this.#notifier = notifier;
    this.#runtime = runtime;
    this.#scheduler = scheduler;
    this.#executor = new StatementExecutor(core);
  }

  /**
   * Opens a database file, making it when there is none.
   * @param path of the file, or `:memory:`.
   * @throws EverviewError `database-locked`, `not-a-database`, `invalid-option`
   */
  static async open(path: string, options: OpenOptions = {}): Promise<Everview> {
    const { core, runtime, scheduler, notifier } = await openEngine(path, options);
    return new Everview(core, runtime, scheduler, notifier);
  }

  /** The number of accepted updates. */
  get version(): Version {
    return this.#core.state.version;
  }

  /** BEGIN came, and neither COMMIT nor ROLLBACK yet. */
  get isInUpdate(): boolean {
    return this.#executor.isInUpdate;
  }

  /** Runs one statement of any kind; `$1`, `$2`, … stand for the parameters. @throws EverviewError with its place. */
  execute(statement: string, parameters: readonly SqlParameter[] = []): Promise<StatementResult> {
    return this.#using(async () => {
      assertStatementCall('execute', statement, parameters);
      return this.#executor.execute(statement, 1, parameters);
    });
  }

  /** Runs the statements of a text in turn, up to the first that fails. Places in errors are those in the text. */
  sql(text: string): Promise<StatementResult[]> {
    return this.#using(async () => {
      assertStatementCall('sql', text);
      const results: StatementResult[] = [];
      const wasInUpdate = this.#executor.isInUpdate;
      try {
        for (const statement of splitStatements(text)) {
          results.push(
            await this.#executor.execute(statement.text, results.length + 1).catch(toldAt(statement.at)),
          );
        }
      } catch (failure) {
        // The rest of the text, and so the end of an update it began, is not run.
        if (!wasInUpdate) await this.#executor.close();
        throw failure;
      }
      return results;
    });
  }

  /** Answers a SELECT; `R` is what the caller knows of its rows. */
  query<R = Row>(sql: string, parameters: readonly SqlParameter[] = []): Promise<Answer<R>> {
    return this.#using(async () => {
      assertStatementCall('query', sql, parameters);
      const { query, policy } = queryOf(sql);
      const asked = { text: query.text, parameters, policy };
      return answerQuery(this.#core, asked, async (snapshot, prepared) => {
        const rows = await snapshot.rows(prepared.sql);
        prepared.charge(rows.length);
        // The caller states R, as with any SQL client; columns say what the rows really are.
        return {
          ...prepared.provenance,
          columns: prepared.schema,
          rows: rows as readonly unknown[] as readonly R[],
        };
      }).catch(toldAt(query.at));
    });
  }

  /** Answers a SELECT batch by batch, never whole in memory. */
  stream(sql: string, parameters: readonly SqlParameter[] = []): Promise<StreamedAnswer> {
    return this.#using(async () => {
      assertStatementCall('stream', sql, parameters);
      const { query, policy } = queryOf(sql);
      const asked = { text: query.text, parameters, policy };
      const stream = await streamAnswer(this.#core, asked, (ended) => this.#streams.delete(ended)).catch(
        toldAt(query.at),
      );
      this.#streams.add(stream);
      return stream;
    });
  }

  /** Answers a SELECT as an Arrow table. */
  async arrow(
    sql: string,
    parameters: readonly SqlParameter[] = [],
  ): Promise<Provenance & { readonly table: Table }> {
    assertStatementCall('arrow', sql, parameters);
    const { rows, columns, ...provenance } = await this.query(sql, parameters);
    return { ...provenance, table: toArrow({ columns, rows }) };
  }

  /** Declares objects in order, each as CREATE OR REPLACE would. */
  declare(...declarations: readonly (Definition | Declaration)[]): Promise<void> {
    return this.#writing('declare()', async () => {
      for (const definition of checkedDeclareCall(declarations)) {
        await declareObject(this.#core, definition, { orReplace: true, ifNotExists: false });
      }
    });
  }

  /**
   * One update that inserts rows into one table. Where they come one by one, other writes wait until the last has come,
   * and no read refreshes anything, as during `transaction()`: stale views are answered by their definitions, stale
   * models as they are (`served-stale`, `policyMet` false).
   * @throws EverviewError `transaction-state` where what gives the rows writes
   */
  insert(table: string, rows: InsertInput, options: InsertOptions = {}): Promise<UpdateResult> {
    return this.#writing('insert()', async () => {
      assertInsertCall(table, rows);
      assertUpdateOptions('insert', options);
      // What gives the rows may wait for a read, which must not wait for the update then.
      const release = isStreamed(rows) ? this.#core.hold() : () => {};
      return runUpdate(this.#core, options.key ?? null, (update) =>
        insertRows(this.#core, update, table, rows, options),
      ).finally(release);
    });
  }

  /** One update of several statements: all of them, or, when `work` throws, none. */
  transaction(
    work: (update: UpdateBuilder) => Promise<void>,
    options: Pick<InsertOptions, 'key'> = {},
  ): Promise<UpdateResult> {
    return this.#writing('transaction()', async () => {
      assertTransactionCall(work);
      assertUpdateOptions('transaction', options);
      const open = new OpenUpdate(this.#core, options.key ?? null);
      try {
        await this.#core.withinUpdate('statements', () => work(updateBuilder(this.#core, open)));
      } catch (failure) {
        await open.rollback();
        throw failure;
      }
      return open.commit();
    });
  }

  /** REFRESH name [INCREMENTAL | FULL]. */
  refresh(name: string, how: HowToRefresh = 'auto'): Promise<StatementResult> {
    return this.#writing('refresh()', () => this.#executor.refresh(name, how));
  }

  /**
   * The version of a model that answers as the bytes of an ONNX file, its transform included: inputs are the columns it
   * reads, outputs those that PREDICT adds.
   * @throws EverviewError `unknown-relation`, `no-model-version`, `unsupported`
   */
  exportModel(name: string): Promise<Uint8Array> {
    return this.#using(async () => (await exportModel(this.#core, name)).bytes);
  }

  /**
   * The weights of a version of a model: by default of the one that answers.
   * @throws EverviewError `unknown-relation`, `no-model-version`, `invalid-option`
   */
  weights(name: string, options?: WeightsOptions): Promise<VersionWeights> {
    return this.#using(async () => {
      const asked = checkedWeightsCall({ name, options });
      return weightsOfModel(this.#core, asked.name, asked.options.version);
    });
  }

  /**
   * Two versions of a model side by side: weights, and metrics and flips on the hold-out of the training set as it was
   * last refreshed; the answer says at which version that was.
   * @param options `tolerance`: the error up to which a number counts as right
   * @throws EverviewError `unknown-relation`, `no-model-version`, `invalid-option`
   */
  compare(name: string, before: number, after: number, options?: CompareOptions): Promise<ModelComparison> {
    return this.#using(async () => {
      const asked = checkedCompareCall({ name, before, after, options });
      const [one, other] = [{ version: asked.before }, { version: asked.after }];
      return compareVersions(this.#core, asked.name, one, other, asked.options.tolerance);
    });
  }

  /**
   * How models that log their predictions have done since they answer, by version and metric; labels that have come are
   * looked for first.
   * @param name of the model; all of them when left out
   * @param options `per`: by the values of a column of its `slices`
   * @throws EverviewError `unknown-relation`, `wrong-kind`, `unknown-column`, `invalid-option`
   */
  performance(name?: string, options?: PerformanceOptions): Promise<LivePerformance[]> {
    return this.#writing('performance()', async () => {
      const asked = checkedPerformanceCall({ name, options });
      return livePerformance(this.#core, asked.name ?? null, asked.options.per);
    });
  }

  /**
   * PROMOTE, HOLD or ROLLBACK MODEL.
   * @param options `version`: which (for `promote` the newest that is held when left out, for `rollback` required);
   * `because`: why, for the record; `by`: who, in place of the user
   * @returns the version that answers then; null: none does
   * @throws EverviewError `unknown-relation`, `no-model-version`, `not-promotable`
   */
  decideModel(
    name: string,
    action: 'promote' | 'hold' | 'rollback',
    options: DecisionOptions & { readonly version?: number } = {},
  ): Promise<number | null> {
    return this.#writing('decideModel()', async () => {
      const asked = checkedModelDecision({ name, action, options });
      const decision = decisionOf(asked.options);
      if (asked.action === 'hold') return holdModel(this.#core, asked.name, decision);
      const { version } = asked.options;
      const how = asked.action === 'promote' ? 'promoted' : 'rolled-back';
      return promoteModel(this.#core, asked.name, version === undefined ? null : { version }, how, decision);
    });
  }

  /**
   * APPROVE or REJECT UPDATE.
   * @param updateId of `everview.held_updates`
   * @throws EverviewError `not-held`
   */
  decideUpdate(
    updateId: number,
    action: 'approve' | 'reject',
    options: DecisionOptions = {},
  ): Promise<UpdateResult> {
    return this.#writing('decideUpdate()', async () => {
      const asked = checkedUpdateDecision({ updateId, action, options });
      const decide = asked.action === 'approve' ? approveUpdate : rejectUpdate;
      return decide(this.#core, { version: asked.updateId }, decisionOf(asked.options));
    });
  }

  /**
   * ACKNOWLEDGE, ACCEPT or RESOLVE INCIDENT.
   * @param options `because`: why, for the record; `by`: who, in place of the user; `for`: how long it is accepted, as
   * `7 days`
   * @throws EverviewError `unknown-incident`, `incident-state`, `invalid-option`
   */
  decideIncident(
    incidentId: number,
    action: IncidentAction,
    options: DecisionOptions & { readonly for?: string } = {},
  ): Promise<void> {
    return this.#writing('decideIncident()', async () => {
      const asked = checkedIncidentDecision({ incidentId, action, options });
      const { for: forMs = null } = asked.options;
      await actOnIncident(
        this.#core,
        { version: asked.incidentId },
        asked.action,
        decisionOf(asked.options),
        forMs,
      );
    });
  }

  /**
   * What is known of a table whose option `profile` is on: counts by column, and the least change that would be noticed.
   * @throws EverviewError `unknown-relation`, `wrong-kind`, `unsupported`
   */
  profile(table: string): Promise<TableProfile> {
    return this.#using(() => profileTable(this.#core, table));
  }

  /**
   * The change log of a base table: each row that an update brought or took away.
   * @throws EverviewError `unknown-relation`, `wrong-kind`
   */
  changes(table: string): Promise<TableChanges> {
    return this.#using(() => tableChanges(this.#core, table));
  }

  /**
   * Errors of the catalogue, put into copies of the table's latest updates: which of them would be found, and by what.
   * @param options `progress`: called with how many updates are done
   * @throws EverviewError as `profile`, and `not-enough-rows` while the table is still learning
   */
  drill(table: string, { progress }: DrillOptions = {}): Promise<TableDrill> {
    return this.#using(() => drillTable(this.#core, table, progress));
  }

  /** VALIDATE DRILL ON table. */
  drillStatement(table: string, { progress }: DrillOptions = {}): Promise<StatementResult> {
    const at = placeIn(table, 0, table.length);
    return this.#using(() =>
      this.#executor.aboutProfile({ kind: 'drill', name: { name: table, at } }, progress),
    );
  }

  /**
   * Runs every refresh that is due at the clock's now, earliest deadline first, and forgets history beyond the
   * horizon. One that fails does not keep the others from running; its error is thrown at the end.
   * @returns how many objects were refreshed.
   */
  step(): Promise<number> {
    return this.#writing('step()', () => stepScheduler(this.#core, this.#notifier));
  }

  /**
   * What time alone has brought about, as `step()` does it, and nothing else: what was held past its deadline ends, and
   * what is silent for longer than its heartbeat is an incident. For programs that open a file now and then.
   */
  keepTime(): Promise<void> {
    return this.#writing('keepTime()', () => keepTime(this.#core));
  }

  /** Kysely over this database, for typed queries. */
  kysely<DB>(): Kysely<DB> {
    return createKysely<DB>(async (sql, parameters) => (await this.query(sql, parameters)).rows);
  }

  /**
   * Ends streams, waits for what is being done, undoes what BEGIN opened, and lets go of the file.
   * @throws EverviewError `transaction-state` inside the work of `transaction()`
   */
  close(): Promise<void> {
    if (this.#core.isWithinUpdate) return Promise.reject(waitsForItself('close'));
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const stopped = this.#scheduler?.stop();
    for (const stream of this.#streams) await stream.close();
    // Before what waits for the update to end is waited for.
    await this.#executor.close();
    await Promise.allSettled([...this.#busy]);
    await stopped;
    for (const stream of this.#streams) await stream.close();
    await this.#core.predictions.settled().catch(() => {});
    // The file is let go of whatever becomes of them.
    if (!this.#core.predictions.isEmpty) await writePredictions(this.#core).catch(() => {});
    await this.#keepAccounts().catch(() => {});
    await this.#core.store.close();
    await this.#runtime.close();
  }

  async #keepAccounts(): Promise<void> {
    const { accounts } = this.#core;
    if (!accounts.isChanged) return;
    await this.#core.commit(async (tx, state) => {
      await saveAccounts(tx, accounts.records(state.cursors));
      return { state, result: null };
    });
  }

  /** @throws EverviewError `closed` */
  async #using<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== null)
      throw new EverviewError('closed', 'the database was closed', { hint: 'open it again' });
    const working = work();
    this.#busy.add(working);
    try {
      return await working;
    } finally {
      this.#busy.delete(working);
    }
  }

  /** @throws EverviewError `transaction-state` while BEGIN is open: the call would wait for its COMMIT. */
  #writing<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#using(async () => {
      if (!this.#executor.isInUpdate) return work();
      throw new EverviewError('transaction-state', `${what} cannot be part of the update that BEGIN opened`, {
        hint: 'COMMIT or ROLLBACK first, or do all of it in transaction()',
      });
    });
  }
}

function queryOf(sql: string): QueryStatement {
  const statement = parseStatement(sql);
  if (statement.kind === 'query') return statement;
  throw new EverviewError('invalid-query', `${statement.kind} is no query`, {
    hint: 'execute() runs any statement',
  });
}
