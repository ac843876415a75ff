import type { PolicySummary } from '../policy-summary.ts';
import { regretOf } from '../summary/regret.ts';
import type { RunSummary } from './run-summary.ts';

const mostTimes = 2;
const mostMeanTimes = 1.25;

/** Ski rental beside the best schedule in hindsight, by what staleness is taken to cost. */
export type AutoAim = {
  /** By run: its cost in times of that of hindsight, of the `auto` that does worst. */
  readonly sets: readonly { readonly set: string; readonly policy: string; readonly times: number }[];
  /** Null: no run has a policy `auto`. */
  readonly meanTimes: number | null;
  /** Within 2× on each set. */
  readonly isEachMet: boolean;
  /** At most 1.25× in the mean over sets. */
  readonly isMeanMet: boolean;
};

export function judgeAuto(runs: readonly RunSummary[]): AutoAim {
  const sets = runs.flatMap(({ set, lines }) => {
    const times = lines
      .filter(({ policy }) => policy.schedule.kind === 'auto')
      .map((line: PolicySummary) => ({
        set,
        policy: line.policy.name,
        times: regretOf(line).staleness.times,
      }));
    const [first] = times.sort((one, other) => other.times - one.times);
    return first === undefined ? [] : [first];
  });
  const meanTimes = sets.length === 0 ? null : sets.reduce((sum, { times }) => sum + times, 0) / sets.length;
  return {
    sets,
    meanTimes,
    isEachMet: sets.length > 0 && sets.every(({ times }) => times <= mostTimes),
    isMeanMet: meanTimes !== null && meanTimes <= mostMeanTimes,
  };
}
