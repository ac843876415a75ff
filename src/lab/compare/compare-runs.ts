import { seededRandom } from '../../index.ts';
import { stationaryBlockLength } from '../bootstrap/block-length.ts';
import { type Interval, intervalOf } from '../bootstrap/quantile.ts';
import { meanSeries, resampleTotals, type SeedSeries } from '../bootstrap/resample.ts';
import { isSameSeries, type TimeGrid, timeGrid } from '../bootstrap/time-grid.ts';
import type { CellResult, RunResult } from '../cell-result.ts';
import type { Policy } from '../policy.ts';
import { cellsByPolicy, type PolicyCells } from '../summary/cells-by-policy.ts';
import { refreshesDone, stepSeconds } from '../summary/step-seconds.ts';

export type CompareOptions = {
  /** Of the intervals. 0.99 by default, for there are three a policy. */
  readonly confidence?: number;
  readonly resamples?: number;
  readonly seed?: number;
};

/** `difference` is right less left. */
export type Difference = {
  readonly left: number;
  readonly right: number;
  readonly difference: number;
  readonly interval: Interval;
  /** More than seeds and stretches of time explain: the interval does not hold 0. */
  readonly isBeyondNoise: boolean;
};

export type PolicyComparison = {
  readonly name: string;
  /** Of the policy as each run has it; they may differ although they are called the same. */
  readonly policies: { readonly left: Policy; readonly right: Policy };
  /** Whether both replayed the same arrivals under the same seeds, so that step is set against step. */
  readonly isPaired: boolean;
  /** A row. */
  readonly meanLoss: Difference;
  /** As refreshes are billed. */
  readonly billedSeconds: Difference;
  /** In which there was something to do. */
  readonly refreshes: Difference;
  /** Of refreshes; told without a verdict, for a machine's moods are no stretches of time. */
  readonly measuredSeconds: { readonly left: number; readonly right: number };
};

export type RunComparison = {
  readonly confidence: number;
  /** The runs have the same experiment and data. */
  readonly isSameExperiment: boolean;
  readonly policies: readonly PolicyComparison[];
  readonly onlyInLeft: readonly string[];
  readonly onlyInRight: readonly string[];
};

/**
 * Two runs side by side, policies matched by name. Intervals are of a stationary bootstrap over time and seeds: of the
 * differences step by step where the runs are paired, else of each run by itself.
 */
export function compareRuns(left: RunResult, right: RunResult, options: CompareOptions = {}): RunComparison {
  const { confidence = 0.99, resamples = 2000, seed = 1 } = options;
  const lefts = cellsByPolicy(left);
  const rights = cellsByPolicy(right);
  const policies = lefts.flatMap((one) => {
    const other = rights.find(({ policy }) => policy.name === one.policy.name);
    if (other === undefined) return [];
    const sides = { left: { run: left, ...one }, right: { run: right, ...other } };
    return [comparePolicy(sides, { confidence, resamples, seed })];
  });
  return {
    confidence,
    isSameExperiment: left.hash === right.hash,
    policies,
    onlyInLeft: namesMissing(lefts, rights),
    onlyInRight: namesMissing(rights, lefts),
  };
}

function namesMissing(of: readonly PolicyCells[], other: readonly PolicyCells[]): string[] {
  const names = new Set(other.map(({ policy }) => policy.name));
  return of.map(({ policy }) => policy.name).filter((name) => !names.has(name));
}

type Side = PolicyCells & { readonly run: RunResult };
type Sides = { readonly left: Side; readonly right: Side };

/** What one side did, for each seed and bin of time. */
type Quantities = readonly [loss: SeedSeries, rows: SeedSeries, seconds: SeedSeries, refreshes: SeedSeries];

/** Totals of the same: one for each draw, or the only one that was seen. */
type Totals = {
  readonly loss: Float64Array;
  readonly rows: Float64Array;
  readonly seconds: Float64Array;
  readonly refreshes: Float64Array;
};

