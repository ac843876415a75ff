import type { CellResult, LossMatrix, RefreshMark, RunResult } from '../../../src/lab/cell-result.ts';
import type { LearningWindow, Maintenance, Policy, Schedule } from '../../../src/lab/policy.ts';

export const hourMs = 3_600_000;

export function policyNamed(
  name: string,
  schedule: Schedule = { kind: 'never' },
  window: LearningWindow = { kind: 'all' },
  maintenance: Maintenance = 'auto',
): Policy {
  return { name, schedule, window, maintenance };
}

/** Arrivals and labels that all policies meet, one hour a step. */
export type SyntheticHistory = {
  readonly steps: number;
  readonly answers: readonly number[];
  /** By model: labels known when it is refreshed, and learned from. */
  readonly labels: readonly number[];
  readonly trainingRows: readonly number[];
};

/** One refresh of a policy. `before` the answers of the step, or after them; `delay` in steps. */
export type SyntheticRefresh = {
  readonly step: number;
  readonly before: boolean;
  readonly kind: RefreshMark['kind'];
  readonly promoted: boolean;
};

export function historyOf(
  labelsByStep: readonly number[],
  atStart: number,
  answers: readonly number[],
): SyntheticHistory {
  const labels = [atStart];
  for (const came of labelsByStep) labels.push((labels.at(-1) ?? 0) + came);
  return { steps: labelsByStep.length, answers, labels, trainingRows: labels };
}

/** What the laboratory would record of a policy that refreshes at these moments, deployed `delay` steps later. */
export function cellOf(
  policy: Policy,
  history: SyntheticHistory,
  refreshes: readonly SyntheticRefresh[],
  options: { readonly seed?: number; readonly delay?: number; readonly matrix?: LossMatrix } = {},
): CellResult {
  const { seed = 1, delay = 0, matrix } = options;
  const { steps, answers, labels, trainingRows } = history;
  const activeSince: number[] = [];
  for (let step = 0; step < steps; step++) {
    const active = refreshes.filter((one) => {
      const first = Math.max(one.step + delay, one.before ? one.step : one.step + 1);
      return one.promoted && one.kind !== 'none' && first <= step;
    });
    activeSince.push(active.reduce((last, one) => Math.max(last, one.step), -1));
  }
  let before = 0;
  const marks = refreshes.map(({ step, kind, promoted }): RefreshMark => {
    const [from, to] = [labels[before] ?? 0, labels[step + 1] ?? 0];
    if (kind !== 'none') before = step + 1;
    return markOf({
      atMs: step * hourMs,
      step,
      kind,
      promoted,
      changedRows: to - from,
      trainingRows: trainingRows[step + 1] ?? 0,
    });
  });
  const losses = activeSince.map((since, step) => matrix?.losses[since + 1]?.[step] ?? 1);
  const pending = activeSince.map((since, step) => (labels[step + 1] ?? 0) - (labels[since + 1] ?? 0));
  return {
    ...emptyCell(policy, seed, steps),
    answers: [...answers],
    lossSum: losses,
    activeSince,
    pendingLabels: pending,
    refreshes: marks,
    labelsAtStart: labels[0] ?? 0,
    labels: labels.slice(1),
  };
}

export function markOf(given: Partial<RefreshMark>): RefreshMark {
  return {
    atMs: 0,
    step: 0,
    kind: 'incremental',
    reason: 'asked',
    because: 'asked',
    changedRows: 1,
    trainingRows: 1,
    rowsScanned: 1,
    promoted: true,
    modelVersion: 1,
    dataToModelMs: 1,
    negativeFlips: null,
    ...given,
  };
}

export function emptyCell(policy: Policy, seed: number, steps: number): CellResult {
  const zeros = (): number[] => new Array<number>(steps).fill(0);
  return {
    policy,
    seed,
    task: 'number',
    loss: 'absolute',
    atMs: Array.from({ length: steps }, (_, step) => step * hourMs),
    rows: zeros().fill(1),
    lossSum: zeros(),
    answers: zeros().fill(1),
    activeSince: zeros().fill(-1),
    staleVersions: zeros(),
    staleRows: zeros(),
    staleMs: zeros(),
    staleEffect: zeros(),
    pendingLabels: zeros(),
    outsideBound: zeros(),
    withoutModel: zeros(),
    slices: [],
    refreshes: [],
    labelsAtStart: 1,
    labels: zeros().fill(1),
    measured: { cpuSeconds: 0, refreshCpuSeconds: 0, wallSeconds: 0 },
  };
}

export function runOf(cells: readonly CellResult[], given: Partial<RunResult> = {}): RunResult {
  return {
    format: 1,
    experiment: 'synthetic',
    hash: '0',
    declarations: '',
    model: 'm',
    prices: { cpuSecond: 1, loss: 1 },
    refreshCost: { seconds: 1, secondsPerRow: 0 },
    deployDelayMs: 0,
    lossScale: 1,
    cells: [...cells],
    baselines: [],
    matrices: [],
    ...given,
  };
}
