import * as Plot from '@observablehq/plot';
import type { CellResult, RunResult } from '../cell-result.ts';
import type { HindsightLine } from './hindsight-line.ts';
import type { Markup } from './markup.ts';
import { numberText } from './number-text.ts';
import { type PlotSize, renderPlot } from './plot-svg.ts';
import type { ReportPolicy } from './report-policy.ts';
import { rollingMean, type TimeGrid, timeGrid } from './time-grid.ts';

/** A line over time that stands for no policy: a baseline, or the best schedule in hindsight. */
export type ReferenceLine = {
  readonly name: string;
  readonly className: string;
  readonly values: readonly (number | null)[];
};

export type LossLines = {
  readonly grid: TimeGrid;
  /** Over how much time each point is a mean. */
  readonly spanMs: number;
  readonly policies: readonly {
    readonly policy: ReportPolicy;
    readonly values: readonly (number | null)[];
  }[];
  readonly references: readonly ReferenceLine[];
};

const mostPoints = 366;

/** A mean over one part in so many of the time shown. */
const spansInAll = 26;

/** Loss a row through time: rolling means, over all seeds. */
export function lossLines(
  run: RunResult,
  policies: readonly ReportPolicy[],
  hindsight: HindsightLine | null,
): LossLines {
  const grid = timeGrid(
    policies.flatMap(({ cells }) => cells.map((cell) => cell.atMs)),
    mostPoints,
  );
  const length = (grid.at(-1) ?? 0) - (grid.at(0) ?? 0);
  const spanMs = Math.max(length / spansInAll, length / Math.max(1, grid.length - 1));
  const [first] = run.cells;
  return {
    grid,
    spanMs,
    policies: policies.map((policy) => ({
      policy,
      values: rollingMean(grid, spanMs, policy.cells.map(lossSums)),
    })),
    references: [
      ...run.baselines.map((baseline) => ({
        name: baseline.name,
        className: 'baseline',
        values: rollingMean(grid, spanMs, [
          { atMs: first?.atMs ?? [], sums: baseline.lossSum, weights: baseline.rows },
        ]),
      })),
      ...(hindsight === null
        ? []
        : [
            {
              name: 'best schedule in hindsight',
              className: 'hindsight',
              values: rollingMean(grid, spanMs, hindsight.losses),
            },
          ]),
    ],
  };
}

function lossSums(cell: CellResult): { atMs: number[]; sums: number[]; weights: number[] } {
  return { atMs: cell.atMs, sums: cell.lossSum, weights: cell.rows };
}

export function renderLossPlot(lines: LossLines, lossName: string): Markup {
  const top = lossCeiling(lines);
  return renderPlot(
    {
      id: 'loss',
      title: 'Loss through time',
      description: lossDescription(lines),
    },
    (size) => lossOptions(lines, lossName, top, size),
  );
}

function lossDescription({ policies }: LossLines): string {
  const ends = policies
    .filter(({ policy }) => policy.isPicked)
    .map(({ policy, values }) => {
      const known = values.filter((value) => value !== null);
      const worst = known.reduce((most, value) => Math.max(most, value), 0);
      return `${policy.name}: at worst ${numberText(worst)}, ${numberText(known.at(-1) ?? Number.NaN)} at the end`;
    });
  return `Rolling mean of the loss of a row, a line a policy. ${ends.join('; ')}.`;
}

/** What is picked at first is seen whole; of others that are far worse, what fits. */
function lossCeiling({ policies, references }: LossLines): number {
  const largest = (of: readonly (readonly (number | null)[])[]): number =>
    of.flat().reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  const picked = largest(policies.filter(({ policy }) => policy.isPicked).map(({ values }) => values));
  const all = largest([...policies, ...references].map(({ values }) => values));
  return Math.min(all, picked * 1.6) || 1;
}

function lossOptions(lines: LossLines, lossName: string, top: number, size: PlotSize): Plot.PlotOptions {
  const isWide = size.kind === 'wide';
  return {
    width: size.width,
    height: isWide ? 380 : 270,
    marginLeft: isWide ? 52 : 40,
    marginRight: 12,
    marginTop: 30,
    marginBottom: isWide ? 38 : 34,
    x: { type: 'utc', label: null, ticks: isWide ? 8 : 4 },
    y: {
      label: isWide ? `${lossName} a row, mean of the time before` : `${lossName} a row`,
      domain: [0, top * 1.04],
      grid: true,
      nice: true,
      ticks: isWide ? 6 : 5,
    },
    marks: [
      ...lines.references.map(({ name, className, values }) =>
        Plot.line(pointsOf(lines.grid, values), {
          x: 'at',
          y: 'value',
          className: `series ${className}`,
          stroke: 'currentColor',
          clip: true,
          title: () => name,
        }),
      ),
      ...lines.policies.map(({ policy, values }) => seriesLine(policy, lines.grid, values)),
      Plot.ruleY([0], { className: 'axis-line' }),
    ],
  };
}

/** The line of a policy, shown while it is picked; missing values are gaps. */
export function seriesLine(
  policy: ReportPolicy,
  grid: TimeGrid,
  values: readonly (number | null)[],
): Plot.Line {
  return Plot.line(pointsOf(grid, values), {
    x: 'at',
    y: 'value',
    className: `series ${policy.className}`,
    stroke: 'currentColor',
    strokeWidth: 2,
    ...(policy.style.dashes === null ? {} : { strokeDasharray: policy.style.dashes }),
    clip: true,
    title: () => policy.name,
  });
}

function pointsOf(
  grid: TimeGrid,
  values: readonly (number | null)[],
): { readonly at: Date; readonly value: number | null }[] {
  return grid.map((atMs, i) => ({ at: new Date(atMs), value: values[i] ?? null }));
}
