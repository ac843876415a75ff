import { EverviewError, placeIn } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { SqlParameter } from '../core/value.ts';
import { readCopyOptions } from '../declare/read-options.ts';
import type {
  Assignment,
  InsertStatement,
  Name,
  RawOption,
  SqlFragment,
  Statement,
} from '../declare/statement.ts';
import { applyDelete } from '../ingest/apply-delete.ts';
import { applyInsert, plainInsert } from '../ingest/apply-insert.ts';
import { applyUpdate } from '../ingest/apply-update.ts';
import { type ChangeOutcome, nothingDone } from '../ingest/change-outcome.ts';
import { primaryKeyOf } from '../ingest/ingest-target.ts';
import type { OnConflict } from '../ingest/on-conflict.ts';
import {
  correctQuarantine,
  dropQuarantine,
  type ReleaseOutcome,
  releaseQuarantine,
} from '../ingest/quarantine.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import { queryFailure } from '../query/query-failure.ts';
import { type FragmentKind, readsOfFragment } from '../query/rewrite-fragment.ts';
import { planReads, readObjectsOf } from './answer-query.ts';
import type { EngineCore } from './engine-core.ts';
import { locatedFailure, shiftedFailure } from './failure-place.ts';
import { FragmentRewriter } from './fragment-rewriter.ts';
import { acknowledgeSeenTo } from './incidents.ts';
import { refreshObjects } from './refresh-objects.ts';
import { endEmptyHolds } from './settle-held.ts';
import { systemRelationsOf } from './system-views.ts';
import type { RowOrigin, UpdateInProgress } from './update-in-progress.ts';

export type UpdateStatement = Extract<
  Statement,
  {
    kind:
      | 'insert'
      | 'update'
      | 'delete'
      | 'copy-from'
      | 'quarantine-release'
      | 'quarantine-correct'
      | 'quarantine-drop';
  }
>;

export function isUpdateStatement(statement: Statement): statement is UpdateStatement {
  switch (statement.kind) {
    case 'insert':
    case 'update':
    case 'delete':
    case 'copy-from':
    case 'quarantine-release':
    case 'quarantine-correct':
    case 'quarantine-drop':
      return true;
    default:
      return false;
  }
}

export function idempotencyKeyOf(statement: UpdateStatement): string | null {
  switch (statement.kind) {
    case 'insert':
    case 'update':
    case 'delete':
      return statement.idempotencyKey;
    case 'copy-from':
      return readCopyOptions(statement.options).idempotency_key ?? null;
    case 'quarantine-release':
    case 'quarantine-correct':
    case 'quarantine-drop':
      return null;
  }
}

/**
 * A key is that of the whole update: of one of its statements it would promise what it does not keep.
 * @throws EverviewError `invalid-option`
 */
export function assertNoKeyOfItsOwn(statement: UpdateStatement): void {
  if (idempotencyKeyOf(statement) === null) return;
  throw new EverviewError('invalid-option', 'a statement of an update cannot have an idempotency key', {
    hint: "the key is that of the whole update: BEGIN WITH (idempotency_key = '…'), or transaction(work, { key: '…' })",
  });
}

function isFileOption(option: RawOption): boolean {
  return option.name.name.toLowerCase() !== 'idempotency_key';
}

/** What people write about rows that are there. */
function rowPiecesOf(statement: UpdateStatement): readonly (SqlFragment | null)[] {
  switch (statement.kind) {
    case 'update':
      return [...statement.set.map(({ value }) => value), statement.from, statement.where];
    case 'delete':
      return [statement.using, statement.where];
    case 'insert':
      return statement.onConflict?.action === 'update'
        ? [...statement.onConflict.set.map(({ value }) => value), statement.onConflict.where]
        : [];
    default:
      return [];
  }
}

