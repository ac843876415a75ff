import * as Plot from '@observablehq/plot';
import type { RunResult } from '../cell-result.ts';
import type { Markup } from './markup.ts';
import { lossText, numberText } from './number-text.ts';
import { type LabelPoint, type PlacedLabel, placeLabels } from './place-labels.ts';
import { type PlotSize, plotScales, renderPlot } from './plot-svg.ts';
import type { ReportPolicy } from './report-policy.ts';
import { meanOfBaseline } from './report-references.ts';

type Point = {
  readonly policy: ReportPolicy;
  /** Seconds billed for refreshes. */
  readonly bill: number;
  /** Loss a row. */
  readonly loss: number;
};

type Front = {
  readonly points: readonly Point[];
  readonly baselines: readonly { readonly name: string; readonly loss: number }[];
  /** Where cost is that of the best schedule in hindsight; empty where that is not known. */
  readonly hindsight: readonly { readonly bill: number; readonly loss: number }[];
  readonly billLimit: number;
  readonly lossDomain: readonly [number, number];
};

/** What refreshes cost against what was lost, the Pareto front, baselines, and what no schedule could have had. */
export function renderFrontPlot(run: RunResult, policies: readonly ReportPolicy[]): Markup {
  const front = frontOf(run, policies);
  const ofFront = front.points.filter(({ policy }) => policy.summary.isOnFront);
  const told = ofFront.map(
    ({ policy, bill, loss }) => `${policy.name}: ${numberText(bill)} s, ${lossText(loss)}`,
  );
  return renderPlot(
    {
      id: 'front',
      title: 'Cost of refreshes against loss',
      description: `A point a policy; less is better both ways. On the Pareto front, ${told.join('; ')}.`,
    },
    (size) => {
      const frame = frameOf(front, size);
      return { ...frame, marks: [...backMarks(front, size), ...pointMarks(front, size, frame)] };
    },
  );
}

function frontOf(run: RunResult, policies: readonly ReportPolicy[]): Front {
  const points = policies.map((policy) => ({
    policy,
    bill: policy.summary.billedSeconds,
    loss: policy.summary.meanLoss,
  }));
  const baselines = run.baselines.map((baseline) => ({
    name: baseline.name,
    loss: meanOfBaseline(baseline),
  }));
  const losses = points.map(({ loss }) => loss);
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  const near = baselines.map(({ loss }) => loss).filter((loss) => loss < most + (most - least));
  const billLimit = Math.max(...points.map(({ bill }) => bill)) * 1.08 || 1;
  const hindsight = hindsightLine(run, policies, billLimit);
  const floor = Math.min(least, ...near, ...hindsight.slice(0, 1).map(({ loss }) => loss));
  const ceiling = Math.max(most, ...near);
  const space = (ceiling - floor) * 0.08 || Math.abs(ceiling) * 0.1 || 1;
  return { points, baselines, hindsight, billLimit, lossDomain: [floor - space, ceiling + space] };
}

/** bill · price of a second + loss a row · rows · price of loss = what the best schedule in hindsight cost. */
function hindsightLine(
  run: RunResult,
  policies: readonly ReportPolicy[],
  billLimit: number,
): { bill: number; loss: number }[] {
  const costs = policies.flatMap(({ summary }) => summary.hindsight.loss ?? []);
  const rows = policies[0]?.summary.rows ?? 0;
  if (costs.length === 0 || rows === 0 || run.prices.loss === 0) return [];
  const cost = Math.min(...costs);
  return Array.from({ length: 41 }, (_, i) => {
    // Evenly on the root scale of the axis.
    const bill = billLimit * (i / 40) ** 2;
    return { bill, loss: (cost - bill * run.prices.cpuSecond) / (rows * run.prices.loss) };
  });
}

/** Between the margins of 30 above and 44 below. */
const plotHeight = ({ kind }: PlotSize): number => (kind === 'wide' ? 346 : 266);

function frameOf(front: Front, size: PlotSize): Plot.PlotOptions {
  const isWide = size.kind === 'wide';
  return {
    width: size.width,
    height: plotHeight(size) + 74,
    marginLeft: isWide ? 60 : 48,
    marginRight: isWide ? 20 : 10,
    marginTop: 30,
    marginBottom: 44,
    x: {
      type: 'sqrt',
      domain: [0, front.billLimit],
      label: isWide ? 'processor seconds billed for refreshes (root scale)' : 'seconds billed for refreshes',
      ticks: isWide ? 6 : 4,
      tickFormat: (value: number) => numberText(value, 3),
    },
    y: {
      domain: [...front.lossDomain],
      label: 'loss a row',
      grid: true,
      ticks: 6,
      tickFormat: (value: number) => numberText(value, 3),
    },
    marks: [],
  };
}

