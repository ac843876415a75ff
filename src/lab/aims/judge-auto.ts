import { Hindsight } from '../hindsight/hindsight.ts';
import type { PolicySummary } from '../policy-summary.ts';
import { regretOf } from '../summary/regret.ts';
import type { RunSummary } from './run-summary.ts';

const mostTimes = 2;
const mostMeanTimes = 1.25;

/** One run, and of its policies `auto` the one that does worst. */
export type AutoSet = {
  readonly set: string;
  readonly policy: string;
  /** Its cost in times of that of the best schedule among those that, as it must, refresh after answers. */
  readonly times: number;
  /** The same, of the best among those that refresh before answers, and so know a step more: judged by nothing. */
  readonly timesOfBefore: number;
};

/** Ski rental beside the best schedule in hindsight, by what staleness is taken to cost. */
export type AutoAim = {
  readonly sets: readonly AutoSet[];
  /** Null: no run has a policy `auto`. */
  readonly meanTimes: number | null;
  /** Within 2× on each set. */
  readonly isEachMet: boolean;
  /** At most 1.25× in the mean over sets. */
  readonly isMeanMet: boolean;
};

export function judgeAuto(runs: readonly RunSummary[]): AutoAim {
  const sets = runs.flatMap((one) => {
    const autos = one.lines.filter(({ policy }) => policy.schedule.kind === 'auto');
    const [worst] = autos.map((line) => judgeLine(one, line)).sort((a, b) => b.times - a.times);
    return worst === undefined ? [] : [worst];
  });
  const meanTimes = sets.length === 0 ? null : sets.reduce((sum, { times }) => sum + times, 0) / sets.length;
  return {
    sets,
    meanTimes,
    isEachMet: sets.length > 0 && sets.every(({ times }) => times <= mostTimes),
    isMeanMet: meanTimes !== null && meanTimes <= mostMeanTimes,
  };
}

function judgeLine({ set, run }: RunSummary, line: PolicySummary): AutoSet {
  const hindsight = new Hindsight(run);
  const cells = run.cells.filter(({ policy }) => policy.name === line.policy.name);
  const before = cells.reduce((sum, cell) => sum + hindsight.of(cell, 'before').staleness.best.cost, 0);
  const best = { ...line.hindsight, staleness: before / Math.max(1, cells.length) };
  return {
    set,
    policy: line.policy.name,
    times: regretOf(line).staleness.times,
    timesOfBefore: regretOf({ ...line, hindsight: best }).staleness.times,
  };
}
