import type { BatchProfile } from './batch-profile.ts';
import { type ColumnProfile, measureNames, type Novelty, type ValueCount } from './column-profile.ts';
import { countsOfFew, topCounts } from './value-counts.ts';
import { mergeSketches } from './value-sketch.ts';

/**
 * The profile of a batch that was measured in blocks. Counts add up; the longest run and the range are the widest;
 * other measures are the blocks' means by rows, which for blocks of 131,072 rows are close to those of the whole.
 */
export function mergeProfiles(a: BatchProfile, b: BatchProfile): BatchProfile {
  return {
    rows: a.rows + b.rows,
    duplicates: a.duplicates + b.duplicates,
    columns: a.columns.map((column, index) => {
      const other = b.columns[index];
      return other === undefined ? column : mergeColumns(column, other);
    }),
    correlations: a.correlations.map((value, index) =>
      weighted(value, a.rows, b.correlations[index], b.rows),
    ),
    rules: sums(a.rules, b.rules),
    dependencies: sums(a.dependencies, b.dependencies),
    effects: [...a.effects, ...b.effects],
  };
}

type RowCounts = BatchProfile['rules'];

function sums(a: RowCounts, b: RowCounts): RowCounts {
  return a.map(([hit, rows], index) => {
    const [more, others] = b[index] ?? [0, 0];
    return [hit + more, rows + others];
  });
}

function weighted(x: number, n: number, y = Number.NaN, m = 0): number {
  if (Number.isNaN(x)) return y;
  return Number.isNaN(y) ? x : (x * n + y * m) / (n + m);
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  const names: readonly string[] = measureNames[a.kind];
  return {
    ...a,
    present: a.present + b.present,
    nulls: a.nulls + b.nulls,
    counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
    measures: a.measures.map((value, index) =>
      names[index] === 'run'
        ? Math.max(value, b.measures[index] ?? value)
        : weighted(value, a.present, b.measures[index], b.present),
    ),
    least: fewer(Math.min, a.least, b.least),
    greatest: fewer(Math.max, a.greatest, b.greatest),
    middle: weighted(a.middle, a.present, b.middle, b.present),
    values: a.values === null || b.values === null ? null : countsOfFew(added(a.values, b.values)),
    top: topCounts(added(a.top, b.top)),
    patterns: a.patterns === null || b.patterns === null ? null : countsOfFew(added(a.patterns, b.patterns)),
    bag: (a.bag + b.bag) | 0,
    sketch: a.sketch === null || b.sketch === null ? null : mergeSketches(a.sketch, b.sketch),
    novel: mergeNovelty(a.novel, b.novel),
  };
}

function fewer(choose: (x: number, y: number) => number, x: number, y: number): number {
  if (Number.isNaN(x)) return y;
  return Number.isNaN(y) ? x : choose(x, y);
}

function added(a: readonly ValueCount[], b: readonly ValueCount[]): Map<string, number> {
  const sum = new Map(a);
  for (const [value, rows] of b) sum.set(value, (sum.get(value) ?? 0) + rows);
  return sum;
}

function mergeNovelty(a: Novelty, b: Novelty): Novelty {
  return {
    below: a.below + b.below,
    above: a.above + b.above,
    far: a.far + b.far,
    belowMedian: weighted(a.belowMedian, a.below, b.belowMedian, b.below),
    aboveMedian: weighted(a.aboveMedian, a.above, b.aboveMedian, b.above),
    values: a.values + b.values,
    newest: topCounts(added(a.newest, b.newest)),
    patterns: a.patterns + b.patterns,
  };
}
