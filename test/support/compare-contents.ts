import {
  keyOf,
  parseText,
  type RefColumn,
  type RefRelation,
  type RefRow,
  type RefValue,
  textSql,
} from './reference/value.ts';

/** A relation to be read: its name, or a query in parentheses. */
export type Target = {
  readonly label: string;
  readonly from: string;
  readonly columns: readonly RefColumn[];
};

/** One query that gives all rows of all targets as text: `r` the label, `c0`, `c1`, … the columns. */
export function contentsSql(targets: readonly Target[]): string {
  const width = Math.max(...targets.map((target) => target.columns.length));
  const selects = targets.map((target) => {
    const cells = target.columns.map((column, place) => `${textSql(column.name, column.type)} AS c${place}`);
    for (let place = cells.length; place < width; place++) cells.push(`CAST(NULL AS VARCHAR) AS c${place}`);
    return `SELECT '${target.label}' AS r, ${cells.join(', ')} FROM ${target.from}`;
  });
  return selects.join(' UNION ALL ');
}

export type TextRow = { readonly [column: string]: unknown };

export function rowsOfTarget(target: Target, rows: readonly TextRow[]): RefRow[] {
  return rows
    .filter((row) => row.r === target.label)
    .map((row) =>
      target.columns.map((column, place): RefValue => {
        const text = row[`c${place}`] ?? null;
        return text === null ? null : parseText(String(text), column.type);
      }),
    );
}

/** What is wrong with `actual`, for people; null when it is the same bag. */
export function differenceOf(expected: RefRelation, actual: readonly RefRow[]): string | null {
  const groups = new Map<string, { missing: RefRow[]; extra: RefRow[] }>();
  const groupOf = (row: RefRow) => {
    const key = keyOf(row.filter((_, place) => expected.columns[place]?.exact ?? true));
    const found = groups.get(key) ?? { missing: [], extra: [] };
    groups.set(key, found);
    return found;
  };
  for (const row of expected.rows) groupOf(row).missing.push(row);
  for (const row of actual) {
    const group = groupOf(row);
    const match = group.missing.findIndex((one) => isNear(expected.columns, one, row));
    if (match < 0) group.extra.push(row);
    else group.missing.splice(match, 1);
  }
  const missing = [...groups.values()].flatMap((group) => group.missing);
  const extra = [...groups.values()].flatMap((group) => group.extra);
  if (missing.length === 0 && extra.length === 0) return null;
  const names = expected.columns.map((column) => column.name).join(', ');
  return `(${names}): missing ${shown(missing)}; not expected ${shown(extra)}`;
}

function shown(rows: readonly RefRow[]): string {
  const first = rows.slice(0, 5).map((row) => `(${row.map(String).join(', ')})`);
  return rows.length === 0
    ? 'nothing'
    : `${first.join(' ')}${rows.length > 5 ? ` and ${rows.length - 5} more` : ''}`;
}

/** 1e-9 relative; sums may cancel, so also against a magnitude of 1. */
const tolerance = 1e-9;

function isNear(columns: readonly RefColumn[], expected: RefRow, actual: RefRow): boolean {
  return columns.every((column, place) => {
    if (column.exact) return true;
    const a = expected[place] ?? null;
    const b = actual[place] ?? null;
    if (typeof a !== 'number' || typeof b !== 'number') return a === b;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Object.is(a, b);
    return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
  });
}
