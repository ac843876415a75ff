import type { Row } from '../../src/core/value.ts';
import type { Random } from './random.ts';
import type { TableChange, ViewWorld } from './view-world.ts';

/** An aggregate of a view, and what its rounding is to be small beside where that is more than its own size. */
export type MeasuredAggregate = { readonly sql: string; readonly scale?: string };

/** How the column `d` (and its BIGINT kin `b`) spreads. */
export type Spread = 'small' | 'mixed' | 'far';

export const groupTable = [
  { name: 'g', type: 'VARCHAR' },
  { name: 'i', type: 'INTEGER' },
  { name: 'p', type: 'DECIMAL(10,2)' },
  { name: 'wide', type: 'DECIMAL(30,4)' },
  { name: 'd', type: 'DOUBLE' },
  { name: 'f', type: 'FLOAT' },
  { name: 'b', type: 'BIGINT' },
  { name: 'o', type: 'BOOLEAN' },
];

const far = 1_000_000_000;

function double(random: Random, spread: Spread): string {
  const noise = (random.next() - 0.5).toFixed(6);
  switch (spread) {
    case 'small':
      return random.pick([noise, '0.1', '0.1', '-7.25']);
    case 'far':
      return `${far}::DOUBLE + ${random.int(0, 50)}`;
    case 'mixed':
      return random.pick([noise, '0.1', `${far}::DOUBLE + ${noise}`, `-4e5::DOUBLE + ${noise}`]);
  }
}

function orNull(random: Random, value: string): string {
  return random.chance(1 / 6) ? 'NULL' : value;
}

function row(random: Random, spread: Spread): string {
  const values = [
    random.pick(["'a'", "'a'", "'b'", "'c'", 'NULL']),
    orNull(random, String(random.pick([0, 1, 2, 2, -5, 40_000]))),
    orNull(random, random.pick(['0.10', '9999.99', '-3.25', '2'])),
    orNull(random, random.pick(['12345678901234567.0001', '0.5', '-1'])),
    orNull(random, double(random, spread)),
    orNull(random, random.pick(['0.1', '1.5', '-2.25'])),
    orNull(random, random.pick(['1', '5000000000000', '-7', '3'])),
    orNull(random, random.pick(['true', 'false'])),
  ];
  return `(${values.join(', ')})`;
}

/** One update: rows that come, rows that go, now and then a whole group or everything. */
export function groupUpdate(random: Random, spread: Spread): TableChange[] {
  const insert = (count: number): TableChange => ({
    table: 't',
    insert: Array.from({ length: count }, () => row(random, spread)).join(', '),
  });
  const where = (condition: string): TableChange => ({ table: 't', where: condition });
  switch (random.int(0, 7)) {
    case 0:
      return [where(random.pick(["g = 'a'", 'g IS NULL', "g IN ('b', 'c')"]))];
    case 1:
      return [where('true'), insert(random.int(0, 2))].filter((change) => change.insert !== '');
    case 2:
      return [insert(12)];
    case 3:
      return [where(`hash(rowid) % 3 <> ${random.int(0, 2)}`), insert(1)];
    case 4:
      return [where('d > 1000'), insert(1)];
    default:
      return [where(`hash(rowid, ${random.int(0, 99)}) % 5 = 0`), insert(random.int(1, 4))];
  }
}

/** The view's query. */
export function groupView(aggregates: readonly MeasuredAggregate[], keys: string): string {
  const list = aggregates.map(({ sql }, place) => `${sql} AS v${place}`);
  return `SELECT ${[...(keys === '' ? [] : [keys]), ...list].join(', ')} FROM t${keys === '' ? '' : ` GROUP BY ${keys}`}`;
}

/**
 * How a relation differs from a recompute by DuckDB; null when it does not.
 *
 * @param relation a FROM item
 * @param tolerance relative
 */
export async function groupDifference(
  world: ViewWorld,
  relation: string,
  aggregates: readonly MeasuredAggregate[],
  keys: string,
  tolerance: number,
): Promise<string | null> {
  const list = aggregates.flatMap(({ sql, scale }, place) => [
    `${sql} AS v${place}`,
    `${scale ?? '1'} AS s${place}`,
  ]);
  const grouped = `SELECT ${[...(keys === '' ? [] : [keys]), ...list].join(', ')} FROM data.t${keys === '' ? '' : ` GROUP BY ${keys}`}`;
  const order = keys === '' ? '' : ` ORDER BY ${keys}`;
  const expected = await world.rows(`SELECT * FROM (${grouped})${order}`);
  const found = await world.rows(`SELECT * FROM ${relation}${order}`);
  if (expected.length !== found.length) return `${found.length} groups, not ${expected.length}`;
  for (const [at, wanted] of expected.entries()) {
    const difference = rowDifference({ ...wanted }, { ...found[at] }, aggregates, tolerance);
    if (difference !== null) return difference;
  }
  return null;
}

function rowDifference(
  expected: Row,
  found: Row,
  aggregates: readonly MeasuredAggregate[],
  tolerance: number,
): string | null {
  if (expected['g'] !== found['g']) return `group ${String(found['g'])}, not ${String(expected['g'])}`;
  for (const [place, { sql }] of aggregates.entries()) {
    const [wanted, value] = [expected[`v${place}`] ?? null, found[`v${place}`] ?? null];
    const scale = Number(expected[`s${place}`] ?? 1);
    if (isNear(wanted, value, tolerance * Math.max(1, scale, Math.abs(Number(wanted))))) continue;
    return `${sql} of group ${String(expected['g'])} is ${String(value)}, not ${String(wanted)} (scale ${scale})`;
  }
  return null;
}

function isNear(wanted: Row[string] | null, value: Row[string] | null, most: number): boolean {
  if (typeof wanted !== 'number' || typeof value !== 'number') return String(wanted) === String(value);
  if (!Number.isFinite(wanted) || !Number.isFinite(value)) return Object.is(wanted, value);
  return Math.abs(wanted - value) <= most;
}