/** Runs one statement as part of an update. */
export async function executeUpdateStatement(
  core: EngineCore,
  update: UpdateInProgress,
  statement: UpdateStatement,
  parameters: readonly SqlParameter[] = [],
): Promise<ChangeOutcome> {
  const fragments = new FragmentRewriter(core, update, parameters, rowPiecesOf(statement));
  const work = async (entry: TableEntry) => {
    const { tx } = update.draft;
    const { target } = entry;
    switch (statement.kind) {
      case 'insert':
        return insert(update, entry, statement, fragments);
      case 'update': {
        const options = {
          set: await fragments.assignments(statement.set),
          from: await fragments.optional(statement.from, 'from'),
          where: await fragments.optional(statement.where, 'expression'),
          alias: statement.alias,
        };
        return applyUpdate(tx, target, options, update.context).catch(
          pointInto(statement.where ?? statement.set[0]?.value),
        );
      }
      case 'delete': {
        const options = {
          using: await fragments.optional(statement.using, 'from'),
          where: await fragments.optional(statement.where, 'expression'),
          alias: statement.alias,
        };
        return applyDelete(tx, target, options, update.context).catch(pointInto(statement.where));
      }
      case 'copy-from':
        return applyInsert(
          tx,
          target,
          { kind: 'file', path: statement.path, options: statement.options.filter(isFileOption) },
          { ...plainInsert, columns: statement.columns },
          update.context,
        );
      case 'quarantine-release': {
        const where = await fragments.optional(statement.where, 'expression');
        const releasing = releaseQuarantine(tx, target, where, update.context);
        return noted(update, await releasing.catch(pointInto(statement.where)));
      }
      case 'quarantine-correct': {
        const set = await fragments.assignments(statement.set);
        const where = await fragments.optional(statement.where, 'expression');
        const correcting = correctQuarantine(tx, target, set, where, update.context);
        return noted(update, await correcting.catch(pointInto(statement.where ?? statement.set[0]?.value)));
      }
      case 'quarantine-drop': {
        const where = await fragments.optional(statement.where, 'expression');
        const dropping = dropQuarantine(tx, target, where, update.context);
        const dropped = await dropping.catch(pointInto(statement.where));
        update.note(`${dropped} ${dropped === 1 ? 'row' : 'rows'} of the quarantine dropped`);
        return nothingDone;
      }
    }
  };
  const outcome = await update.apply(statement.table.name, work, originOf(statement));
  if (statement.kind.startsWith('quarantine-')) await noteSeenTo(core, update, statement.table.name);
  return outcome;
}

/** Nothing waits any more for what was done about it by hand. */
async function noteSeenTo(core: EngineCore, update: UpdateInProgress, named: string): Promise<void> {
  const table = nameOf(update.tableEntry(named));
  await acknowledgeSeenTo(update.draft, table, core.user);
  await endEmptyHolds(update, table, core.user);
}

function originOf({ kind }: UpdateStatement): RowOrigin {
  switch (kind) {
    case 'insert':
    case 'copy-from':
      return 'arriving';
    case 'update':
    case 'delete':
    case 'quarantine-drop':
      return 'present';
    case 'quarantine-release':
      return 'as-it-came';
    case 'quarantine-correct':
      return 'corrected';
  }
}

/** Rows that still break a constraint are said to, or a release that changes nothing would look like a success. */
function noted(update: UpdateInProgress, outcome: ReleaseOutcome): ReleaseOutcome {
  if (outcome.stillHeld > 0)
    update.note(`${outcome.stillHeld} still break a constraint and stay in quarantine`);
  return outcome;
}

async function insert(
  update: UpdateInProgress,
  entry: TableEntry,
  statement: InsertStatement,
  fragments: FragmentRewriter,
): Promise<ChangeOutcome> {
  const text = await fragments.text(statement.source, 'query');
  const options = {
    columns: statement.columns,
    alias: statement.alias,
    byName: statement.byName,
    eachValueAlone: await fragments.isMixedValues(text),
    onConflict: await onConflictOf(entry, statement, fragments),
  };
  return applyInsert(update.draft.tx, entry.target, { kind: 'sql', text }, options, update.context).catch(
    pointInto(statement.source),
  );
}

async function onConflictOf(
  entry: TableEntry,
  { onConflict, table, columns }: InsertStatement,
  fragments: FragmentRewriter,
): Promise<OnConflict | null> {
  if (onConflict === null || onConflict.action === 'nothing') return onConflict;
  if (onConflict.action === 'replace')
    return replacing(entry, table, columns?.map((column) => column.name) ?? null);
  return {
    ...onConflict,
    set: await fragments.assignments(onConflict.set),
    where: await fragments.optional(onConflict.where, 'expression'),
  };
}