function backMarks(front: Front, size: PlotSize): Plot.Markish[] {
  const ofFront = front.points
    .filter(({ policy }) => policy.summary.isOnFront)
    .sort((a, b) => a.bill - b.bill || b.loss - a.loss);
  const [bottom] = front.lossDomain;
  return [
    Plot.areaY(front.hindsight, {
      x: 'bill',
      y1: bottom,
      y2: 'loss',
      className: 'out-of-reach',
      clip: true,
    }),
    Plot.line(front.hindsight, { x: 'bill', y: 'loss', className: 'hindsight-line', clip: true }),
    Plot.ruleY(front.baselines, { y: 'loss', className: 'baseline-line', clip: true }),
    Plot.text(
      namesApart(
        front.baselines.filter(({ loss }) => loss >= bottom && loss <= front.lossDomain[1]),
        ((front.lossDomain[1] - bottom) * size.fontSize * 1.2) / plotHeight(size),
      ),
      {
        x: () => front.billLimit,
        y: 'loss',
        text: ({ name }: { name: string }) => name,
        textAnchor: 'end',
        dy: -size.fontSize * 0.6,
        className: 'faint-text',
      },
    ),
    Plot.line(ofFront, { x: 'bill', y: 'loss', curve: 'step-after', className: 'front-line' }),
  ];
}

/** Those whose names would cover each other have one name together, at the upper. */
function namesApart(baselines: Front['baselines'], gap: number): Front['baselines'] {
  const apart: { name: string; loss: number }[] = [];
  for (const { name, loss } of [...baselines].sort((a, b) => b.loss - a.loss)) {
    const above = apart.at(-1);
    if (above !== undefined && above.loss - loss < gap) above.name = `${above.name}, ${name}`;
    else apart.push({ name, loss });
  }
  return apart;
}

function pointMarks(front: Front, size: PlotSize, frame: Plot.PlotOptions): Plot.Markish[] {
  const dots = front.points.map(({ policy, bill, loss }) =>
    Plot.dot([{ bill, loss }], {
      x: 'bill',
      y: 'loss',
      r: policy.summary.isOnFront ? 6 : 4,
      symbol: policy.style.symbol,
      className: `point ${policy.className}${policy.summary.isOnFront ? ' of-front' : ''}`,
      title: () =>
        `${policy.name}\n${lossText(loss)} loss a row\n${numberText(bill)} s billed\ncost ${numberText(policy.summary.cost.loss)}`,
    }),
  );
  const labels = labelsOf(front, size, frame).map(({ point, dx, dy, anchor }) =>
    Plot.text([point], {
      frameAnchor: 'top-left',
      text: 'text',
      // Placed in units of the view box: from the corner of the frame.
      dx: point.x + dx - Number(frame.marginLeft),
      dy: point.y + dy - Number(frame.marginTop),
      textAnchor: anchor,
      lineAnchor: 'middle',
      className: 'point-label',
    }),
  );
  return [...dots, ...labels];
}

function labelsOf(front: Front, size: PlotSize, frame: Plot.PlotOptions): PlacedLabel[] {
  const scales = plotScales({ ...frame, marks: [Plot.frame()] });
  const importance = ({ policy }: Point): number =>
    policy.rank === 1 ? 0 : policy.summary.isOnFront ? 1 : policy.isPicked ? 2 : 3;
  const points: LabelPoint[] = [...front.points]
    .sort((a, b) => importance(a) - importance(b))
    .map(({ policy, bill, loss }) => ({
      x: scales.x(bill),
      y: scales.y(loss),
      text: shortened(policy.name, size.kind === 'wide' ? 32 : 20),
    }));
  return placeLabels(points, {
    width: size.width - 2,
    top: Number(frame.marginTop),
    bottom: Number(frame.height) - Number(frame.marginBottom),
    left: Number(frame.marginLeft),
    fontSize: size.fontSize,
    dotRadius: 6,
  });
}

function shortened(name: string, most: number): string {
  const letters = [...name];
  return letters.length <= most
    ? name
    : `${letters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}
