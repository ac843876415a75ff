import * as Plot from '@observablehq/plot';
import type { Markup } from './markup.ts';
import { lossText, numberText } from './number-text.ts';
import { type PlotSize, renderPlot } from './plot-svg.ts';
import type { ReportPolicy } from './report-policy.ts';

export type SliceLosses = {
  readonly value: string;
  /** Of one seed, in the mean. */
  readonly rows: number;
  /** Loss a row, by policy in the order given; null where it saw no row of the slice. */
  readonly losses: readonly (number | null)[];
};

const mostSlices = 14;

/** The slices with most rows, in the order of the run, and how many there are beside them. */
export function sliceLosses(policies: readonly ReportPolicy[]): {
  readonly slices: readonly SliceLosses[];
  readonly leftOut: number;
} {
  const values = new Set(
    policies.flatMap(({ cells }) => cells.flatMap(({ slices }) => slices.map((of) => of.value))),
  );
  const all = [...values].map((value): SliceLosses => {
    const sums = policies.map(({ cells }) =>
      sumsOf(
        cells.flatMap(({ slices }) => slices),
        value,
      ),
    );
    const seeds = policies[0]?.cells.length ?? 1;
    return {
      value,
      rows: (sums[0]?.rows ?? 0) / seeds,
      losses: sums.map(({ rows, lossSum }) => (rows > 0 ? lossSum / rows : null)),
    };
  });
  const largest = new Set([...all].sort((a, b) => b.rows - a.rows).slice(0, mostSlices));
  return { slices: all.filter((slice) => largest.has(slice)), leftOut: all.length - largest.size };
}

function sumsOf(
  slices: ReportPolicy['cells'][0]['slices'],
  value: string,
): { readonly rows: number; readonly lossSum: number } {
  const of = slices.filter((slice) => slice.value === value);
  return {
    rows: of.reduce((sum, { rows }) => sum + rows, 0),
    lossSum: of.reduce((sum, { lossSum }) => sum + lossSum, 0),
  };
}

export function renderSlicePlot(policies: readonly ReportPolicy[], slices: readonly SliceLosses[]): Markup {
  const told = slices.map(({ value, losses }) => {
    const known = losses.filter((loss) => loss !== null);
    return `${value}: from ${lossText(Math.min(...known))} to ${lossText(Math.max(...known))}`;
  });
  return renderPlot(
    {
      id: 'slices',
      title: 'Loss by slice',
      description: `A line a slice, a point a policy. Over all policies, ${told.join('; ')}.`,
    },
    (size) => sliceOptions(policies, slices, size),
  );
}

function sliceOptions(
  policies: readonly ReportPolicy[],
  slices: readonly SliceLosses[],
  size: PlotSize,
): Plot.PlotOptions {
  const isWide = size.kind === 'wide';
  const rowHeight = isWide ? 28 : 44;
  return {
    width: size.width,
    height: slices.length * rowHeight + 52,
    marginLeft: isWide ? 210 : 8,
    marginRight: isWide ? 24 : 12,
    marginTop: 6,
    marginBottom: 46,
    x: {
      label: 'loss a row',
      nice: true,
      grid: true,
      ticks: isWide ? 7 : 4,
      tickFormat: (value: number) => numberText(value, 3),
    },
    y: { axis: null, domain: [0, slices.length], reverse: true },
    marks: [
      Plot.ruleY(slices, {
        y: (_: SliceLosses, row: number) => row + (isWide ? 0.5 : 0.72),
        className: 'strip-line',
      }),
      Plot.text(slices, {
        y: (_: SliceLosses, row: number) => row + (isWide ? 0.5 : 0.28),
        frameAnchor: 'left',
        textAnchor: isWide ? 'end' : 'start',
        dx: isWide ? -12 : 0,
        text: ({ value, rows }: SliceLosses) => `${value}  (${numberText(Math.round(rows))} rows)`,
        title: 'value',
        // In ems.
        lineWidth: (isWide ? 190 : 300) / size.fontSize,
        textOverflow: 'ellipsis',
      }),
      ...policies.map((policy, place) =>
        Plot.dot(slices, {
          x: ({ losses }: SliceLosses) => losses[place] ?? null,
          y: (_: SliceLosses, row: number) => row + (isWide ? 0.5 : 0.72),
          r: 5,
          symbol: policy.style.symbol,
          className: `series point ${policy.className}`,
          title: ({ value, losses }: SliceLosses) =>
            `${policy.name}, ${value}: ${lossText(losses[place] ?? Number.NaN)}`,
        }),
      ),
    ],
  };
}
