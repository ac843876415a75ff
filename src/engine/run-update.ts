import { EverviewError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';
import { sameName } from '../core/schema.ts';
import type { Verdict } from '../core/verdict.ts';
import { type Version, versionOf } from '../core/version.ts';
import {
  type ChangeOutcome,
  type RejectedRows,
  type UpdateContext,
  UpdateRejected,
} from '../ingest/change-outcome.ts';
import { forgetVersionOf, recordRejected, rowsOfUpdate } from '../ingest/record-rejected.ts';
import { findUpdateByKey, recordUpdate, type UpdateRecord } from '../log/update-log.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { findingLines, judgeUpdate } from './judge-update.ts';
import { refreshModel } from './refresh-model.ts';
import { policyOf, refreshViews } from './refresh-views.ts';
import type { UpdateResult } from './result.ts';
import { maintainedEntries } from './standings.ts';
import { WriteDraft } from './write-draft.ts';

/** What the statements of one update have done so far. */
type Tally = {
  readonly inserted: number;
  readonly deleted: number;
  readonly quarantined: number;
  readonly warnings: readonly string[];
};

/** One update being made: its statements run in turn inside one write transaction. */
export class UpdateInProgress {
  readonly draft: WriteDraft;
  readonly context: UpdateContext;
  /** Rows of a rejected update that are only in bad company. */
  readonly companions: RejectedRows[] = [];
  /** What the result is to say beside the warnings about rows. */
  readonly notes: string[] = [];
  readonly #byTable = new Map<string, Tally>();
  readonly #touched = new Set<string>();

  constructor(draft: WriteDraft, context: Omit<UpdateContext, 'touched'>) {
    this.draft = draft;
    this.context = { ...context, touched: this.#touched };
  }

  tableEntry(name: string): TableEntry {
    const { catalog } = this.draft.state;
    const entry = catalog.get(name);
    if (entry?.kind === 'table') return entry;
    throw notATable(
      name,
      entry?.kind,
      catalog
        .entries()
        .filter((known) => known.kind === 'table')
        .map(nameOf),
    );
  }

  /** Runs one statement on one table and adds up what it did. */
  async apply(table: string, work: (entry: TableEntry) => Promise<ChangeOutcome>): Promise<ChangeOutcome> {
    const entry = this.tableEntry(table);
    const outcome = await work(entry);
    const name = nameOf(entry);
    this.#touched.add(name.toLowerCase());
    const before = this.#byTable.get(name) ?? nothing;
    this.#byTable.set(name, {
      inserted: before.inserted + outcome.inserted,
      deleted: before.deleted + outcome.deleted,
      quarantined: before.quarantined + outcome.quarantined,
      warnings: [...before.warnings, ...outcome.warnings],
    });
    return outcome;
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  get tallies(): ReadonlyMap<string, Tally> {
    return this.#byTable;
  }
}

const nothing: Tally = { inserted: 0, deleted: 0, quarantined: 0, warnings: [] };

function notATable(name: string, kind: string | undefined, tables: readonly string[]): EverviewError {
  if (kind === undefined) {
    return new EverviewError('unknown-relation', `there is no table "${name}"`, {
      hint: tables.length === 0 ? 'CREATE TABLE makes one' : `tables: ${tables.slice(0, 12).join(', ')}`,
    });
  }
  return new EverviewError('wrong-kind', `"${name}" is a ${kind}; only base tables take updates`, {
    hint: `update the tables that "${name}" is defined over, and it will follow`,
  });
}

/** What a finished update is, and the models to refresh with it. */
type Finished = { readonly result: UpdateResult; readonly immediateModels: readonly string[] };

/**
 * One update: `work` runs its statements; then the version is assigned, and immediate views move with it. A rejected
 * update leaves its rows with their reasons and nothing else.
 */
export async function runUpdate(
  core: EngineCore,
  key: string | null,
  work: (update: UpdateInProgress) => Promise<void>,
): Promise<UpdateResult> {
  let started: UpdateInProgress | null = null;
  try {
    const finished = await core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      const repeated = key === null ? null : await findUpdateByKey(tx, key);
      if (repeated !== null && key !== null) return draft.committed(repetition(state, key, repeated));
      const update = new UpdateInProgress(draft, {
        updateId: state.lastUpdateId + 1,
        version: versionOf(state.version + 1),
        nowMs: draft.nowMs,
      });
      started = update;
      await workKeepingRejects(update, work);
      return draft.committed(await finish(core, update, key));
    });
    return await withImmediateModels(core, finished);
  } catch (failure) {
    if (failure instanceof UpdateRejected && started !== null)
      await recordRejection(core, key, failure, started);
    throw failure;
  }
}

/** The update stands whatever becomes of the fits: what failed of them is a warning, and the next read tries again. */
async function withImmediateModels(
  core: EngineCore,
  { result, immediateModels }: Finished,
): Promise<UpdateResult> {
  const warnings = [...result.warnings];
  for (const model of immediateModels) {
    try {
      await refreshModel(core, model, { trigger: 'with-the-update', how: 'auto' });
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      warnings.push(`model "${model}" could not be refreshed: ${message}`);
    }
  }
  return { ...result, warnings };
}

