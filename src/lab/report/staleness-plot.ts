import * as Plot from '@observablehq/plot';
import { seriesLine } from './loss-plot.ts';
import type { Markup } from './markup.ts';
import { numberText, timeUnitOf } from './number-text.ts';
import { type PlotSize, renderPlot } from './plot-svg.ts';
import type { ReportPolicy } from './report-policy.ts';
import { largestBetween, type TimeGrid, timeGrid } from './time-grid.ts';

export type StalenessUnit = 'ms' | 'rows' | 'versions' | 'effect';

export type StalenessLines = {
  readonly unit: StalenessUnit;
  /** In the box people choose by. */
  readonly choice: string;
  /** Of the axis. */
  readonly label: string;
  readonly grid: TimeGrid;
  readonly policies: readonly {
    readonly policy: ReportPolicy;
    readonly values: readonly (number | null)[];
  }[];
};

const mostPoints = 366;

/** Staleness through time in every unit that is known, of the first seed; the largest of each stretch. */
export function stalenessLines(policies: readonly ReportPolicy[]): StalenessLines[] {
  const grid = timeGrid(
    policies.map(({ cells }) => cells[0].atMs),
    mostPoints,
  );
  const longestMs = policies.reduce((most, { summary }) => Math.max(most, summary.staleness.ms.max), 0);
  const time = timeUnitOf(longestMs, 3);
  const linesOf = (
    unit: StalenessUnit,
    choice: string,
    label: string,
    behind: (policy: ReportPolicy) => readonly (number | null)[],
  ): StalenessLines => ({
    unit,
    choice,
    label,
    grid,
    policies: policies.map((policy) => ({
      policy,
      values: largestBetween(grid, policy.cells[0].atMs, behind(policy)),
    })),
  });
  const all = [
    linesOf('ms', 'time', `${time.name} behind`, ({ cells }) =>
      cells[0].staleMs.map((value) => value / time.ms),
    ),
    linesOf('rows', 'rows', 'rows of change behind', ({ cells }) => cells[0].staleRows),
    linesOf('versions', 'versions', 'versions behind', ({ cells }) => cells[0].staleVersions),
    linesOf(
      'effect',
      'effect',
      'effect: how far off a prediction may be',
      ({ cells }) => cells[0].staleEffect,
    ),
  ];
  return all.filter(({ policies: lines }) =>
    lines.some(({ values }) => values.some((value) => value !== null)),
  );
}

export function renderStalenessPlot(lines: StalenessLines): Markup {
  const worst = lines.policies
    .filter(({ policy }) => policy.isPicked)
    .map(({ policy, values }) => {
      const largest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
      return `${policy.name}: ${numberText(largest)}`;
    });
  return renderPlot(
    {
      id: `staleness-${lines.unit}`,
      title: `Staleness through time, by ${lines.choice}`,
      description: `${lines.label}, a line a policy. At most, ${worst.join('; ')}.`,
    },
    (size) => stalenessOptions(lines, size),
  );
}

function stalenessOptions(lines: StalenessLines, size: PlotSize): Plot.PlotOptions {
  const isWide = size.kind === 'wide';
  return {
    width: size.width,
    height: isWide ? 280 : 230,
    marginLeft: isWide ? 52 : 46,
    marginRight: 12,
    marginTop: 30,
    marginBottom: isWide ? 38 : 34,
    x: { type: 'utc', label: null, ticks: isWide ? 8 : 4 },
    // From never to always is orders of magnitude; a root shows both, and has a zero.
    y: {
      type: 'sqrt',
      label: isWide ? `${lines.label} (root scale)` : lines.label,
      grid: true,
      nice: true,
      zero: true,
      ticks: 5,
      tickFormat: (value: number) => numberText(value, 3),
    },
    marks: [
      ...lines.policies.map(({ policy, values }) => seriesLine(policy, lines.grid, values)),
      Plot.ruleY([0], { className: 'axis-line' }),
    ],
  };
}
