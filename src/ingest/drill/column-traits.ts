import type { BatchColumn } from '../profile/batch-columns.ts';

export const isNumber = (column: BatchColumn) => column.kind === 'number' && distinctOf(column) >= 3;
export const isMeasured = (column: BatchColumn) => column.kind === 'number' && distinctOf(column) >= 20;
export const isFractional = (column: BatchColumn) =>
  isMeasured(column) && countWhere(column, (x) => !Number.isInteger(x)) > column.present.length * 0.3;
export const isText = (column: BatchColumn) => column.kind === 'text' && distinctOf(column) >= 2;
export const isWord = (column: BatchColumn) =>
  isText(column) && column.texts.some((text) => text !== null && /[a-z]{3}/i.test(text));
export const isCategory = (column: BatchColumn) => isText(column) && distinctOf(column) <= 60;
export const isTime = (column: BatchColumn) => column.kind === 'time' && distinctOf(column) >= 5;

/** Values that differ; counted up to 61. */
export function distinctOf(column: BatchColumn): number {
  const seen = new Set<number | string>();
  for (let row = 0; row < column.present.length && seen.size <= 60; row++) {
    if (column.present[row] === 1)
      seen.add(column.kind === 'text' ? (column.texts[row] ?? '') : (column.numbers[row] ?? 0));
  }
  return seen.size;
}

export function countWhere({ numbers, present }: BatchColumn, test: (value: number) => boolean): number {
  let count = 0;
  for (let row = 0; row < numbers.length; row++)
    if (present[row] === 1 && test(numbers[row] ?? 0)) count += 1;
  return count;
}
