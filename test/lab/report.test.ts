import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tableLines } from '../../src/cli/table.ts';
import { runResultSchema } from '../../src/lab/cell-result.ts';
import { type HindsightLine, hindsightLine } from '../../src/lab/report/hindsight-line.ts';
import { renderHtmlReport } from '../../src/lab/report/html-report.ts';
import { html } from '../../src/lab/report/markup.ts';
import { lossText, numberText, shareText, shortTimeText } from '../../src/lab/report/number-text.ts';
import { darkScheme, lightScheme, type Scheme } from '../../src/lab/report/palette.ts';
import { placeLabels } from '../../src/lab/report/place-labels.ts';
import { policyTable } from '../../src/lab/report/policy-table.ts';
import { reportPolicies } from '../../src/lab/report/report-policy.ts';
import { writeRunArrow } from '../../src/lab/report/run-arrow.ts';
import { readRunJson, writeRunJson } from '../../src/lab/report/run-json.ts';
import { sparkline, sparkScale } from '../../src/lab/report/sparkline.ts';
import { largestBetween, rollingMean, timeGrid } from '../../src/lab/report/time-grid.ts';
import { readRunFile } from '../../src/lab/run/run-files.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import { captureTerminal } from '../cli/captured-terminal.ts';
import { failureOf } from '../support/failure-of.ts';
import { syntheticPolicies, syntheticYear } from '../support/lab/synthetic-year.ts';

const run = syntheticYear({ matrices: true, seeds: [1, 2] });
const summaries = summarize(run);

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [0.23141, '0.2314'],
    [-1234.4, '−1,234'],
    [1_234_567, '1.235 M'],
    [3.2e-7, '3.2 × 10⁻⁷'],
    [Number.NaN, 'not known'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('writes %d as %s', (value, text) => expect(numberText(value)).toBe(text));

  it('never makes little look like nothing, or much like all', () => {
    expect([0, 1e-6, 0.1234, 0.999999, 1].map(shareText)).toEqual([
      '0 %',
      '< 0.01 %',
      '12.3 %',
      '> 99.99 %',
      '100 %',
    ]);
  });

  it('fills up digits of a column, and picks the unit of a time', () => {
    expect([0.25, 12, 1234.5].map(lossText)).toEqual(['0.2500', '12.00', '1,235']);
    expect([0, 400, 90_000, 36 * 3_600_000].map(shortTimeText)).toEqual(['0', '400 ms', '1.5 min', '1.5 d']);
  });
});