function repetition(state: EngineState, key: string, version: Version): Finished {
  return {
    immediateModels: [],
    result: {
      status: 'repeated',
      reason: 'repeated-key',
      version: state.version,
      inserted: 0,
      deleted: 0,
      quarantined: 0,
      verdicts: [],
      warnings: [
        `idempotency key "${key}" was used by an earlier update${version === 0 ? '' : ` (version ${version})`}; nothing was done`,
      ],
    },
  };
}

/** Rows that earlier statements of a rejected update had put in go into its record too. */
async function workKeepingRejects(
  update: UpdateInProgress,
  work: (update: UpdateInProgress) => Promise<void>,
): Promise<void> {
  try {
    await work(update);
  } catch (failure) {
    if (failure instanceof UpdateRejected) {
      for (const table of update.tallies.keys()) {
        const { target } = update.tableEntry(table);
        update.companions.push(await rowsOfUpdate(update.draft.tx, target, update.context, failure.message));
      }
    }
    throw failure;
  }
}

async function recordRejection(
  core: EngineCore,
  key: string | null,
  failure: UpdateRejected,
  update: UpdateInProgress,
): Promise<void> {
  await core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const updateId = state.lastUpdateId + 1;
    const context = { updateId, nowMs: draft.nowMs };
    for (const rows of [...update.companions, failure.rejected]) await recordRejected(tx, rows, context);
    await recordUpdate(tx, {
      updateId,
      version: null,
      status: 'rejected',
      reason: 'constraint-violated',
      idempotencyKey: key,
      tables: [failure.rejected.table],
      inserted: 0,
      deleted: 0,
      quarantined: 0,
      message: failure.message,
      committedAtMs: draft.nowMs,
    });
    draft.update({ lastUpdateId: updateId });
    return draft.committed(undefined);
  });
}

async function finish(core: EngineCore, update: UpdateInProgress, key: string | null): Promise<Finished> {
  const { draft, context } = update;
  const tallies = [...update.tallies];
  const sum = (field: 'inserted' | 'deleted' | 'quarantined') =>
    tallies.reduce((total, [, tally]) => total + tally[field], 0);
  const warnings = tallies.flatMap(([, tally]) => tally.warnings);
  const told = [...warnings, ...update.notes];
  const changed = tallies.filter(([, tally]) => tally.inserted + tally.deleted > 0);
  const quarantined = sum('quarantined');
  const makesVersion = changed.length > 0;
  const version = makesVersion ? context.version : draft.state.version;
  const status = quarantined > 0 ? 'partial' : 'accepted';
  const reason = reasonOf(makesVersion, quarantined, warnings.length);
  if (makesVersion) draft.update({ version });
  const verdicts = await judgeUpdates(update, changed);
  told.push(...verdicts.flatMap(findingLines));
  for (const [table, { inserted, deleted }] of changed) {
    if (tallies.length === 1) draft.countChange(table, version, inserted, deleted);
    else await draft.addChange(table, version, inserted, deleted);
  }
  if (!makesVersion && quarantined > 0) await forgetVersionOf(draft.tx, context.updateId);
  if (makesVersion || quarantined > 0 || key !== null) {
    const record: UpdateRecord = {
      updateId: context.updateId,
      version: makesVersion ? version : null,
      status,
      reason,
      idempotencyKey: key,
      tables: tallies.map(([table]) => table),
      inserted: sum('inserted'),
      deleted: sum('deleted'),
      quarantined,
      message: told.length === 0 ? null : told.join('; '),
      committedAtMs: context.nowMs,
    };
    await recordUpdate(draft.tx, record);
    draft.update({ lastUpdateId: context.updateId });
  }
  const immediate = makesVersion
    ? immediateEntries(
        draft.state,
        changed.map(([table]) => table),
      )
    : [];
  const views = immediate.filter((entry) => entry.kind !== 'model').map(nameOf);
  if (views.length > 0) await refreshViews(core, draft, views, { trigger: 'with-the-update', how: 'auto' });
  return {
    immediateModels: immediate.filter((entry) => entry.kind === 'model').map(nameOf),
    result: {
      status: makesVersion || quarantined > 0 ? status : 'unchanged',
      reason,
      version,
      inserted: sum('inserted'),
      deleted: sum('deleted'),
      quarantined,
      warnings: told,
      verdicts,
    },
  };
}

async function judgeUpdates(
  update: UpdateInProgress,
  changed: readonly (readonly [table: string, tally: Tally])[],
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [table, change] of changed) {
    const verdict = await judgeUpdate(update.draft, update.tableEntry(table), update.context, change);
    if (verdict !== null) verdicts.push(verdict);
  }
  return verdicts;
}

function reasonOf(makesVersion: boolean, quarantined: number, warnings: number): Reason {
  if (quarantined > 0) return 'rows-quarantined';
  if (!makesVersion) return 'nothing-to-do';
  return warnings > 0 ? 'accepted-with-warnings' : 'accepted';
}

function immediateEntries(state: EngineState, tables: readonly string[]) {
  return maintainedEntries(state).filter(
    (entry) =>
      policyOf(entry).refresh === 'immediate' &&
      entry.bases.some((base) => tables.some((table) => sameName(base, table))),
  );
}
