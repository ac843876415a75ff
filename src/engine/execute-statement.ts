import { EverviewError, placeIn } from '../core/errors.ts';
import type { Schema } from '../core/schema.ts';
import type { Row, SqlParameter } from '../core/value.ts';
import type { QueryPolicy } from '../declare/definition.ts';
import { applyOptions } from '../declare/definition-options.ts';
import { declaredPolicy } from '../declare/query-policy.ts';
import type { AlterKind, Name, QueryStatement, SqlFragment, Statement } from '../declare/statement.ts';
import { parseStatement } from '../declare/statement-parser.ts';
import type { CatalogEntry } from '../query/catalog.ts';
import { answerQuery } from './answer-query.ts';
import { declarationPlace } from './declaration-place.ts';
import { alterObject, declareObject, dropObject, unknownObject } from './declare-object.ts';
import type { DrillProgress } from './drill-table.ts';
import type { EngineCore } from './engine-core.ts';
import {
  assertNoKeyOfItsOwn,
  executeUpdateStatement,
  freshenModels,
  idempotencyKeyOf,
  isUpdateStatement,
  type UpdateStatement,
} from './execute-update.ts';
import { explainQuery } from './explain-query.ts';
import { explainRefresh } from './explain-refresh.ts';
import { locatedFailure, shiftedFailure, toldAt } from './failure-place.ts';
import { approveUpdate, rejectUpdate } from './held-updates.ts';
import { answerIncidentStatement, type IncidentStatement } from './incident-statements.ts';
import { showPerformance } from './live-performance.ts';
import { answerModelStatement, type ModelStatement } from './model-statements.ts';
import { OpenUpdate } from './open-update.ts';
import { answerProfileStatement, type ProfileStatement } from './profile-statements.ts';
import { refreshObjects } from './refresh-objects.ts';
import { assertKept, type HowToRefresh } from './refresh-views.ts';
import type { StatementResult, UpdateResult } from './result.ts';
import { runUpdate } from './run-update.ts';
import { describeObject, type Shown, shownRefreshes } from './show-objects.ts';
import { shownRows, shownSchema } from './system-views.ts';

/** Executes statements one after another; knows the update that BEGIN opened. */
export class StatementExecutor {
  readonly #core: EngineCore;
  /** `failed`: nothing of it is kept, and what belongs to it is refused until ROLLBACK or COMMIT ends it. */
  #open: OpenUpdate | 'failed' | null = null;

  constructor(core: EngineCore) {
    this.#core = core;
  }

