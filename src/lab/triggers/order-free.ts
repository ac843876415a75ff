import type { FeatureColumn } from '../trigger.ts';
import { hashOfNumber, hashOfText, mixedHash } from './value-hash.ts';

/**
 * The values of a step in an order that looks random and does not depend on how they came: rows of one batch have no
 * order, and what is decided by them should have none either. (Sorted by value they would come in runs, which detectors
 * take for changes.)
 */
export function inNoOrder(values: Float64Array, step: number): Float64Array {
  if (values.length < 2) return values;
  return Float64Array.from(byHash(Array.from(values), step, hashOfNumber));
}

export function columnInNoOrder(column: FeatureColumn, step: number): FeatureColumn {
  return column.kind === 'number'
    ? { ...column, values: inNoOrder(column.values, step) }
    : { ...column, values: byHash(column.values, step, hashOfText) };
}

/** By a hash of the value, of how many such the batch had before, and of the step. */
function byHash<T>(values: readonly T[], step: number, hashOf: (value: T) => number): T[] {
  const seen = new Map<T, number>();
  const keyed = values.map((value) => {
    const earlier = seen.get(value) ?? 0;
    seen.set(value, earlier + 1);
    const hash = hashOf(value);
    return { value, hash, key: mixedHash(mixedHash(hash ^ Math.imul(earlier, 0x9e3779b9)) ^ step) };
  });
  // Two keys that are one by chance: by the hash alone, so that even then the order says nothing.
  return keyed.sort((a, b) => a.key - b.key || a.hash - b.hash).map(({ value }) => value);
}