/** Upsert by the primary key: every given column that is not of the key takes the new row's value. */
export function replacing(entry: TableEntry, at: Name, given: readonly string[] | null): OnConflict {
  const key = primaryKeyOf(entry.declared.definition);
  if (key.length === 0) {
    throw new EverviewError('invalid-definition', `"${at.name}" has no PRIMARY KEY to replace rows by`, {
      at: at.at,
      hint: 'ON CONFLICT (columns of a UNIQUE) DO UPDATE SET … names another key',
    });
  }
  const named = (name: string): Name => ({ name, at: at.at });
  const others = (given ?? columnNames(entry.declared.schema)).filter(
    (name) => !key.some((part) => part.toLowerCase() === name.toLowerCase()),
  );
  if (others.length === 0) return { action: 'nothing', target: key.map(named) };
  return {
    action: 'update',
    target: key.map(named),
    set: others.map((name) => ({
      column: named(name),
      value: { text: `excluded.${quoteIdentifier(name)}`, at: at.at },
    })),
    where: null,
  };
}

/** DuckDB's complaint about a piece, told at the piece. */
function pointInto(fragment: SqlFragment | null | undefined): (failure: unknown) => never {
  return (failure) => {
    const told = queryFailure(failure, '', null);
    if (fragment == null || !(told instanceof EverviewError) || told.at !== undefined) throw told;
    if (told.code !== 'unknown-column' && told.code !== 'invalid-query') throw told;
    const name = /"([^"]+)"/.exec(told.message)?.[1];
    const found = name === undefined ? -1 : fragment.text.toLowerCase().indexOf(name.toLowerCase());
    const inside = Math.max(found, 0);
    const length = found < 0 ? fragment.text.length : (name?.length ?? 1);
    throw shiftedFailure(locatedFailure(told, placeIn(fragment.text, inside, length)), fragment.at);
  };
}

type Piece = { readonly text: string; readonly kind: FragmentKind };

/** The pieces of a statement that can read relations and models. */
function piecesOf(statement: UpdateStatement): Piece[] {
  const piece = (fragment: SqlFragment | null, kind: FragmentKind): Piece[] =>
    fragment === null ? [] : [{ text: fragment.text, kind }];
  const values = (set: readonly Assignment[]) => set.flatMap(({ value }) => piece(value, 'expression'));
  switch (statement.kind) {
    case 'insert':
      return piece(statement.source, 'query');
    case 'update':
      return [
        ...values(statement.set),
        ...piece(statement.from, 'from'),
        ...piece(statement.where, 'expression'),
      ];
    case 'delete':
      return [...piece(statement.using, 'from'), ...piece(statement.where, 'expression')];
    case 'copy-from':
      return [];
    case 'quarantine-correct':
      return [...values(statement.set), ...piece(statement.where, 'expression')];
    case 'quarantine-release':
    case 'quarantine-drop':
      return piece(statement.where, 'expression');
  }
}

/**
 * Refreshes the models a statement reads as their policies ask. Fits read outside the write transaction, so they
 * come before it.
 * @throws EverviewError `staleness-exceeded`
 */
export async function freshenModels(core: EngineCore, statement: UpdateStatement): Promise<void> {
  const pieces = piecesOf(statement).filter(({ text }) => /\b(explain_)?predict\b/i.test(text));
  if (pieces.length === 0) return;
  const { state } = core;
  const nowMs = core.clock.nowMs();
  const system = systemRelationsOf(state, nowMs);
  const models = new Set<string>();
  for (const { text, kind } of pieces) {
    const context = { parser: core.parser, catalog: state.catalog, system };
    // A complaint about a piece is made, with its place, when the statement runs.
    const reads = await readsOfFragment(text, kind, context).catch(() => null);
    for (const model of reads?.models ?? []) models.add(model);
  }
  const plan = planReads(
    readObjectsOf(state, { relations: [], predicted: [], models: [...models] }, nowMs),
    state,
    true,
  );
  if (plan.kind === 'refresh') await refreshObjects(core, plan.names, { trigger: 'read', how: 'auto' });
}
