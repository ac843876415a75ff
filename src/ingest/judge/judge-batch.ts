import { columnNames } from '../../core/schema.ts';
import type { Session } from '../../core/session.ts';
import type { JudgedBatch, Verdict } from '../../core/verdict.ts';
import { readBlocks } from '../profile/batch-columns.ts';
import { type BatchProfile, measureTogether, noJointPlan } from '../profile/batch-profile.ts';
import { grownPlan, type JointPlan } from '../profile/joint-plan.ts';
import { measuredBlocks } from '../profile/measured-blocks.ts';
import { mergeProfiles } from '../profile/merge-profiles.ts';
import type { ModelEffect } from '../profile/model-effect.ts';
import { type ProfilePart, partsOf } from '../profile/profile-part.ts';
import { errsManyfold } from './effect-history.ts';
import { judgeProfile } from './judge-profile.ts';
import type { LentHistory } from './lent-history.ts';
import { stepsFromKeptOut } from './steps-from-kept-out.ts';
import { type HistoryUnit, knownColumns, subjectsOf, type TableHistory } from './table-history.ts';
import { type TableUse, unknownUse } from './table-use.ts';

/** A verdict, and what is to be kept of the batch when it is committed. */
export type Judgement = {
  readonly verdict: Verdict;
  /** A model errs many times as much on the rows as it usually does. */
  readonly isGrave: boolean;
  readonly unit: HistoryUnit;
  readonly plan: JointPlan | null;
  readonly parts: readonly ProfilePart[];
};

/** What is made of a table, asked for when it is needed. */
export type ModelsOfTable = {
  /** What the models that learn from the table make of the batch. */
  readonly effects: () => Promise<readonly ModelEffect[]>;
  readonly use: () => Promise<TableUse>;
};

const monthMs = 30 * 86_400_000;

/**
 * Measures the rows of a batch and judges them by the table's history; null where it brings none. Reads each row once,
 * and writes nothing.
 *
 * @param lent what it is compared with in place of the history of its like, which it goes on from all the same
 */
export async function judgeBatch(
  session: Session,
  batch: JudgedBatch,
  history: TableHistory,
  falseAlarmsPerMonth: number,
  models: ModelsOfTable,
  lent: LentHistory | null = null,
): Promise<Judgement | null> {
  const compared = lent?.history ?? history;
  const known = knownColumns(compared, columnNames(batch.schema));
  let { plan } = history;
  let profile: BatchProfile | null = null;
  const parts: ProfilePart[] = [];
  for await (const block of measuredBlocks(session, batch.relation, batch.schema, known)) {
    plan = grownPlan(plan, block);
    const measured = measureTogether(block, block.profiles, plan ?? noJointPlan);
    profile = profile === null ? measured : mergeProfiles(profile, measured);
    parts.push(...partsOf(block, batch.eventTime, 1, measured.columns));
  }
  if (profile === null) return null;
  profile = { ...stepsFromKeptOut(profile, history), effects: await models.effects() };
  const judged = {
    table: batch.table,
    version: batch.version,
    atMs: batch.nowMs,
    profile,
    known,
    falseAlarmsPerMonth,
    updatesPerMonth: updatesPerMonth(compared, batch.nowMs),
    use: unknownUse,
  };
  let verdict = judgeProfile(judged, compared, lent);
  // What is made of the columns matters only when something is wrong with them.
  if (verdict.severity !== null)
    verdict = judgeProfile({ ...judged, use: await models.use() }, compared, lent);
  return {
    verdict,
    isGrave: lent?.likeness !== 'correction' && errsManyfold(compared, profile.effects),
    unit: { version: batch.version, atMs: batch.nowMs, profile, ...subjectsOf(verdict.findings) },
    plan,
    parts,
  };
}

/** At the pace of the updates looked back at. */
export function updatesPerMonth({ units }: TableHistory, nowMs: number): number {
  const [first] = units;
  const span = first === undefined ? 0 : nowMs - first.atMs;
  return span <= 0 ? 1 : (units.length * monthMs) / span;
}

/** The parts that deleted rows take away again. */
export async function partsLeaving(
  session: Session,
  { relation, schema, eventTime }: Pick<JudgedBatch, 'relation' | 'schema' | 'eventTime'>,
): Promise<ProfilePart[]> {
  const parts: ProfilePart[] = [];
  for await (const block of readBlocks(session, relation, schema))
    parts.push(...partsOf(block, eventTime, -1));
  return parts;
}
