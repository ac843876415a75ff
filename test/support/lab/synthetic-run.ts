import type {
  BetweenRefresh,
  CellResult,
  LossMatrix,
  RefreshMark,
  RunResult,
} from '../../../src/lab/cell-result.ts';
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
  /** Done half an hour before the step's arrival; all of its labels are learned from. */
  readonly between?: BetweenRefresh;
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
  const answering = Array.from({ length: steps }, (_, step) =>
    refreshes.findLast((one) => {
      const isAhead = one.before || one.between !== undefined;
      const first = Math.max(one.step + delay, isAhead ? one.step : one.step + 1);
      return one.promoted && one.kind !== 'none' && first <= step;
    }),
  );
  const learned = (one: SyntheticRefresh | undefined): number =>
    one?.between?.learnable ?? labels[(one?.step ?? -1) + 1] ?? 0;
  let before: SyntheticRefresh | undefined;
  const marks = refreshes.map((one): RefreshMark => {
    const { step, kind, promoted, between = null } = one;
    const changedRows = learned(one) - learned(before);
    if (kind !== 'none') before = one;
    return markOf({
      atMs: (between === null ? step : step - 0.5) * hourMs,
      step,
      kind,
      promoted,
      changedRows,
      trainingRows: between === null ? (trainingRows[step + 1] ?? 0) : learned(one),
      between: kind === 'none' ? null : between,
    });
  });
  const activeSince = answering.map((one) =>
    one === undefined ? -1 : one.between === undefined ? one.step : one.step - 1,
  );
  const losses = answering.map((one, step) => {
    if (one?.between !== undefined) return one.between.losses?.[step - one.step] ?? 1;
    return matrix?.losses[(one?.step ?? -1) + 1]?.[step] ?? 1;
  });
  const pending = answering.map((one, step) => (labels[step + 1] ?? 0) - learned(one));
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
    between: null,
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