describe('markup', () => {
  it('escapes all but markup', () => {
    expect(html`<b title="${`"'`}">${['<i>', html`<br>`, null, 7]}</b>`.text).toBe(
      '<b title="&quot;&#39;">&lt;i&gt;<br>7</b>',
    );
  });

  it('lets no name of a policy, slice, experiment or reason become markup', () => {
    const name = '<script>alert(1)</script>"&\'';
    const short = syntheticYear({ steps: 60, matrices: true });
    const [cell, ...others] = short.cells;
    if (cell === undefined) throw new RangeError('no cells');
    const policy = { ...cell.policy, name };
    const refreshes = [...cell.refreshes, ...others.flatMap(({ refreshes: marks }) => marks).slice(0, 3)].map(
      (mark) => ({ ...mark, kind: 'full' as const, because: name }),
    );
    const slices = cell.slices.map((slice) => ({ ...slice, value: `${name}${slice.value}` }));
    const named = {
      ...short,
      experiment: name,
      model: name,
      hash: name,
      cells: [{ ...cell, policy, slices, refreshes }, ...others],
    };
    const report = renderHtmlReport(named, summarize(named));
    expect(report).not.toContain('<script');
    expect(report).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});

describe('time', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 40 });

  it('means over windows are what a plain sum gives', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 500 }),
        (times, most, span) => {
          const atMs = times.toSorted((a, b) => a - b);
          const sums = atMs.map((_, i) => (i * 7) % 5);
          const weights = atMs.map((_, i) => i % 3);
          const grid = timeGrid([atMs], most);
          expect(grid.length).toBeLessThanOrEqual(most);
          const plain = grid.map((moment) => {
            const inside = atMs.flatMap((ms, i) => (ms <= moment && ms > moment - span ? [i] : []));
            const weight = inside.reduce((sum, i) => sum + (weights[i] ?? 0), 0);
            return weight === 0 ? null : inside.reduce((sum, i) => sum + (sums[i] ?? 0), 0) / weight;
          });
          expect(rollingMean(grid, span, [{ atMs, sums, weights }])).toEqual(plain);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('no peak is lost where there are more steps than points', () => {
    const atMs = Array.from({ length: 1000 }, (_, i) => i * 10);
    const values = atMs.map((_, i) => (i === 777 ? 5 : 1));
    const grid = timeGrid([atMs], 50);
    expect(grid.length).toBe(50);
    expect(Math.max(...largestBetween(grid, atMs, values).map((value) => value ?? 0))).toBe(5);
  });

  it('sparklines are on one scale', () => {
    const scale = sparkScale([[0, null], [8]]);
    expect(sparkline([0, 3.9, null, 8], scale)).toBe('▁▄ █');
    expect(sparkline([2, 2], sparkScale([[2, 2]]))).toBe('▁▁');
  });
});

describe('labels of points', () => {
  it('cover neither each other nor points, and stay inside', () => {
    const point = fc.record({
      x: fc.integer({ min: 40, max: 300 }),
      y: fc.integer({ min: 20, max: 200 }),
      text: fc.string({ minLength: 1, maxLength: 20 }),
    });
    const room = { width: 320, top: 10, bottom: 220, left: 30, fontSize: 12, dotRadius: 5 };
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (points) => {
        const boxes = placeLabels(points, room).map(({ point: of, dx, dy, anchor }) => {
          const width = of.text.length * 12 * 0.58;
          const left = of.x + dx - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2);
          return { left, right: left + width, top: of.y + dy - 6.6, bottom: of.y + dy + 6.6 };
        });
        for (const [i, box] of boxes.entries()) {
          expect(box.left >= 30 && box.right <= 320 && box.top >= 10 && box.bottom <= 220).toBe(true);
          for (const other of boxes.slice(i + 1)) {
            const apart =
              box.right <= other.left ||
              other.right <= box.left ||
              box.bottom <= other.top ||
              other.bottom <= box.top;
            expect(apart).toBe(true);
          }
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

it('baselines that lose about the same have one name in the plot', () => {
  const [first] = run.baselines;
  if (first === undefined) throw new Error('no baseline');
  const alike = (name: 'last value' | 'mean so far', more: number) => ({
    ...first,
    name,
    lossSum: first.lossSum.map((loss) => loss * more),
  });
  const text = (more: number) => {
    const baselines = [alike('last value', 1), alike('mean so far', more)];
    return renderHtmlReport({ ...run, baselines }, summaries);
  };
  expect(text(0.999)).toContain('>last value, mean so far</text>');
  expect(text(0.8)).not.toContain('last value, mean so far</text>');
});

describe('what is picked', () => {
  it('the cheapest, never, every update, and the front; no two alike', () => {
    const policies = reportPolicies(run, summaries);
    const picked = policies.filter(({ isPicked }) => isPicked);
    expect(picked.length).toBe(6);
    expect(picked.map(({ name }) => name)).toEqual(expect.arrayContaining(['never', 'every update']));
    expect(picked[0]?.rank).toBe(1);
    expect(new Set(picked.map(({ style }) => style.hue)).size).toBe(6);
    expect(new Set(policies.map(({ style }) => JSON.stringify(style))).size).toBe(policies.length);
  });
});

describe('the best schedule in hindsight', () => {
  it('loses by step what its cost says', () => {
    // Where refreshes are billed nothing, cost is loss alone.
    const free = { ...run, refreshCost: { seconds: 0, secondsPerRow: 0 } };
    const lines = summarize(free);
    const { losses, refreshedAtMs } = lineOf(hindsightLine(free, lines));
    const lost = losses.map(({ sums }) => sums.reduce((sum, value) => sum + value, 0));
    const mean = lost.reduce((sum, value) => sum + value, 0) / lost.length;
    const least = Math.min(...lines.map(({ hindsight }) => hindsight.loss ?? Number.POSITIVE_INFINITY));
    expect(mean * run.prices.loss).toBeCloseTo(least, 9);
    expect(refreshedAtMs.length).toBeGreaterThan(100);
  });

  it('is not there without loss matrices', () => {
    const plain = syntheticYear({ steps: 30 });
    expect(hindsightLine(plain, summarize(plain))).toBeNull();
    expect(renderHtmlReport(plain, summarize(plain))).not.toContain('hindsight cost');
  });
});

function lineOf(line: HindsightLine | null): HindsightLine {
  if (line === null) throw new RangeError('no schedule');
  return line;
}

describe('the table of a terminal', () => {
  it('has the cheapest first, the front marked, baselines and hindsight below', () => {
    const { rows } = policyTable(run, summaries);
    const byCost = summaries.toSorted((a, b) => a.cost.loss - b.cost.loss).map(({ policy }) => policy.name);
    expect(rows.map(({ policy }) => policy)).toEqual([
      ...byCost,
      '(last value)',
      '(seasonal mean)',
      '(mean so far)',
      '(best in hindsight)',
    ]);
    const front = rows.filter(({ front: mark }) => mark === '●').map(({ policy }) => policy);
    expect(new Set(front)).toEqual(
      new Set(summaries.filter(({ isOnFront }) => isOnFront).map(({ policy }) => policy.name)),
    );
  });

  it('fits the writer of the command line', () => {
    const { stdout } = captureTerminal();
    const lines = [...tableLines(policyTable(run, summaries, { plotWidth: 12 }), stdout)];
    expect(new Set(lines.slice(2).map((line) => [...line].length)).size).toBe(1);
    expect(lines[2]).toMatch(/[▁▂▃▄▅▆▇█]{12}$/);
  });
});

describe('for other programs', () => {
  it('JSON comes back as it was, and is the same each time', () => {
    const short = syntheticYear({ steps: 40, matrices: true });
    const lines = summarize(short);
    const text = writeRunJson(short, lines);
    expect(readRunJson(text)).toEqual(short);
    const reversed = Object.fromEntries(Object.entries(short).reverse());
    expect(writeRunJson(runResultSchema.parse(reversed), lines)).toBe(text);
    expect(JSON.parse(text).summaries).toEqual(JSON.parse(JSON.stringify(lines)));
  });

  it.each([
    ['', 'it is no JSON ('],
    ['[]', 'it is JSON, but no object'],
    ['{"policies": []}', 'it has no "format", which every result has'],
    ['{"format": 2}', 'it is of format 2, which this release does not read'],
    ['{"format": 1}', '"experiment" is not as a result has it (Invalid input: expected string'],
  ])('says so where %j is no run', async (text, why) => {
    const failure = await failureOf(Promise.resolve(text).then(readRunJson));
    expect(failure.code).toBe('usage');
    expect(failure.message).toContain(`the text is no result of the laboratory: ${why}`);
    const path = join(await mkdtemp(join(tmpdir(), 'everview-run-')), 'run.json');
    await writeFile(path, text);
    const told = await failureOf(readRunFile(path));
    expect(told).toMatchObject({ code: 'file-error', hint: expect.stringContaining('--out') });
    expect(told.message).toContain(`"${path}" is no result of the laboratory: ${why}`);
  });

  it('Arrow has a row for each policy, step and refresh', () => {
    const files = writeRunArrow(run, summaries);
    const [lines, steps, refreshes] = [files.summaries, files.steps, files.refreshes].map((file) =>
      tableFromIPC(file),
    );
    expect(lines?.toArray().map((row) => row.toJSON())).toMatchObject(
      summaries.map((summary) => ({
        policy: summary.policy.name,
        mean_loss: summary.meanLoss,
        on_front: summary.isOnFront,
        stale_ms_p90: summary.staleness.ms.p90,
        hindsight_loss: summary.hindsight.loss,
      })),
    );
    expect(steps?.numRows).toBe(syntheticPolicies.length * 2 * 365);
    const [cell] = run.cells;
    expect([...(steps?.getChild('loss_sum') ?? [])].slice(0, 365)).toEqual(cell?.lossSum);
    expect(refreshes?.numRows).toBe(run.cells.reduce((sum, of) => sum + of.refreshes.length, 0));
  });
});

describe('colours', () => {
  it.each([
    ['light', lightScheme],
    ['dark', darkScheme],
  ])('of the %s scheme are told apart by everybody', (_, scheme) => {
    for (const hue of scheme.hues) expect(contrast(hue, scheme.paper)).toBeGreaterThanOrEqual(3);
    for (const text of [scheme.ink, scheme.faint, scheme.link]) {
      expect(contrast(text, scheme.paper)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(text, scheme.panel)).toBeGreaterThanOrEqual(4.5);
    }
    for (const vision of Object.values(visions)) {
      expect(leastDistance(scheme, vision)).toBeGreaterThanOrEqual(0.1);
    }
  });
});

type Triple = readonly [number, number, number];

/** Linear RGB as people see it; Machado, Oliveira, Fernandes 2009, severity 1. */
const visions: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  trichromat: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanope: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranope: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanope: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): Triple {
  const channel = (from: number): number => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function dot(a: Triple, b: Triple): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** As WCAG 2 has it. */
function contrast(one: string, other: string): number {
  const [dark = 0, bright = 0] = [one, other]
    .map((hex) => dot(linear(hex), [0.2126, 0.7152, 0.0722]))
    .sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** OKLab (Ottosson 2020) of what is seen. */
function seen(hex: string, vision: readonly [Triple, Triple, Triple]): Triple {
  const rgb = linear(hex);
  const clipped = (row: Triple): number => Math.min(1, Math.max(0, dot(row, rgb)));
  const light: Triple = [clipped(vision[0]), clipped(vision[1]), clipped(vision[2])];
  const cones: Triple = [
    Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], light)),
    Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], light)),
    Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], light)),
  ];
  return [
    dot([0.2104542553, 0.793617785, -0.0040720468], cones),
    dot([1.9779984951, -2.428592205, 0.4505937099], cones),
    dot([0.0259040371, 0.7827717662, -0.808675766], cones),
  ];
}

function leastDistance({ hues }: Scheme, vision: readonly [Triple, Triple, Triple]): number {
  const points = hues.map((hue) => seen(hue, vision));
  return Math.min(
    ...points.flatMap((a, i) =>
      points.slice(i + 1).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
    ),
  );
}
