import type { CellResult, LossMatrix, RefreshMark, RunResult } from '../../../src/lab/cell-result.ts';
import type { Policy } from '../../../src/lab/policy.ts';
import { Random } from '../random.ts';

export type SyntheticYearOptions = {
  readonly seed?: number;
  readonly steps?: number;
  readonly policies?: readonly Policy[];
  readonly seeds?: readonly number[];
  /** With the losses of every model that could have answered: steps² / 2 numbers. */
  readonly matrices?: boolean;
};

const dayMs = 86_400_000;
const startMs = Date.UTC(2013, 0, 1);
const warmUpLabels = 1_200;
const sliceNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function policy(name: string, schedule: Policy['schedule'], rest: Partial<Policy> = {}): Policy {
  return { name, schedule, window: { kind: 'all' }, maintenance: 'auto', ...rest };
}

/** A dozen policies such as an experiment has. */
export const syntheticPolicies: readonly Policy[] = [
  policy('never', { kind: 'never' }),
  policy('every update', { kind: 'every-update' }),
  policy('every 7 days', { kind: 'interval', every: 7 * dayMs }),
  policy('every 30 days', { kind: 'interval', every: 30 * dayMs }),
  policy('every 2,000 rows', { kind: 'rows', rows: 2_000 }),
  policy('drift of features (PSI)', { kind: 'psi', threshold: 0.2, rows: 200, falseAlarms: 0.01 }),
  policy('ADWIN on loss', { kind: 'adwin', delta: 0.002, on: 'loss' }),
  policy('at most 0.1 off', { kind: 'max-effect', effect: 0.1 }),
  policy('auto', { kind: 'auto' }),
  policy('two a month', { kind: 'budget', refreshes: 2, per: 30 * dayMs }),
  policy(
    'auto, 60 days',
    { kind: 'auto' },
    { window: { kind: 'sliding', length: 60 * dayMs }, maintenance: 'full' },
  ),
  policy(
    'every 7 days, half-life 30 days',
    { kind: 'interval', every: 7 * dayMs },
    { window: { kind: 'decay', halfLife: 30 * dayMs }, maintenance: 'incremental' },
  ),
];

/**
 * A run that no engine made, the same for the same options: daily steps with a season, and a drift in the middle that
 * takes twenty of them. What a model has wrong is how far the concept is from the mean of what it learned.
 */
export function syntheticYear(options: SyntheticYearOptions = {}): RunResult {
  const { seed = 1, steps = 365, policies = syntheticPolicies, seeds = [1], matrices = false } = options;
  const worlds = new Map(seeds.map((of) => [of, createWorld(new Random(seed * 1_000 + of), steps)]));
  const cells = policies.flatMap((of, place) =>
    [...worlds].map(([cellSeed, world]) =>
      replay(of, cellSeed, world, new Random(seed * 7_919 + cellSeed * 101 + place)),
    ),
  );
  const [first] = worlds.values();
  if (first === undefined) throw new RangeError('no seeds');
  return {
    format: 1,
    experiment: 'synthetic year',
    hash: '5e'.repeat(32),
    declarations: '',
    model: 'demand',
    prices: { cpuSecond: 200, loss: 0.02 },
    refreshCost: { seconds: 0.02, secondsPerRow: 1e-6 },
    deployDelayMs: 0,
    lossScale: 0.8,
    cells,
    baselines: baselinesOf(first),
    matrices: matrices
      ? [...worlds].flatMap(([of, world]) => windowsOf(policies).map((kind) => matrixOf(kind, of, world)))
      : [],
  };
}

type World = {
  readonly atMs: readonly number[];
  readonly rows: readonly number[];
  /** What is to be learned, by step. */
  readonly concept: readonly number[];
  /** Loss of a row that no model can avoid, by step. */
  readonly noise: readonly number[];
};

function createWorld(random: Random, steps: number): World {
  const middle = Math.floor(steps / 2);
  return {
    atMs: random.list(steps, (step) => startMs + step * dayMs),
    rows: random.list(steps, (step) => random.int(180, 220) + (step % 7 < 5 ? 60 : 0)),
    concept: random.list(steps, (step) => Math.min(1, Math.max(0, (step - middle) / 20)) + step / steps / 5),
    noise: random.list(
      steps,
      (step) => 0.2 + 0.05 * Math.sin((2 * Math.PI * step) / 91) + 0.04 * random.next(),
    ),
  };
}

/** Loss of a row at a step by a model that knows this much of the concept. */
function lossAt(world: World, step: number, known: number): number {
  return (world.noise[step] ?? 0) + 0.6 * Math.abs((world.concept[step] ?? 0) - known);
}

/** What a model knows that was refreshed at the end of a step (−1: in the warm-up). */
function knownAt(world: World, step: number, window: Policy['window']): number {
  let weights = window.kind === 'all' ? 5 : 0.001;
  let sum = 0;
  for (let past = 0; past <= step; past++) {
    const age = (step - past) * dayMs;
    const weight =
      window.kind === 'all'
        ? 1
        : window.kind === 'sliding'
          ? Number(age <= window.length)
          : 2 ** (-age / window.halfLife);
    weights += weight;
    sum += weight * (world.concept[past] ?? 0);
  }
  return sum / weights;
}

type Going = {
  readonly step: number;
  readonly since: number;
  readonly pending: number;
  readonly gap: number;
};

