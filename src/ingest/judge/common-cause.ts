import { type ColumnCase, type NamedCause, named, percent, rise } from './column-case.ts';
import type { TestResult } from './test-result.ts';

/** What columns of every kind can show: NULLs, one value in many rows, a value that is gone; null: none of it. */
export function commonCause(of: ColumnCase): NamedCause | null {
  const { column } = of;
  const nulls = rise(of, 'null');
  if (nulls !== null) {
    const text = `${percent(nulls.observed)} of "${column.name}" are NULL, where ${percent(nulls.expected)} is usual`;
    return named('null-burst', text, { rows: '{c} IS NULL' });
  }
  const run = rise(of, 'run');
  const length = Math.round(Math.expm1(run?.observed ?? 0));
  const top = rise(of, 'top') ?? rise(of, 'value') ?? rise(of, 'true');
  // A run as long as the value is frequent is one stretch of rows.
  if (run !== null && length >= 0.6 * (column.top[0]?.[1] ?? 0)) {
    const text = `"${column.name}" repeats ${column.top[0]?.[0] ?? 'one value'} in ${length} rows one after the other`;
    return named('frozen-column', text, { facts: { value: column.top[0]?.[0] ?? null, rows: length } });
  }
  const gone = of.tests.find(isGone);
  if (gone !== undefined) return lostSegment(column.name, gone);
  if (top !== null) {
    const text = `"${column.name}" is ${top.value ?? 'true'} in ${percent(top.observed)} of the rows, where ${percent(top.expected)} is usual`;
    const cause = column.values === null ? 'default-flood' : 'category-flood';
    return named(cause, text, { facts: { value: top.value } });
  }
  const lost = of.tests.find(({ statistic, effect }) => statistic === 'value' && effect < 0);
  return lost === undefined ? null : lostSegment(column.name, lost);
}

/** A value that was frequent and is all but gone: the others' shares rise by that alone. */
export function isGone({ statistic, observed, expected }: TestResult): boolean {
  return statistic === 'value' && expected >= 0.02 && observed <= 0.1 * expected;
}

function lostSegment(column: string, { value, observed, expected }: TestResult): NamedCause {
  const text = `${value} came in ${percent(observed)} of "${column}", where ${percent(expected)} is usual`;
  return named('missing-segment', text, { facts: { value } });
}