  /** @param number of the statement in its text, from 1. */
  async execute(
    text: string,
    number = 1,
    parameters: readonly SqlParameter[] = [],
  ): Promise<StatementResult> {
    let statement: Statement | null = null;
    try {
      statement = parseStatement(text);
      return { ...(await this.#run(statement, parameters)), statement: number };
    } catch (failure) {
      if (statement === null || isUpdateStatement(statement)) await this.#failOpen();
      throw statement === null ? failure : placed(failure, statement);
    }
  }

  /** BEGIN came, nothing failed since, and neither COMMIT nor ROLLBACK came yet. */
  get isInUpdate(): boolean {
    return this.#open instanceof OpenUpdate;
  }

  /** Ends an update that was begun and not committed; nothing of it is kept. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (open instanceof OpenUpdate) await open.rollback();
  }

  /** A statement that was to be part of the open update (or cannot even be read) takes the whole of it along. */
  async #failOpen(): Promise<void> {
    const open = this.#open;
    if (!(open instanceof OpenUpdate)) return;
    this.#open = 'failed';
    // What is kept of a rejected update is there once the failure is told.
    await open.rollback();
  }

  #run(statement: Statement, parameters: readonly SqlParameter[]): Promise<StatementResult> {
    if (this.#open !== null) this.#assertAllowedInUpdate(statement);
    if (isUpdateStatement(statement)) return this.#update(statement, parameters);
    switch (statement.kind) {
      case 'query':
        return this.#query(statement.query, parameters, statement.policy);
      case 'explain-query':
        return this.#explain(statement, parameters);
      case 'create':
        return this.#create(statement);
      case 'alter':
        return this.#alter(statement);
      case 'drop':
        return this.#drop(statement);
      case 'describe': {
        const described = describeObject(this.#core, statement.name.name);
        return Promise.resolve(this.#answer('describe', described, described.sql));
      }
      case 'show': {
        if (statement.what === 'regret') return this.#showRegret();
        const nowMs = this.#core.clock.nowMs();
        const rows = shownRows(statement.what, this.#core.state, nowMs);
        return Promise.resolve(this.#answer('show', { columns: shownSchema(statement.what), rows }, null));
      }
      case 'refresh':
        return this.refresh(statement.name.name, statement.how);
      case 'explain-refresh':
        return Promise.resolve(
          this.#answer('explain-refresh', explainRefresh(this.#core, statement.name.name), null),
        );
      case 'export-model':
      case 'weights':
      case 'compare':
      case 'promotion':
        return this.#aboutModel(statement);
      case 'held-update':
        return this.#aboutHeldUpdate(statement);
      case 'show-performance':
        return showPerformance(this.#core, statement).then(({ shown, message }) =>
          this.#answer(statement.kind, shown, message),
        );
      case 'show-incidents':
      case 'explain-incident':
      case 'incident':
        return this.#aboutIncidents(statement);
      case 'profile':
      case 'drill':
        return this.aboutProfile(statement);
      case 'begin':
        return this.#begin(statement.idempotencyKey);
      case 'commit':
        return this.#commit();
      case 'rollback':
        return this.#rollback();
    }
  }

  async #aboutModel(statement: ModelStatement): Promise<StatementResult> {
    const { shown, message } = await answerModelStatement(this.#core, statement);
    return this.#answer(statement.kind, shown, message);
  }

  async #aboutHeldUpdate({
    action,
    update,
    by,
    because,
  }: Extract<Statement, { kind: 'held-update' }>): Promise<StatementResult> {
    const decide = action === 'approve' ? approveUpdate : rejectUpdate;
    const result = await decide(this.#core, update, { who: by, why: because });
    return { ...this.#answer('held-update', noRows, updateMessage(result)), update: result };
  }

  async #aboutIncidents(statement: IncidentStatement): Promise<StatementResult> {
    const { shown, message } = await answerIncidentStatement(this.#core, statement);
    return this.#answer(statement.kind, shown, message);
  }

  async aboutProfile(
    statement: Pick<ProfileStatement, 'kind' | 'name'>,
    progress?: DrillProgress,
  ): Promise<StatementResult> {
    const { shown, message } = await answerProfileStatement(this.#core, statement, progress);
    return this.#answer(statement.kind, shown, message);
  }

  async #showRegret(): Promise<StatementResult> {
    const text = 'SELECT * FROM everview.regret ORDER BY regret_ms DESC, name';
    const shown = await this.#query({ text, at: placeIn(text, 0, text.length) }, []);
    return { ...shown, kind: 'show' };
  }

  #assertAllowedInUpdate(statement: Statement): void {
    if (isUpdateStatement(statement)) {
      if (this.#open === 'failed') throw updateFailed();
      return;
    }
    const { kind } = statement;
    if (kind === 'commit' || kind === 'rollback' || kind === 'query' || kind === 'explain-query') return;
    throw new EverviewError('transaction-state', `${words(statement.kind)} cannot be part of an update`, {
      hint: 'COMMIT or ROLLBACK the update that BEGIN opened first',
    });
  }

  async #update(statement: UpdateStatement, parameters: readonly SqlParameter[]): Promise<StatementResult> {
    const open = this.#open;
    if (!(open instanceof OpenUpdate)) {
      const key = idempotencyKeyOf(statement);
      await freshenModels(this.#core, statement);
      const result = await runUpdate(this.#core, key, async (update) => {
        await executeUpdateStatement(this.#core, update, statement, parameters);
      });
      return { ...this.#answer(statement.kind, noRows, updateMessage(result)), update: result };
    }
    assertNoKeyOfItsOwn(statement);
    const outcome = await open.run((update) =>
      executeUpdateStatement(this.#core, update, statement, parameters),
    );
    if (outcome === 'skipped')
      return this.#answer(statement.kind, noRows, 'skipped: the idempotency key was seen before');
    const did = `${rowsText(outcome.inserted)} in, ${rowsText(outcome.deleted)} out`;
    return this.#answer(statement.kind, noRows, `${did}; not committed yet`);
  }

  async #begin(key: string | null): Promise<StatementResult> {
    this.#core.assertNotWithinUpdate();
    this.#open = new OpenUpdate(this.#core, key);
    return this.#answer('begin', noRows, 'update begun');
  }

  async #commit(): Promise<StatementResult> {
    const open = this.#takeOpen('COMMIT');
    if (open === 'failed') throw updateFailed();
    const result = await open.commit();
    return { ...this.#answer('commit', noRows, updateMessage(result)), update: result };
  }

  async #rollback(): Promise<StatementResult> {
    const open = this.#takeOpen('ROLLBACK');
    if (open !== 'failed') await open.rollback();
    return this.#answer('rollback', noRows, 'nothing of the update was kept');
  }

  #takeOpen(what: string): OpenUpdate | 'failed' {
    const open = this.#open;
    this.#open = null;
    if (open !== null) return open;
    throw new EverviewError('transaction-state', `${what} without a BEGIN`, {
      hint: 'BEGIN opens an update of several statements',
    });
  }

  #query(
    query: SqlFragment,
    parameters: readonly SqlParameter[],
    policy: QueryPolicy = declaredPolicy,
  ): Promise<StatementResult> {
    const asked = { text: query.text, parameters, policy };
    return answerQuery(this.#core, asked, async (snapshot, prepared) => {
      const rows = await snapshot.rows(prepared.sql);
      prepared.charge(rows.length);
      const told = { statement: 1, kind: 'query' as const, message: null, update: null };
      return { ...prepared.provenance, ...told, columns: prepared.schema, rows };
    }).catch(toldAt(query.at));
  }

  async #explain(
    { query, policy }: Omit<QueryStatement, 'kind'>,
    parameters: readonly SqlParameter[],
  ): Promise<StatementResult> {
    const asked = { text: query.text, parameters, policy };
    const explained = await explainQuery(this.#core, asked).catch(toldAt(query.at));
    return { ...explained, statement: 1, kind: 'explain-query', message: null, update: null };
  }

  async #create(statement: Extract<Statement, { kind: 'create' }>): Promise<StatementResult> {
    const { definition, orReplace, ifNotExists, query } = statement;
    const result = await declareObject(this.#core, definition, { orReplace, ifNotExists }).catch(
      (failure: unknown) => {
        if (!(failure instanceof EverviewError)) throw failure;
        if (failure.at !== undefined && query !== null) throw shiftedFailure(failure, query.at);
        const at = failure.code === 'duplicate-name' ? null : declarationPlace(failure, statement);
        throw at === null ? failure : locatedFailure(failure, at);
      },
    );
    const what = `${words(kindOf(result.entry))} "${definition.name}" ${result.kind}`;
    return this.#answer('create', noRows, result.kind === 'unchanged' ? `${what}: it exists already` : what);
  }

  async #alter(statement: Extract<Statement, { kind: 'alter' }>): Promise<StatementResult> {
    const { name, objectKind, options } = statement;
    this.#assertKind(name, objectKind);
    await alterObject(this.#core, name.name, (definition) => applyOptions(definition, options)).catch(
      (failure: unknown) => {
        if (!(failure instanceof EverviewError) || failure.at !== undefined) throw failure;
        const at = declarationPlace(failure, statement);
        throw at === null ? failure : locatedFailure(failure, at);
      },
    );
    return this.#answer('alter', noRows, `"${name.name}" altered`);
  }

