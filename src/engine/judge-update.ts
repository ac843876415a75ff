import { versionColumn, weightColumn } from '../core/identifier.ts';
import type { Finding, JudgedBatch } from '../core/verdict.ts';
import type { UpdateContext } from '../ingest/change-outcome.ts';
import { type Judgement, judgeBatch, type ModelsOfTable, partsLeaving } from '../ingest/judge/judge-batch.ts';
import { lentHistory, type RowsChanged } from '../ingest/judge/lent-history.ts';
import {
  areRestOfTaken,
  compactProfiles,
  learnFrom,
  learnReleased,
  loadTableHistory,
  recordParts,
  recordProfile,
} from '../ingest/judge/profile-log.ts';
import {
  type HistoryUnit,
  historyLength,
  type LearningState,
  learningStateOf,
  type TableHistory,
  type UpdateKind,
  withUpdate,
} from '../ingest/judge/table-history.ts';
import { logRelation } from '../ingest/relation-names.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import { severityLeft } from './accepted-findings.ts';
import type { EngineCore } from './engine-core.ts';
import { withEntry } from './engine-state.ts';
import { falseAlarmsOf } from './false-alarms.ts';
import { effectsOfUpdate, type UpdateChanges } from './judge-effects.ts';
import { useOfTable } from './use-of-table.ts';
import type { WriteDraft } from './write-draft.ts';

/** How rows that the engine had kept out came in: by a person as they were, or put right; or because nobody decided in time. */
export type LetIn = 'as-it-came' | 'corrected' | 'at-deadline';

/** What is known of an update to one table before it is decided what becomes of it. */
export type JudgedUpdate = {
  readonly judgement: Judgement;
  readonly change: RowsChanged;
  readonly history: TableHistory;
  readonly models: ModelsOfTable;
};

/** What became of it. */
export type JudgedFate = {
  /** Rows set aside, and those that were taken. */
  readonly quarantined: number;
  readonly left: number;
  readonly isWaiting: boolean;
  readonly letIn: LetIn | null;
};

type Moment = Pick<UpdateContext, 'updateId' | 'version' | 'nowMs'>;

/**
 * Judges what the update that is about to be committed did to one table, and counts its rows in the same transaction;
 * null for a table that is not judged, and for an update that only deletes.
 */
export async function judgeUpdate(
  core: EngineCore,
  draft: WriteDraft,
  entry: TableEntry,
  context: Moment,
  changes: UpdateChanges,
): Promise<JudgedUpdate | null> {
  const { definition } = entry.declared;
  if (!definition.isProfiled) return null;
  const { tx } = draft;
  const table = nameOf(entry);
  const change = changes.get(table) ?? { inserted: 0, deleted: 0 };
  if (change.deleted > 0) {
    await recordParts(tx, table, context.version, await partsLeaving(tx, batchOf(entry, context, '< 0')));
  }
  if (change.inserted === 0) return null;
  const judged = await judgeRows(draft, entry, context, change, {
    effects: () => effectsOfUpdate(core, draft, entry, context, changes),
    use: () => useOfTable(core, draft.tx, draft.state, entry),
  });
  if (judged !== null) await recordParts(tx, table, context.version, judged.judgement.parts);
  return judged;
}

/**
 * Keeps profile and verdict of an update by what became of it: only what the table took is looked back at.
 * @returns whether what speaks against it is usual from now on, because updates went on like that
 */
export async function learnJudged(
  draft: WriteDraft,
  entry: TableEntry,
  context: Moment,
  judged: JudgedUpdate,
  fate: JudgedFate,
): Promise<boolean> {
  const { judgement, change, models } = judged;
  const table = nameOf(entry);
  if (fate.quarantined > 0) {
    await keep(draft, table, context, judged, 'kept-out');
    if (fate.left === 0) return false;
    // What is left is an update as well, of which less may be wrong.
    const rest = await judgeRows(draft, entry, context, change, models);
    return rest !== null && keep(draft, table, context, rest, stateOf(draft, rest.judgement));
  }
  if (fate.letIn === 'as-it-came' && (await learnReleased(draft.tx, table, context.nowMs))) {
    await keep(draft, table, context, judged, 'kept-out');
    draft.readHistoryAnew(table);
    return false;
  }
  if (fate.letIn === 'as-it-came' || fate.letIn === 'corrected') {
    if (await areRestOfTaken(draft.tx, table, context.nowMs))
      return keep(draft, table, context, judged, 'kept-out');
    if (fate.letIn === 'corrected') return keep(draft, table, context, judged, 'learned');
  }
  return keep(draft, table, context, judged, fate.isWaiting ? 'waiting' : stateOf(draft, judgement));
}

