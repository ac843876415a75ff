import { versionColumn, weightColumn } from '../core/identifier.ts';
import type { JudgedBatch, Verdict } from '../core/verdict.ts';
import type { UpdateContext } from '../ingest/change-outcome.ts';
import { type Judgement, judgeBatch, type ModelsOfTable, partsLeaving } from '../ingest/judge/judge-batch.ts';
import {
  compactProfiles,
  learnFrom,
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

/**
 * Judges what the update that is about to be committed did to one table, and keeps its profile in the same transaction;
 * null for a table that is not judged, and for an update that only deletes.
 */
export async function judgeUpdate(
  core: EngineCore,
  draft: WriteDraft,
  entry: TableEntry,
  context: Pick<UpdateContext, 'version' | 'nowMs'>,
  changes: UpdateChanges,
): Promise<Verdict | null> {
  const { definition } = entry.declared;
  if (!definition.isProfiled) return null;
  const { tx } = draft;
  const table = nameOf(entry);
  const change = changes.get(table) ?? { inserted: 0, deleted: 0 };
  if (change.deleted > 0) {
    await recordParts(tx, table, context.version, await partsLeaving(tx, batchOf(entry, context, '< 0')));
  }
  if (change.inserted === 0) return null;
  const kind = change.deleted > 0 ? 'replace' : 'insert';
  const judgement = await learnUpdate(draft, entry, context, kind, {
    effects: () => effectsOfUpdate(core, draft, entry, context, changes),
    use: () => useOfTable(core, draft.tx, draft.state, entry),
  });
  if (judgement !== null) await recordParts(tx, table, context.version, judgement.parts);
  return judgement?.verdict ?? null;
}

/** Judges the rows that an update brought, and keeps their profile and the verdict; null where it brought none. */
export async function learnUpdate(
  draft: WriteDraft,
  entry: TableEntry,
  context: Pick<UpdateContext, 'version' | 'nowMs'>,
  kind: UpdateKind,
  models: ModelsOfTable,
): Promise<Judgement | null> {
  const table = nameOf(entry);
  const falseAlarms = falseAlarmsOf(draft.state, entry.declared.definition);
  const history = await historyOf(draft, table, kind);
  const judgement = await judgeBatch(draft.tx, batchOf(entry, context, '> 0'), history, falseAlarms, models);
  if (judgement === null) return null;
  const state = learningStateOf(severityLeft(draft.state, judgement.verdict, context.nowMs));
  await keep(draft, table, kind, state, history, judgement);
  return judgement;
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

async function keep(
  draft: WriteDraft,
  table: string,
  kind: UpdateKind,
  state: LearningState,
  history: TableHistory,
  { verdict, unit, plan }: Judgement,
): Promise<void> {
  await recordProfile(draft.tx, verdict, kind, state, unit, plan);
  const next = withUpdate({ ...history, plan }, unit, state);
  if (next.learned.length > 0) await learnFrom(draft.tx, table, kind, next.learned);
  const [oldest] = next.history.units;
  if (oldest !== undefined && next.history.units.length === historyLength && isCompactionDue(history, unit)) {
    await compactProfiles(draft.tx, table, kind, oldest.version);
  }
  const name = table.toLowerCase();
  const known = { ...draft.state.histories.get(name), [kind]: next.history };
  draft.update({ histories: withEntry(draft.state.histories, name, known) });
}

/** Versions after which what is kept of a table is made small again. */
const compactedEvery = 64;

function isCompactionDue({ latest }: TableHistory, { version }: HistoryUnit): boolean {
  const round = (at: number) => Math.floor(at / compactedEvery);
  return latest !== null && round(version) > round(latest.version);
}

/** A line for people, a finding. */
export function findingLines({ findings }: Verdict): string[] {
  return findings
    .filter(({ severity }) => severity !== 'log')
    .map(({ cause, severity, explanation, table }) => `${severity} on "${table}", ${cause}: ${explanation}`);
}
