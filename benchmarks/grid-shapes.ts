/** Rows that `fact` is made of: ids 0 … size − 1, everything else follows from the id. */
export function factRows(ids: string): string {
  return (
    `SELECT id, hash(id * 3 + 1)::UBIGINT % 1000 AS item, hash(id * 5 + 2)::UBIGINT % 100 AS shop, ` +
    `id // 10 AS basket, (hash(id * 7 + 3)::UBIGINT % 100000)::INTEGER AS amount FROM (SELECT ${ids})`
  );
}

export const tables = `
  CREATE TABLE fact (id BIGINT, item INTEGER, shop INTEGER, basket BIGINT, amount INTEGER);
  CREATE TABLE items (item INTEGER, kind INTEGER, price INTEGER);
  INSERT INTO items SELECT i, i % 20, i * 7 % 100 FROM range(900) r(i);
`;

/** A kind of view, and up to which size of `fact` it is part of the grid. */
export type Shape = { readonly name: string; readonly query: string; readonly mostRows: number };

export const shapes: readonly Shape[] = [
  {
    name: 'filter',
    query: 'SELECT id, shop, amount * 2 AS twice FROM fact WHERE amount < 20000',
    mostRows: 1e7,
  },
  {
    name: 'join',
    query: 'SELECT f.id, i.kind, f.amount * i.price AS value FROM fact f JOIN items i ON i.item = f.item',
    mostRows: 1e5,
  },
  {
    name: 'few groups',
    query: 'SELECT shop, count(*) AS n, sum(amount) AS amount FROM fact GROUP BY shop',
    mostRows: 1e7,
  },
  {
    name: 'many groups',
    query: 'SELECT basket, count(*) AS n, sum(amount) AS amount FROM fact GROUP BY basket',
    mostRows: 1e6,
  },
  {
    name: 'join and groups',
    query:
      'SELECT i.kind, count(*) AS n, sum(f.amount * i.price) AS value FROM fact f JOIN items i ON i.item = f.item GROUP BY i.kind',
    mostRows: 1e7,
  },
  {
    name: 'least and greatest',
    query: 'SELECT item, min(amount) AS least, max(amount) AS most FROM fact GROUP BY item',
    mostRows: 1e7,
  },
  {
    name: 'median',
    query: 'SELECT item, median(amount) AS middle FROM fact GROUP BY item',
    mostRows: 1e6,
  },
  {
    name: 'left join',
    query:
      'SELECT f.id, f.item, i.kind FROM fact f LEFT JOIN items i ON i.item = f.item WHERE f.amount < 20000',
    mostRows: 1e6,
  },
  {
    name: 'window',
    query: 'SELECT id, basket, sum(amount) OVER (PARTITION BY basket ORDER BY id) AS so_far FROM fact',
    mostRows: 1e5,
  },
];