function stateOf(
  { state, nowMs }: Pick<WriteDraft, 'state' | 'nowMs'>,
  { verdict, isGrave }: Judgement,
): LearningState {
  return learningStateOf(severityLeft(state, verdict, nowMs), isGrave);
}

/** Judges the rows that a past update brought, and keeps their profile and the verdict. */
export async function learnUpdate(
  draft: WriteDraft,
  entry: TableEntry,
  context: Moment,
  change: RowsChanged,
  models: ModelsOfTable,
): Promise<void> {
  const judged = await judgeRows(draft, entry, context, change, models);
  if (judged === null) return;
  await keep(
    draft,
    nameOf(entry),
    context,
    judged,
    stateOf({ state: draft.state, nowMs: context.nowMs }, judged.judgement),
  );
}

async function judgeRows(
  draft: WriteDraft,
  entry: TableEntry,
  context: Moment,
  change: RowsChanged,
  models: ModelsOfTable,
): Promise<JudgedUpdate | null> {
  const falseAlarms = falseAlarmsOf(draft.state, entry.declared.definition);
  const table = nameOf(entry);
  const kind = kindOf(change);
  const history = await historyOf(draft, table, kind);
  const lent =
    kind === 'insert' ? null : lentHistory(change, history, await historyOf(draft, table, 'insert'));
  const batch = batchOf(entry, context, '> 0');
  const judgement = await judgeBatch(draft.tx, batch, history, falseAlarms, models, lent);
  return judgement === null ? null : { judgement, change, history, models };
}

function kindOf({ deleted }: RowsChanged): UpdateKind {
  return deleted > 0 ? 'replace' : 'insert';
}

function batchOf(
  { declared, target }: TableEntry,
  { version, nowMs }: Pick<UpdateContext, 'version' | 'nowMs'>,
  weight: '> 0' | '< 0',
): JudgedBatch {
  const { name, eventTime } = declared.definition;
  const relation = `(SELECT * FROM ${logRelation(name)} WHERE ${versionColumn} = ${version} AND ${weightColumn} ${weight})`;
  return { table: name, schema: target.schema, eventTime, version, nowMs, relation };
}

/** From memory, or once from the file. */
async function historyOf({ state, tx }: WriteDraft, table: string, kind: UpdateKind): Promise<TableHistory> {
  return state.histories.get(table.toLowerCase())?.[kind] ?? (await loadTableHistory(tx, table, kind));
}

/** @returns whether this and others before it are usual now */
async function keep(
  draft: WriteDraft,
  table: string,
  { updateId }: Moment,
  { judgement: { verdict, unit, plan }, change, history }: JudgedUpdate,
  state: LearningState,
): Promise<boolean> {
  const kind = kindOf(change);
  await recordProfile(draft.tx, verdict, kind, state, unit, plan, updateId);
  const next = withUpdate(state === 'kept-out' ? history : { ...history, plan }, unit, state);
  if (next.learned.length > 0) await learnFrom(draft.tx, table, kind, next.learned);
  const [oldest] = next.history.units;
  if (oldest !== undefined && next.history.units.length === historyLength && isCompactionDue(history, unit)) {
    await compactProfiles(draft.tx, table, kind, oldest.version);
  }
  const name = table.toLowerCase();
  const known = { ...draft.state.histories.get(name), [kind]: next.history };
  draft.update({ histories: withEntry(draft.state.histories, name, known) });
  return next.learned.includes(unit.version);
}

/** Versions after which what is kept of a table is made small again. */
const compactedEvery = 64;

function isCompactionDue({ latest }: TableHistory, { version }: HistoryUnit): boolean {
  const round = (at: number) => Math.floor(at / compactedEvery);
  return latest !== null && round(version) > round(latest.version);
}

/** A line for people, a finding. */
export function findingLine({ cause, severity, explanation, table }: Finding): string {
  return `${severity} on "${table}", ${cause}: ${explanation}`;
}
