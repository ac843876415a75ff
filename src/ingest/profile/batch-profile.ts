import type { BatchColumn, BatchColumns } from './batch-columns.ts';
import type { ColumnProfile } from './column-profile.ts';
import { codesOf, countUnlike, type TimePart, type ValueCodes } from './dependency.ts';
import { createNumberHash, hashOfText, mixed } from './hash-values.ts';
import { correlationOf, isBroken, type JointPlan, type JointRule, ranksOf } from './joint-plan.ts';
import type { KnownColumn } from './known-column.ts';
import { measureNumber } from './measure-number.ts';
import { measureText } from './measure-text.ts';
import { measureTime } from './measure-time.ts';
import { createMeasureWork, type MeasureWork } from './measure-work.ts';
import type { ModelEffect } from './model-effect.ts';

/** What was measured of the rows of one update. */
export type BatchProfile = {
  readonly rows: number;
  /** Rows that are copies of another, in every column. */
  readonly duplicates: number;
  readonly columns: readonly ColumnProfile[];
  /** In the plan's order: Fisher's z of the rank correlations, NaN where there is none. */
  readonly correlations: readonly number[];
  /** In the plan's order: rows that break the rule, and rows that have all its columns. */
  readonly rules: readonly (readonly [broken: number, rows: number])[];
  /** In the plan's order: rows unlike most of their group, and rows that share theirs with others. */
  readonly dependencies: readonly (readonly [unlike: number, rows: number])[];
  /** What the models that learn from the table make of the rows. */
  readonly effects: readonly ModelEffect[];
};

export const noJointPlan: JointPlan = { columns: [], correlations: [], rules: [], dependencies: [] };

/** @param known what the table has shown so far, by column; a column not in it is all new */
export function measureBatch(
  batch: BatchColumns,
  plan: JointPlan,
  known: ReadonlyMap<string, KnownColumn>,
): BatchProfile {
  const work = createMeasureWork();
  const columns = batch.columns.map((column) => measureColumn(column, known.get(column.name) ?? null, work));
  return measureTogether(batch, columns, plan);
}

/** What the columns of a batch show together, beside what each is like. */
export function measureTogether(
  batch: BatchColumns,
  columns: readonly ColumnProfile[],
  plan: JointPlan,
): BatchProfile {
  const byName = new Map(batch.columns.map((column) => [column.name, column]));
  return {
    rows: batch.rows,
    duplicates: countDuplicates(batch),
    columns,
    correlations: correlationsOf(batch, plan, byName),
    rules: plan.rules.map((rule) => countBroken(rule, byName, batch.rows)),
    dependencies: unlikeOf(plan, byName),
    effects: [],
  };
}

/** @param known what the table had shown of it; null: nothing */
export function measureColumn(
  column: BatchColumn,
  known: KnownColumn | null,
  work: MeasureWork,
): ColumnProfile {
  switch (column.kind) {
    case 'number':
    case 'boolean':
      return measureNumber(column, known, work);
    case 'text':
      return measureText(column, known);
    case 'time':
    case 'day':
      return measureTime(column, known, work);
    case 'other':
      return {
        ...measureNumber({ ...column, kind: 'boolean' }, null, work),
        kind: 'other',
        counts: [],
        measures: [],
      };
  }
}

function correlationsOf(
  batch: BatchColumns,
  plan: JointPlan,
  byName: ReadonlyMap<string, BatchColumn>,
): readonly number[] {
  const ranks = new Map<string, Float64Array>();
  const ranked = (name: string): Float64Array | null => {
    const known = ranks.get(name);
    const column = byName.get(name);
    if (known !== undefined || column === undefined) return known ?? null;
    const made = ranksOf(column, batch.rows);
    ranks.set(name, made);
    return made;
  };
  return plan.correlations.map(([a, b]) => {
    const [x, y] = [ranked(a), ranked(b)];
    if (x === null || y === null) return Number.NaN;
    return Math.atanh(Math.max(-0.9999, Math.min(0.9999, correlationOf(x, y))));
  });
}

function unlikeOf(
  { dependencies }: JointPlan,
  byName: ReadonlyMap<string, BatchColumn>,
): readonly (readonly [number, number])[] {
  const known = new Map<string, ValueCodes>();
  const codes = (name: string, part: TimePart | null): ValueCodes | null => {
    const key = `${part ?? ''} ${name}`;
    const column = byName.get(name);
    const made = known.get(key) ?? (column === undefined ? null : codesOf(column, part));
    if (made !== null) known.set(key, made);
    return made;
  };
  return dependencies.map(({ a, b, part }) => {
    const [by, of] = [codes(b, part), codes(a, null)];
    if (by === null || of === null) return [0, 0];
    const { unlike, rows } = countUnlike(by, of);
    return [unlike, rows];
  });
}

function countBroken(
  rule: JointRule,
  byName: ReadonlyMap<string, BatchColumn>,
  rows: number,
): readonly [number, number] {
  const [a, b] = [byName.get(rule.a), byName.get(rule.b)];
  const c = 'c' in rule ? byName.get(rule.c) : a;
  if (a === undefined || b === undefined || c === undefined) return [0, 0];
  let broken = 0;
  let seen = 0;
  for (let row = 0; row < rows; row++) {
    if (a.present[row] === 0 || b.present[row] === 0 || c.present[row] === 0) continue;
    seen += 1;
    if (isBroken(rule.kind, a.numbers[row] ?? 0, b.numbers[row] ?? 0, c.numbers[row] ?? 0)) broken += 1;
  }
  return [broken, seen];
}

function countDuplicates({ rows, columns }: BatchColumns): number {
  const hashes = new Int32Array(rows);
  const hashOf = createNumberHash();
  let looked = 0;
  for (const { kind, numbers, texts, present } of columns) {
    for (let row = 0; row < rows; row++) {
      const value =
        present[row] === 0 ? 7 : kind === 'text' ? hashOfText(texts[row] ?? '') : hashOf(numbers[row] ?? 0);
      hashes[row] = mixed(Math.imul(hashes[row] ?? 0, 31) + value);
    }
    looked += 1;
    // Rows that differ in some of their columns do so in all; after each doubling it is looked.
    if ((looked & (looked - 1)) === 0 && new Set(hashes).size === rows) return 0;
  }
  return rows - new Set(hashes).size;
}
