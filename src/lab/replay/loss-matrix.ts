import type { LossMatrix } from '../cell-result.ts';
import type { Policy } from '../policy.ts';
import { keptVersions } from './kept-versions.ts';
import type { Replay } from './replay.ts';
import { stepLosses } from './step-losses.ts';
import { versionPredictor } from './version-predictor.ts';
import type { WarmModel } from './warm-up.ts';

/**
 * Losses of the version that was fitted last at the end of each step on the rows of every later step, and of its own: the
 * model with just these labels had it been refreshed when the rows of that step came.
 * @returns null where rows cannot be predicted one at a time
 */
export async function lossMatrix(
  policy: Policy,
  seed: number,
  warm: WarmModel,
  { newestAfter, stepRows }: Pick<Replay, 'newestAfter' | 'stepRows'>,
): Promise<LossMatrix | null> {
  const kept = new Map((await keptVersions(warm, { withParameters: true })).map((one) => [one.version, one]));
  const sample = stepRows.find(({ rows }) => rows.length > 0)?.rows[0];
  if (sample === undefined) return null;
  const losses: number[][] = [];
  const trainingRows: number[] = [];
  for (const [s, version] of newestAfter.entries()) {
    const found = kept.get(version);
    const predict =
      found === undefined ? null : versionPredictor(found.parameters, warm.reader.task, sample.row);
    if (found === undefined || predict === null) return null;
    trainingRows.push(found.rows);
    const own = Math.max(0, s - 1);
    losses.push([
      ...new Array<number>(own).fill(0),
      ...stepLosses(predict, warm.lossOf, stepRows.slice(own)),
    ]);
  }
  return { policy, seed, losses, trainingRows };
}