  async #drop(statement: Extract<Statement, { kind: 'drop' }>): Promise<StatementResult> {
    const { name, ifExists, cascade, objectKind } = statement;
    if (this.#core.state.catalog.get(name.name) === undefined && ifExists) {
      return this.#answer('drop', noRows, `there is no "${name.name}"`);
    }
    this.#assertKind(name, objectKind);
    const dropped = await dropObject(this.#core, name.name, cascade);
    return this.#answer('drop', noRows, `dropped ${dropped.map((each) => `"${each}"`).join(', ')}`);
  }

  async refresh(name: string, how: HowToRefresh): Promise<StatementResult> {
    const entry = this.#core.state.catalog.get(name);
    if (entry === undefined) throw unknownObject(this.#core, name);
    if (entry.kind !== 'model') assertKept(entry);
    const records = await refreshObjects(this.#core, [entry.declared.definition.name], {
      trigger: 'asked',
      how,
    });
    return this.#answer('refresh', shownRefreshes(records), null);
  }

  #assertKind(name: Name, wanted: AlterKind): void {
    const entry = this.#core.state.catalog.get(name.name);
    if (entry === undefined) throw locatedFailure(unknownObject(this.#core, name.name), name.at);
    const actual = kindOf(entry);
    if (actual === wanted || (wanted === 'view' && actual === 'materialized-view')) return;
    throw new EverviewError('wrong-kind', `"${name.name}" is a ${words(actual).toLowerCase()}`, {
      at: name.at,
      hint: `write ${words(actual).toUpperCase()} ${name.name}`,
    });
  }

  #answer(kind: StatementResult['kind'], shown: Shown, message: string | null): StatementResult {
    return {
      statement: 1,
      kind,
      columns: shown.columns,
      rows: shown.rows,
      version: this.#core.state.version,
      models: {},
      staleness: [],
      path: 'fresh',
      message,
      update: null,
    };
  }
}