function wantsRefresh({ schedule }: Policy, going: Going, random: Random): boolean {
  const sinceMs = (going.step - going.since) * dayMs;
  switch (schedule.kind) {
    case 'never':
      return false;
    case 'every-update':
    case 'on-read':
      return true;
    case 'rows':
      return going.pending >= schedule.rows;
    case 'interval':
      return sinceMs >= schedule.every;
    case 'max-effect':
      return going.gap > schedule.effect;
    case 'auto':
    case 'forecast':
      return going.gap * (going.step - going.since) > 0.5;
    case 'budget':
      return sinceMs >= schedule.per / schedule.refreshes && random.chance(0.3);
    default:
      return going.gap > 0.25 || random.chance(0.004);
  }
}

function replay(of: Policy, seed: number, world: World, random: Random): CellResult {
  const steps = world.atMs.length;
  const list = (): number[] => [];
  const perStep = { lossSum: list(), activeSince: list(), labels: list(), pendingLabels: list() };
  const stale = { staleVersions: list(), staleRows: list(), staleMs: list() };
  const staleEffect: number[] = [];
  const refreshes: RefreshMark[] = [];
  let since = -1;
  let known = knownAt(world, -1, of.window);
  let labels = warmUpLabels;
  let learned = labels;
  for (let step = 0; step < steps; step++) {
    const rows = world.rows[step] ?? 0;
    perStep.lossSum.push(rows * lossAt(world, step, known));
    perStep.activeSince.push(since);
    perStep.pendingLabels.push(labels - learned);
    stale.staleVersions.push(step - since - 1);
    stale.staleRows.push(labels - learned);
    stale.staleMs.push((step - since - 1) * dayMs);
    const fresh = knownAt(world, step, of.window);
    staleEffect.push(Math.abs(fresh - known));
    labels += rows;
    perStep.labels.push(labels);
    const going = { step, since, pending: labels - learned, gap: Math.abs(fresh - known) };
    if (!wantsRefresh(of, going, random)) continue;
    refreshes.push(markOf(of, world, going, labels, random));
    since = step;
    known = fresh;
    learned = labels;
  }
  return {
    policy: of,
    seed,
    task: 'number',
    loss: 'absolute',
    atMs: [...world.atMs],
    rows: [...world.rows],
    answers: [...world.rows],
    ...perStep,
    ...stale,
    staleEffect,
    outsideBound: world.rows.map(() => 0),
    withoutModel: world.rows.map(() => 0),
    slices: slicesOf(world, perStep.lossSum),
    refreshes,
    labelsAtStart: warmUpLabels,
    measured: {
      cpuSeconds: 2 + refreshes.length * 0.05,
      refreshCpuSeconds: refreshes.length * 0.04,
      wallSeconds: 3 + refreshes.length * 0.06,
    },
  };
}

function markOf(of: Policy, world: World, going: Going, trainingRows: number, random: Random): RefreshMark {
  const isFull = of.maintenance === 'full' || (of.maintenance === 'auto' && random.chance(0.08));
  return {
    atMs: world.atMs[going.step] ?? 0,
    step: going.step,
    kind: isFull ? 'full' : 'incremental',
    reason: isFull ? 'cheaper' : 'delta-applies',
    because: `${going.pending} labels had come since the last refresh`,
    changedRows: going.pending,
    trainingRows,
    rowsScanned: isFull ? trainingRows * 3 : going.pending * 3,
    promoted: !random.chance(0.03),
    modelVersion: going.step + 2,
    dataToModelMs: random.int(5, 60) * 60_000,
    negativeFlips: null,
    between: null,
  };
}

function slicesOf(world: World, lossSum: readonly number[]): CellResult['slices'] {
  return sliceNames.map((value, day) => {
    const steps = world.rows.flatMap((_, step) => (step % 7 === day ? [step] : []));
    const sum = (of: readonly number[]): number => steps.reduce((total, step) => total + (of[step] ?? 0), 0);
    return { value, rows: sum(world.rows), lossSum: sum(lossSum) * (1 + day / 30) };
  });
}

function baselinesOf(world: World): RunResult['baselines'] {
  const of = (known: (step: number) => number, more: number): number[] =>
    world.rows.map((rows, step) => rows * (lossAt(world, step, known(step)) + more));
  const concept = (step: number): number => world.concept[Math.max(0, step)] ?? 0;
  return [
    { name: 'last value', lossSum: of((step) => concept(step - 1), 0.16), rows: [...world.rows] },
    { name: 'seasonal mean', lossSum: of((step) => concept(step - 7), 0.12), rows: [...world.rows] },
    {
      name: 'mean so far',
      lossSum: of((step) => knownAt(world, step - 1, { kind: 'all' }), 0.1),
      rows: [...world.rows],
    },
  ];
}

/** One every-update policy for each window × maintenance there is. */
function windowsOf(policies: readonly Policy[]): Policy[] {
  const byKind = new Map(policies.map((of) => [JSON.stringify([of.window, of.maintenance]), of]));
  return [...byKind.values()].map((of) => ({
    ...of,
    name: `every update of ${of.name}`,
    schedule: { kind: 'every-update' },
  }));
}

function matrixOf(of: Policy, seed: number, world: World): LossMatrix {
  const steps = world.rows.length;
  const models = Array.from({ length: steps + 1 }, (_, model) => model);
  return {
    policy: of,
    seed,
    losses: models.map((model) => {
      const known = knownAt(world, model - 1, of.window);
      return world.rows.map((rows, step) => (step < model - 1 ? 0 : rows * lossAt(world, step, known)));
    }),
    trainingRows: models.map((model) => warmUpLabels + model * 240),
  };
}
