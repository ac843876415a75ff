import type { TextRow, ViewColumns } from './broad-reference.ts';

/** What is wrong with `actual`, for people; null when it is the same bag, floating point within tolerance. */
export function bagDifference(
  columns: ViewColumns,
  expected: readonly TextRow[],
  actual: readonly TextRow[],
): string | null {
  const isFloat = columns.map(({ type }) => type === 'DOUBLE' || type === 'FLOAT');
  const left = new Map<string, TextRow[]>();
  for (const row of expected) {
    const key = exactPart(row, isFloat);
    const group = left.get(key);
    if (group === undefined) left.set(key, [row]);
    else group.push(row);
  }
  const extra: TextRow[] = [];
  for (const row of actual) {
    const group = left.get(exactPart(row, isFloat)) ?? [];
    const match = group.findIndex((one) => isNear(one, row, isFloat));
    if (match < 0) extra.push(row);
    else group.splice(match, 1);
  }
  const missing = [...left.values()].flat();
  if (missing.length === 0 && extra.length === 0) return null;
  const names = columns.map((column) => column.name).join(', ');
  return `(${names}): missing ${shown(missing)}; not expected ${shown(extra)}`;
}

function exactPart(row: TextRow, isFloat: readonly boolean[]): string {
  return JSON.stringify(row.filter((_, place) => isFloat[place] !== true));
}

/** 1e-9 relative; sums may cancel, so also against a magnitude of 1. The sign of a zero is not compared. */
function isNear(expected: TextRow, actual: TextRow, isFloat: readonly boolean[]): boolean {
  return isFloat.every((one, place) => {
    const [a, b] = [expected[place] ?? null, actual[place] ?? null];
    if (!one || a === b) return true;
    if (a === null || b === null) return false;
    const [x, y] = [Number(a), Number(b)];
    return Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y));
  });
}

function shown(rows: readonly TextRow[]): string {
  if (rows.length === 0) return 'nothing';
  const first = rows.slice(0, 4).map((row) => `(${row.map(String).join(', ')})`);
  return `${first.join(' ')}${rows.length > 4 ? ` and ${rows.length - 4} more` : ''}`;
}
