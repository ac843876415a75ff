import * as Plot from '@observablehq/plot';
import type { RefreshMark } from '../cell-result.ts';
import type { HindsightLine } from './hindsight-line.ts';
import type { Markup } from './markup.ts';
import { momentText, numberText } from './number-text.ts';
import { type PlotSize, renderPlot } from './plot-svg.ts';
import type { ReportPolicy } from './report-policy.ts';

/** Refreshes of a policy, or those of the best schedule in hindsight, of which only the times are known. */
type Strip = {
  readonly name: string;
  readonly incremental: readonly RefreshMark[];
  readonly full: readonly RefreshMark[];
  readonly held: readonly RefreshMark[];
  readonly best: readonly { readonly atMs: number }[];
  readonly told: string;
};

/** More signs than these on one strip would cover each other. */
const mostSigns = { wide: 60, narrow: 24 } as const;

/** Heights within a strip of height 1, from its top. */
const levels = {
  wide: { full: 0.14, incremental: 0.58, held: 0.3, base: 0.88 },
  narrow: { full: 0.56, incremental: 0.76, held: 0.64, base: 0.94 },
} as const;

/** When each policy refreshed, a strip a policy, of its first seed; the best schedule in hindsight above. */
export function renderRefreshStrips(
  policies: readonly ReportPolicy[],
  hindsight: HindsightLine | null,
): Markup {
  const strips = [...(hindsight === null ? [] : [hindsightStrip(hindsight)]), ...policies.map(policyStrip)];
  const times = policies.flatMap(({ cells }) => [cells[0].atMs.at(0) ?? 0, cells[0].atMs.at(-1) ?? 0]);
  const domain = [new Date(Math.min(...times)), new Date(Math.max(...times))] as const;
  return renderPlot(
    {
      id: 'refreshes',
      title: 'Refreshes through time',
      description: `A strip a policy, a mark a refresh. ${strips.map(({ name, told }) => `${name}: ${told}`).join('; ')}.`,
    },
    (size) => stripOptions(strips, domain, size),
  );
}

function policyStrip({ name, cells }: ReportPolicy): Strip {
  const done = cells[0].refreshes.filter(({ step }) => step >= 0);
  const incremental = done.filter(({ kind }) => kind === 'incremental');
  const full = done.filter(({ kind }) => kind === 'full');
  return {
    name,
    incremental,
    full,
    held: [...incremental, ...full].filter(({ promoted }) => !promoted),
    best: [],
    told: `${numberText(incremental.length)} + ${numberText(full.length)}`,
  };
}

function hindsightStrip({ refreshedAtMs }: HindsightLine): Strip {
  return {
    name: 'best in hindsight',
    incremental: [],
    full: [],
    held: [],
    best: refreshedAtMs.map((atMs) => ({ atMs })),
    told: numberText(refreshedAtMs.length),
  };
}

function stripOptions(
  strips: readonly Strip[],
  domain: readonly [Date, Date],
  size: PlotSize,
): Plot.PlotOptions {
  const isWide = size.kind === 'wide';
  const rowHeight = isWide ? 27 : 46;
  return {
    width: size.width,
    height: strips.length * rowHeight + 46,
    marginLeft: isWide ? 210 : 6,
    marginRight: isWide ? 84 : 6,
    marginTop: 8,
    marginBottom: 38,
    x: { type: 'utc', domain: [...domain], label: null, ticks: isWide ? 8 : 4 },
    y: { axis: null, domain: [0, strips.length], reverse: true },
    marks: [
      Plot.ruleY(strips, {
        y: (_: Strip, row: number) => row + levels[size.kind].base,
        className: 'strip-line',
      }),
      ...strips.flatMap((strip, row) => stripMarks(strip, row, size)),
      ...nameMarks(strips, size),
    ],
  };
}

function nameMarks(strips: readonly Strip[], size: PlotSize): Plot.Markish[] {
  const isWide = size.kind === 'wide';
  const y = (_: Strip, row: number): number => row + (isWide ? 0.55 : 0.28);
  return [
    Plot.text(strips, {
      y,
      frameAnchor: 'left',
      textAnchor: isWide ? 'end' : 'start',
      dx: isWide ? -10 : 0,
      text: 'name',
      title: 'name',
      // In ems.
      lineWidth: (isWide ? 195 : 230) / size.fontSize,
      textOverflow: 'ellipsis',
    }),
    Plot.text(strips, {
      y,
      frameAnchor: 'right',
      textAnchor: isWide ? 'start' : 'end',
      dx: isWide ? 10 : 0,
      text: 'told',
      className: 'faint-text',
    }),
  ];
}

function stripMarks(strip: Strip, row: number, size: PlotSize): Plot.Markish[] {
  const level = levels[size.kind];
  const ticks = (marks: Strip['best'], top: number, className: string): Plot.Markish =>
    Plot.line(tickPoints(marks, row + top, row + level.base), { x: 'at', y: 'y', className });
  const signs = (marks: readonly RefreshMark[]): readonly RefreshMark[] =>
    marks.length > mostSigns[size.kind] ? [] : marks;
  const x = ({ atMs }: RefreshMark): Date => new Date(atMs);
  return [
    ticks(strip.incremental, level.incremental, 'incremental-mark'),
    ticks(strip.full, level.full, 'full-mark'),
    ticks(strip.best, level.incremental, 'best-mark'),
    Plot.dot(signs(strip.full), {
      x,
      y: () => row + level.full,
      symbol: 'diamond',
      r: 3.2,
      className: 'full-diamond',
      title: markTitle,
    }),
    Plot.text(signs(strip.held), {
      x,
      y: () => row + level.held,
      text: () => '×',
      className: 'held-mark',
      title: (mark: RefreshMark) => `not promoted\n${markTitle(mark)}`,
    }),
  ];
}

/** All ticks of a strip as one path, with gaps in between. */
function tickPoints(
  marks: Strip['best'],
  top: number,
  base: number,
): { readonly at: Date; readonly y: number }[] {
  return marks.flatMap(({ atMs }) => {
    const at = new Date(atMs);
    return [
      { at, y: top },
      { at, y: base },
      { at, y: Number.NaN },
    ];
  });
}

function markTitle({ atMs, kind, because }: RefreshMark): string {
  return `${momentText(atMs)}: ${kind}\n${because}`;
}
