import { learnsAlike } from '../hindsight/label-timeline.ts';
import type { Policy } from '../policy.ts';
import type { PolicySummary } from '../policy-summary.ts';
import type { RunSummary } from './run-summary.ts';

/** Loss that counts as equal: up to so much more, as a part of it. */
export const equalLossMargin = 0.01;

const mostShareOfSeconds = 0.5;

/** One run. The fixed interval is the one of least cost at the run's prices, of all that the run has. */
export type MaxEffectSet = {
  readonly set: string;
  readonly interval: { readonly policy: string; readonly meanLoss: number; readonly seconds: number };
  /**
   * Over the same window and maintenance, the `max_effect` that takes least time of those whose loss is no more than
   * that of the interval, give or take the margin; null: each loses more.
   */
  readonly effect: {
    readonly policy: string;
    readonly meanLoss: number;
    readonly seconds: number;
    /** Of the interval's measured processor time for refreshes, and of what is billed. */
    readonly share: number;
    readonly billedShare: number;
  } | null;
  readonly isMet: boolean;
};

export type MaxEffectAim = {
  readonly sets: readonly MaxEffectSet[];
  /** On at least half of the sets at most half of the processor time. */
  readonly isMet: boolean;
};

export function judgeMaxEffect(runs: readonly RunSummary[]): MaxEffectAim {
  const sets = runs.flatMap(({ set, lines }) => {
    const judged = judgeSet(set, lines);
    return judged === null ? [] : [judged];
  });
  const met = sets.filter(({ isMet }) => isMet).length;
  return { sets, isMet: sets.length > 0 && met >= sets.length / 2 };
}

function judgeSet(set: string, lines: readonly PolicySummary[]): MaxEffectSet | null {
  const effects = lines.filter(({ policy }) => policy.schedule.kind === 'max-effect');
  const [best] = lines
    .filter(({ policy }) => isFixed(policy) && effects.some((one) => learnsAlike(one.policy, policy)))
    .sort((one, other) => one.cost.loss - other.cost.loss);
  if (best === undefined) return null;
  const interval = {
    policy: best.policy.name,
    meanLoss: best.meanLoss,
    seconds: best.refreshCpuSeconds,
  };
  const [effect] = effects
    .filter((one) => learnsAlike(one.policy, best.policy))
    .filter(({ meanLoss }) => meanLoss <= best.meanLoss * (1 + equalLossMargin))
    .sort((one, other) => one.refreshCpuSeconds - other.refreshCpuSeconds);
  if (effect === undefined) return { set, interval, effect: null, isMet: false };
  const share = shareOf(effect.refreshCpuSeconds, best.refreshCpuSeconds);
  const told = {
    policy: effect.policy.name,
    meanLoss: effect.meanLoss,
    seconds: effect.refreshCpuSeconds,
    share,
    billedShare: shareOf(effect.billedSeconds, best.billedSeconds),
  };
  return { set, interval, effect: told, isMet: share <= mostShareOfSeconds };
}

/** Schedules that look neither at the data nor at the model. */
function isFixed({ schedule }: Policy): boolean {
  return schedule.kind === 'interval' || schedule.kind === 'rows' || schedule.kind === 'every-update';
}

function shareOf(part: number, whole: number): number {
  return whole > 0 ? part / whole : part > 0 ? Number.POSITIVE_INFINITY : 1;
}
