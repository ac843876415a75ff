import { join } from 'node:path';
import type { AnySection, Benchmark, Section, ToldSection } from './benchmark.ts';
import { type Contender, type Measured, measureRounds, spreadOf } from './measure.ts';
import { sectionLines } from './report.ts';
import { openSales, type Sales } from './sales.ts';

const refreshed = 'refresh, then read';
const compensated = 'compensated read';
const recomputed = 'recompute in DuckDB';
const freshRead = 'read of fresh contents';
const noChange = 'refresh with nothing pending';
const chain = 'four views, one refresh';
const chainRecomputed = 'the same four in DuckDB';

const rowsText = (rows: number) => rows.toLocaleString('en');

/** How a stale view over a join is best read, by how much has changed since its last refresh. */
export const readPlans: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, rounds] = isQuick ? [20_000, 1] : [6_000_000, 7];
    const sections: AnySection[] = [];
    const sales = await openSales(join(directory, 'reads'), rows);
    for (const share of [0.0001, 0.001, 0.01, 0.1]) {
      // A change of a tenth takes most of the time and varies least.
      const measured = await measureRounds(readersOf(sales, rows * share), share < 0.1 ? rounds : 3);
      sections.push(readSection(rows, share, measured));
    }
    sections.push(restSection(await measureRounds(restOf(sales), rounds * 3)));
    sections.push(chainSection(rows, await measureRounds(chainOf(sales, rows / 1_000), rounds)));
    await sales.close();
    sections.push(await flatness(directory, isQuick));
    return sections;
  },
};

/** Each round: a change is committed, read along, refreshed; then the definition is evaluated. */
function readersOf(sales: Sales, changed: number): Contender[] {
  return [
    {
      name: compensated,
      prepare: () => sales.change(changed),
      run: () => sales.read('SELECT * FROM by_place WITH (on_stale_read = compensate)', 'compensated'),
    },
    { name: refreshed, run: () => sales.read('SELECT * FROM by_place', 'refreshed-first') },
    { name: recomputed, run: () => sales.recompute() },
  ];
}

function readSection(rows: number, share: number, measured: Measured[]): Section {
  const percent = `${share * 100} %`;
  const is = share === 0.001;
  return {
    title: `A stale view over a join: ${rowsText(rows)} rows, ${percent} changed`,
    text:
      'The view counts and sums the rows of each of 1,000 places, joined with their names. Half of the change is new ' +
      'rows, half rows deleted. Reading refreshed contents includes the refresh; the recompute is the bare query in DuckDB.',
    rows: measured,
    baseline: recomputed,
    aims: is
      ? [
          {
            text: `${percent} changed: a compensated read at least 4 × faster than a recompute`,
            contender: compensated,
            baseline: recomputed,
            limit: 1 / 4,
          },
        ]
      : [],
  };
}

function restOf(sales: Sales): Contender[] {
  return [
    { name: noChange, run: () => sales.engine.refresh('by_place') },
    { name: freshRead, run: () => sales.read('SELECT * FROM by_place', 'fresh') },
    { name: recomputed, run: () => sales.recompute() },
  ];
}

function restSection(measured: Measured[]): ToldSection {
  const table: Section = { title: '', text: '', rows: measured, baseline: recomputed, aims: [] };
  const refresh = measured.find(({ name }) => name === noChange)?.wallMs ?? [];
  const medianMs = spreadOf(refresh).median;
  return {
    title: 'Nothing pending',
    text: 'The refresh finds nothing to do and says so; the read finds the contents fresh.',
    lines: sectionLines(table).slice(4),
    judged: [
      {
        text: 'a refresh with nothing pending: under 1 ms',
        measured: `${medianMs.toFixed(2)} ms`,
        holds: medianMs < 1,
      },
    ],
  };
}

function chainOf(sales: Sales, changed: number): Contender[] {
  return [
    { name: chain, prepare: () => sales.change(changed), run: () => sales.engine.refresh('extent') },
    { name: chainRecomputed, run: () => sales.recomputeChain() },
  ];
}

function chainSection(rows: number, measured: Measured[]): Section {
  return {
    title: `A chain of four views: ${rowsText(rows)} rows, 0.1 % changed`,
    text: 'By place, by region over it, the large regions of those, their number and sum: one REFRESH of the last.',
    rows: measured,
    baseline: chainRecomputed,
    aims: [],
  };
}

/** The same change beside ten times the rows. */
async function flatness(directory: string, isQuick: boolean): Promise<Section> {
  const [small, large, changed, rounds] = isQuick
    ? [2_000, 20_000, 100, 1]
    : [1_000_000, 10_000_000, 6_000, 15];
  const contenders: Contender[] = [];
  const opened: Sales[] = [];
  for (const rows of [small, large]) {
    const sales = await openSales(join(directory, `flat-${rows}`), rows, { isBare: false });
    opened.push(sales);
    contenders.push({
      name: `refresh beside ${rowsText(rows)} rows`,
      prepare: () => sales.change(changed),
      run: () => sales.engine.refresh('by_place'),
    });
  }
  const measured = await measureRounds(contenders, rounds);
  for (const sales of opened) await sales.close();
  const [baseline = '', contender = ''] = contenders.map(({ name }) => name);
  return {
    title: `The cost of a refresh by the size of the base: ${rowsText(changed)} rows changed`,
    text: 'The view over the join, as above.',
    rows: measured,
    baseline,
    aims: [
      {
        text: `a refresh after ${rowsText(changed)} changed rows beside ${rowsText(large)} rows: at most 1.3 × that beside ${rowsText(small)}`,
        contender,
        baseline,
        limit: 1.3,
      },
    ],
  };
}
