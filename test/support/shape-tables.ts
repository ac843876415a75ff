import type { Schema } from '../../src/core/schema.ts';
import { Random } from './random.ts';
import type { TableChange } from './view-world.ts';

/** The tables that the shapes of the catalogue read. No column is unique but for whole rows that repeat. */
export const shapeTables: readonly { readonly name: string; readonly schema: Schema }[] = [
  {
    name: 'sales',
    schema: schemaOf(
      'id INTEGER, shop VARCHAR, item INTEGER, day DATE, sold_at TIMESTAMP, units INTEGER, price DECIMAL(10,2), weight DOUBLE, returned BOOLEAN, tags VARCHAR[]',
    ),
  },
  { name: 'items', schema: schemaOf('item INTEGER, name VARCHAR, kind VARCHAR, cost DECIMAL(10,2)') },
  { name: 'prices', schema: schemaOf('item INTEGER, since TIMESTAMP, price DECIMAL(10,2)') },
  { name: 'links', schema: schemaOf('parent INTEGER, child INTEGER') },
];

function schemaOf(text: string): Schema {
  return text.split(/, (?=[a-z])/).map((column) => {
    const [name = '', type = ''] = column.split(' ');
    return { name, type };
  });
}

export type ShapeUpdate = { readonly name: string; readonly changes: readonly TableChange[] };

/** The first is the load. Later ones change every table, both sides of joins at once, and empty groups and tables. */
export const shapeUpdates: readonly ShapeUpdate[] = [
  {
    name: 'load',
    changes: [
      insert('sales', [...sales(1, 30), ...sales(10, 12)]),
      insert('items', items([1, 2, 3, 4, 4, null])),
      insert('prices', prices([1, 2, 3, 4, 5, null])),
      insert('links', ['(1, 2)', '(2, 3)', '(3, 4)', '(4, 1)', '(5, 6)']),
    ],
  },
  { name: 'rows arrive', changes: [insert('sales', sales(31, 36)), insert('links', ['(2, 5)'])] },
  {
    name: 'both sides of a join change',
    changes: [
      insert('sales', sales(37, 39)),
      remove('sales', 'id % 7 = 0'),
      remove('items', 'item = 2'),
      insert('items', items([5, 6])),
      remove('prices', 'item = 3'),
      insert('prices', prices([6])),
    ],
  },
  {
    name: 'keys and values are updated',
    changes: [
      remove('sales', 'id IN (2, 3, 5, 9, 16)'),
      insert(
        'sales',
        [2, 3, 5, 9, 16].map((id) => sale(id, 1)),
      ),
      remove('items', 'item = 1'),
      insert('items', [`(1, 'other', 'fruit', 3.25)`]),
      remove('links', 'parent = 3'),
    ],
  },
  { name: 'a group empties', changes: [remove('sales', `shop = 'east' OR shop IS NULL OR item = 4`)] },
  {
    name: 'it returns, with duplicates',
    changes: [
      insert('sales', [...sales(40, 46), ...sales(40, 42), sale(1, 0)]),
      insert('items', items([null, 3])),
    ],
  },
  {
    name: 'one side empties',
    changes: [remove('items', 'true'), remove('prices', 'true'), insert('sales', sales(47, 48))],
  },
  { name: 'it returns', changes: [insert('items', items([1, 2, 3])), insert('prices', prices([1, 2, 4]))] },
  { name: 'the other side empties', changes: [remove('sales', 'true'), remove('links', 'true')] },
  {
    name: 'everything returns',
    changes: [insert('sales', sales(50, 70)), insert('links', ['(1, 7)', '(7, 8)'])],
  },
];

/** What the clock shows at an update, by its place: the days of `sold_at` go by. */
export function shapeMomentMs(place: number): number {
  return Date.UTC(2001, 5, 4) + place * 1.5 * 86_400_000;
}

function insert(table: string, rows: readonly string[]): TableChange {
  return { table, insert: rows.join(', ') };
}

function remove(table: string, where: string): TableChange {
  return { table, where };
}

function sales(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, place) => sale(first + place, 0));
}

/**
 * The row of an id, in one of its forms: the same each time. Weights are quarters, whose sums are exact;
 * `sold_at` is never NULL, since DuckDB's own ASOF LEFT JOIN is wrong for it.
 */
function sale(id: number, form: number): string {
  const random = new Random(id * 31 + form * 7_919);
  const orNull = (value: string | number) => (random.chance(0.12) ? 'NULL' : value);
  const day = `2001-06-${String(random.int(1, 20)).padStart(2, '0')}`;
  const tags = random.sample(['new', 'sale', 'gift', 'rare'], random.int(0, 3));
  return `(${[
    id,
    orNull(`'${random.pick(['north', 'south', 'east', 'west'])}'`),
    orNull(random.int(1, 6)),
    orNull(`DATE '${day}'`),
    `TIMESTAMP '${day} ${random.int(10, 20)}:${random.int(10, 59)}:00'`,
    orNull(random.int(1, 5)),
    orNull(`${random.int(0, 12)}.${random.pick(['00', '25', '50'])}`),
    orNull(random.int(-8, 24) / 4),
    orNull(String(random.chance(0.3))),
    orNull(`[${tags.map((tag) => `'${tag}'`).join(', ')}]::VARCHAR[]`),
  ].join(', ')})`;
}

function items(keys: readonly (number | null)[]): string[] {
  return keys.map((key) => {
    const random = new Random((key ?? 99) * 17);
    const kind = random.chance(0.2) ? 'NULL' : `'${random.pick(['fruit', 'tool'])}'`;
    return `(${key ?? 'NULL'}, 'item ${key ?? 'unknown'}', ${kind}, ${random.int(1, 9)}.50)`;
  });
}

function prices(keys: readonly (number | null)[]): string[] {
  return keys.flatMap((key) =>
    [1, 6, 12].map(
      (day, place) =>
        `(${key ?? 'NULL'}, TIMESTAMP '2001-06-${String(day).padStart(2, '0')} 00:00:00', ${(key ?? 7) + place}.25)`,
    ),
  );
}