const noRows: { readonly columns: Schema; readonly rows: readonly Row[] } = { columns: [], rows: [] };

function updateFailed(): EverviewError {
  return new EverviewError(
    'transaction-state',
    'a statement of this update failed, and nothing of it was kept',
    {
      hint: 'ROLLBACK, then BEGIN again',
    },
  );
}

function kindOf(entry: CatalogEntry): AlterKind {
  return entry.kind === 'view' && entry.handle !== null ? 'materialized-view' : entry.kind;
}

function words(kind: string): string {
  return kind.replaceAll('-', ' ');
}

function rowsText(count: number): string {
  return `${count} ${count === 1 ? 'row' : 'rows'}`;
}

function updateMessage(result: UpdateResult): string {
  if (result.status === 'repeated') return result.warnings[0] ?? 'repeated';
  const parts = [
    result.inserted > 0 ? `${rowsText(result.inserted)} in` : null,
    result.deleted > 0 ? `${rowsText(result.deleted)} out` : null,
    result.quarantined > 0 ? `${rowsText(result.quarantined)} quarantined` : null,
  ].filter((part) => part !== null);
  const did = parts.length === 0 ? 'no row changed' : parts.join(', ');
  const warned = result.warnings.length === 0 ? '' : ` (${result.warnings.join('; ')})`;
  return `${did}, version ${result.version}${warned}`;
}

/** Failures about the whole of a statement point at the name it is about. */
function placed(failure: unknown, statement: Statement): unknown {
  if (!(failure instanceof EverviewError) || failure.at !== undefined) return failure;
  const name = 'table' in statement ? statement.table : 'name' in statement ? statement.name : null;
  const isAboutName =
    failure.code === 'unknown-relation' ||
    failure.code === 'wrong-kind' ||
    failure.code === 'duplicate-name' ||
    failure.code === 'no-model-version';
  return name !== null && isAboutName ? locatedFailure(failure, name.at) : failure;
}
