import type { Reason } from '../core/reasons.ts';
import type { CalibrationBin } from '../model/metrics/calibration.ts';
import type { Flips } from '../model/metrics/flips.ts';
import type { Scores } from '../model/metrics/scores.ts';
import type { Evaluation } from '../model/score-holdout.ts';
import type { GateVerdict } from './gate-result.ts';
import type { Verdict } from './paired-test.ts';

/** What a model version keeps of its evaluation, as plain JSON in `everview.model_versions.metrics`. */
export type VersionMetrics = {
  /** Null: no hold-out, or no row in it. */
  readonly holdout: Scores | null;
  /** Of the current model, on the same rows. */
  readonly current: Scores | null;
  /** Windows before the hold-out, the newest first. */
  readonly earlier: readonly { readonly candidate: Scores; readonly current: Scores | null }[];
  readonly slices: readonly {
    readonly column: string;
    /** Null: NULL. */
    readonly value: string | null;
    /** All values with too few rows to be judged on their own. */
    readonly isRest: boolean;
    readonly candidate: Scores;
    readonly current: Scores | null;
  }[];
  readonly flips: readonly Flips[];
  readonly calibration: readonly CalibrationBin[] | null;
  readonly verdict: Reason;
  readonly decision: Verdict;
};

/** Of the slices, as many of each column are kept; all of them were judged. */
const keptSlices = 50;

export function versionMetrics(evaluation: Evaluation | null, verdict: GateVerdict): VersionMetrics {
  const seen = new Map<string, number>();
  const slices = (evaluation?.slices ?? []).filter(({ column }) => {
    const place = seen.get(column) ?? 0;
    seen.set(column, place + 1);
    return place < keptSlices;
  });
  return {
    holdout: evaluation?.holdout.candidate ?? null,
    current: evaluation?.holdout.current ?? null,
    earlier: (evaluation?.earlier ?? []).map(({ candidate, current }) => ({ candidate, current })),
    slices: slices.map(({ column, value, isRest, candidate, current }) => ({
      column,
      value,
      isRest,
      candidate,
      current,
    })),
    flips: evaluation?.holdout.flips ?? [],
    calibration: evaluation?.holdout.calibration ?? null,
    verdict: verdict.reason,
    decision: verdict.verdict,
  };
}