function comparePolicy({ left, right }: Sides, options: Required<CompareOptions>): PolicyComparison {
  const isPaired = isSameReplay(left.cells, right.cells);
  const shared = isPaired ? timeGrid([...left.cells, ...right.cells]) : null;
  const one = quantitiesOf(left, shared ?? timeGrid(left.cells));
  const other = quantitiesOf(right, shared ?? timeGrid(right.cells));
  const drawn = isPaired ? drawPaired(one, other, options) : drawApart(one, other, options);
  const seen = { left: seenOf(one), right: seenOf(other) };
  const difference = (of: (totals: Totals) => Float64Array): Difference =>
    differenceOf([of(seen.left), of(seen.right)], [of(drawn.left), of(drawn.right)], options.confidence);
  const measured = ({ cells }: Side): number =>
    cells.reduce((sum, cell) => sum + cell.measured.refreshCpuSeconds, 0) / Math.max(1, cells.length);
  return {
    name: left.policy.name,
    policies: { left: left.policy, right: right.policy },
    isPaired,
    meanLoss: difference(({ loss, rows }) => loss.map((sum, draw) => sum / Math.max(1, rows[draw] ?? 1))),
    billedSeconds: difference(({ seconds }) => seconds),
    refreshes: difference(({ refreshes }) => refreshes),
    measuredSeconds: { left: measured(left), right: measured(right) },
  };
}

function isSameReplay(left: readonly CellResult[], right: readonly CellResult[]): boolean {
  return (
    left.length === right.length &&
    left.every((cell, place) => {
      const other = right[place];
      return (
        other !== undefined &&
        other.seed === cell.seed &&
        isSameSeries(other.atMs, cell.atMs) &&
        isSameSeries(other.rows, cell.rows)
      );
    })
  );
}

function quantitiesOf({ run, cells }: Side, grid: TimeGrid): Quantities {
  const of = (values: (cell: CellResult) => ArrayLike<number>): SeedSeries =>
    cells.map((cell) => grid.sums(cell, values(cell)));
  return [
    of(({ lossSum }) => lossSum),
    of(({ rows }) => rows),
    of((cell) => stepSeconds(cell, run.refreshCost, 'billed')),
    of(stepRefreshes),
  ];
}

function stepRefreshes(cell: CellResult): Float64Array {
  const counts = new Float64Array(cell.atMs.length);
  for (const { step } of refreshesDone(cell)) {
    const place = Math.min(step, counts.length - 1);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
}

type Drawn = { readonly left: Totals; readonly right: Totals };

function drawPaired(left: Quantities, right: Quantities, options: Required<CompareOptions>): Drawn {
  const blockLength = Math.max(
    ...left.map((seeds, place) => {
      const other = meanSeries(right[place] ?? []);
      return stationaryBlockLength(meanSeries(seeds).map((value, bin) => value - (other[bin] ?? 0)));
    }),
  );
  const random = seededRandom(options.seed);
  const totals = resampleTotals([...left, ...right], { ...options, random, blockLength });
  return { left: totalsOf(totals.slice(0, left.length)), right: totalsOf(totals.slice(left.length)) };
}

function drawApart(left: Quantities, right: Quantities, options: Required<CompareOptions>): Drawn {
  const random = seededRandom(options.seed);
  const draw = (side: Quantities): Totals => {
    const blockLength = Math.max(...side.map((seeds) => stationaryBlockLength(meanSeries(seeds))));
    return totalsOf(resampleTotals(side, { ...options, random, blockLength }));
  };
  return { left: draw(left), right: draw(right) };
}

function seenOf(side: Quantities): Totals {
  return totalsOf(
    side.map((seeds) => Float64Array.of(meanSeries(seeds).reduce((sum, value) => sum + value, 0))),
  );
}

function totalsOf(totals: readonly Float64Array[]): Totals {
  const none = new Float64Array(0);
  const [loss = none, rows = none, seconds = none, refreshes = none] = totals;
  return { loss, rows, seconds, refreshes };
}

type Pair = readonly [left: Float64Array, right: Float64Array];

function differenceOf(seen: Pair, [left, right]: Pair, confidence: number): Difference {
  const [of, other] = [seen[0][0] ?? 0, seen[1][0] ?? 0];
  const interval = intervalOf(
    right.map((value, draw) => value - (left[draw] ?? 0)),
    confidence,
  );
  const isBeyondNoise = interval.lower > 0 || interval.upper < 0;
  return { left: of, right: other, difference: other - of, interval, isBeyondNoise };
}
