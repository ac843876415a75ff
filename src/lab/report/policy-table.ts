import type { Column, Row } from '../../index.ts';
import type { RunResult } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';
import { regretOf } from '../summary/regret.ts';
import { type HindsightLine, hindsightLine } from './hindsight-line.ts';
import { lossText, numberText, shareText, shortTimeText, timesText } from './number-text.ts';
import { reportPolicies } from './report-policy.ts';
import { meanOfBaseline } from './report-references.ts';
import { type SparkScale, sparkline, sparkScale } from './sparkline.ts';
import { rollingMean, type TimedSums, timeGrid } from './time-grid.ts';

export type PolicyTable = { readonly columns: readonly Column[]; readonly rows: readonly Row[] };

export type PolicyTableOptions = {
  /** Characters of the plots of loss over time; 24 by default, 0 for none. */
  readonly plotWidth?: number;
};

/** A type of numbers aligns to the right. What the cells hold is ready to be read. */
const numeric = 'DECIMAL(38,4)';

const columns: readonly Column[] = [
  { name: 'policy', type: 'VARCHAR' },
  { name: 'front', type: 'VARCHAR' },
  { name: 'loss', type: numeric },
  { name: 'cost', type: numeric },
  { name: '× best', type: numeric },
  { name: 'refreshes', type: numeric },
  { name: 'full', type: numeric },
  { name: 'billed', type: numeric },
  { name: 'behind', type: numeric },
  { name: 'beyond', type: numeric },
];

const plotColumn = 'loss over time';

type Line = {
  readonly cells: readonly string[];
  readonly history: readonly (number | null)[];
};

/**
 * The table of a run for a terminal: policies, cheapest first, those of the Pareto front marked; below them baselines
 * and the best schedule in hindsight. `behind` is the median staleness in time, `beyond` the share of answers outside
 * what the policy declares. All plots are on one scale. Cells are texts.
 */
export function policyTable(
  run: RunResult,
  summaries: readonly PolicySummary[],
  options: PolicyTableOptions = {},
): PolicyTable {
  const { plotWidth = 24 } = options;
  const histories = createHistories(run, plotWidth);
  const lines = [
    ...policyLines(run, summaries, histories),
    ...baselineLines(run, summaries, histories),
    ...hindsightLines(run, summaries, histories),
  ];
  const scale = sparkScale(lines.map(({ history }) => history));
  return {
    columns: plotWidth > 0 ? [...columns, { name: plotColumn, type: 'VARCHAR' }] : columns,
    rows: lines.map((line) => rowOf(line, plotWidth > 0 ? scale : null)),
  };
}

function rowOf({ cells, history }: Line, scale: SparkScale | null): Row {
  const named = columns.map(({ name }, place) => [name, cells[place] ?? ''] as const);
  return Object.fromEntries(scale === null ? named : [...named, [plotColumn, sparkline(history, scale)]]);
}

type Histories = (parts: readonly TimedSums[]) => (number | null)[];

/** Mean loss of a row in each of so many stretches of equal length. */
function createHistories(run: RunResult, count: number): Histories {
  const grid = timeGrid(
    run.cells.map(({ atMs }) => atMs),
    Number.POSITIVE_INFINITY,
  );
  const [from, to] = [grid.at(0) ?? 0, grid.at(-1) ?? 0];
  const length = Math.max(1, to - from);
  const ends = Array.from({ length: count }, (_, i) => from + (length * (i + 1)) / count);
  // The first step belongs to the first stretch, which begins right after it otherwise.
  return (parts) => rollingMean(ends, length / count + 1, parts);
}

function policyLines(run: RunResult, summaries: readonly PolicySummary[], histories: Histories): Line[] {
  return reportPolicies(run, summaries).map(({ name, summary, cells }) => {
    const { cost, refreshes, staleness } = summary;
    const regret = regretOf(summary).loss;
    return {
      cells: [
        name,
        summary.isOnFront ? '●' : '',
        lossText(summary.meanLoss),
        numberText(cost.loss),
        regret === null ? '' : timesText(regret.times),
        numberText(refreshes.incremental + refreshes.full, 3),
        numberText(refreshes.full, 3),
        `${numberText(summary.billedSeconds, 3)} s`,
        shortTimeText(staleness.ms.median),
        summary.outsideBound === 0 ? '0' : shareText(summary.outsideBound),
      ],
      history: histories(cells.map(({ atMs, lossSum, rows }) => ({ atMs, sums: lossSum, weights: rows }))),
    };
  });
}

function baselineLines(run: RunResult, summaries: readonly PolicySummary[], histories: Histories): Line[] {
  const atMs = run.cells[0]?.atMs ?? [];
  const rows = summaries[0]?.rows ?? 0;
  return run.baselines.map((baseline) => {
    const mean = meanOfBaseline(baseline);
    return {
      cells: [`(${baseline.name})`, '', lossText(mean), numberText(mean * rows * run.prices.loss)],
      history: histories([{ atMs, sums: baseline.lossSum, weights: baseline.rows }]),
    };
  });
}

function hindsightLines(run: RunResult, summaries: readonly PolicySummary[], histories: Histories): Line[] {
  const costs = summaries.flatMap(({ hindsight }) => hindsight.loss ?? []);
  const line = hindsightLine(run, summaries);
  if (costs.length === 0 || line === null) return [];
  return [
    {
      cells: [
        '(best in hindsight)',
        '',
        lossText(meanLoss(line)),
        numberText(Math.min(...costs)),
        '1.00',
        numberText(line.refreshedAtMs.length),
      ],
      history: histories(line.losses),
    },
  ];
}

function meanLoss({ losses }: HindsightLine): number {
  const total = (of: (part: TimedSums) => readonly number[]): number =>
    losses.reduce((sum, part) => sum + of(part).reduce((all, value) => all + value, 0), 0);
  return total(({ sums }) => sums) / total(({ weights }) => weights);
}
