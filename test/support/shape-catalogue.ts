import type { Rung } from '../../src/plan/view-plan.ts';

/** A shape of query, with an example over the tables of `shape-tables.ts`. */
export type Shape = {
  readonly name: string;
  readonly sql: string;
  /** The best rung that it has to have. */
  readonly target: Rung;
  /** The best rung it has now, where that is not the target yet. */
  readonly now?: Rung;
};

export type ShapeGroup = { readonly title: string; readonly shapes: readonly Shape[] };

/** What may not be kept, and the code of the refusal. */
export type RefusedShape = { readonly name: string; readonly sql: string; readonly code: string };

/** Every operator that views may use. One example each, more where parts of an operator go different ways. */
export const shapeCatalogue: readonly ShapeGroup[] = [
  {
    title: 'Rows',
    shapes: [
      {
        name: 'filter',
        sql: 'SELECT * FROM sales WHERE units > 2 AND shop IS NOT NULL',
        target: 'algebraic',
      },
      {
        name: 'projection of any expressions',
        sql: 'SELECT id, units * price AS total, upper(shop) AS shop, CASE WHEN returned THEN 0 ELSE units END AS kept FROM sales',
        target: 'algebraic',
      },
      {
        name: '`UNION ALL`',
        sql: "SELECT id, units FROM sales WHERE shop = 'north' UNION ALL SELECT item, 0 FROM items",
        target: 'algebraic',
      },
      {
        name: '`UNION ALL BY NAME`',
        sql: 'SELECT id, item FROM sales UNION ALL BY NAME SELECT item, name FROM items',
        target: 'algebraic',
        now: 'full',
      },
      {
        name: 'columns by `EXCLUDE`, `REPLACE`, `COLUMNS`',
        sql: "SELECT * EXCLUDE (tags) REPLACE (units * 2 AS units), COLUMNS('i.*') AS 'c_\\0' FROM sales",
        target: 'algebraic',
        now: 'full',
      },
      {
        name: 'list and struct values',
        sql: 'SELECT id, {shop: shop, units: units} AS pair, list_transform(tags, lambda t: upper(t)) AS tags, len(tags) AS n FROM sales',
        target: 'algebraic',
      },
      {
        name: '`ORDER BY` (a view has no order)',
        sql: 'SELECT id, units FROM sales ORDER BY units',
        target: 'algebraic',
      },
      {
        name: 'query in FROM',
        sql: 'SELECT s.shop, s.total FROM (SELECT shop, units * price AS total FROM sales WHERE units > 1) AS s WHERE s.total > 5',
        target: 'algebraic',
      },
      {
        name: 'CTE',
        sql: 'WITH kept AS (SELECT * FROM sales WHERE NOT returned) SELECT k.id, i.name FROM kept k JOIN items i ON i.item = k.item',
        target: 'algebraic',
      },
      { name: '`DISTINCT`', sql: 'SELECT DISTINCT shop, units FROM sales', target: 'algebraic' },
      {
        name: '`DISTINCT ON`',
        sql: 'SELECT DISTINCT ON (shop) shop, id, units FROM sales ORDER BY shop, id DESC',
        target: 'domain',
      },
      {
        name: '`UNNEST` in the list',
        sql: 'SELECT id, unnest(tags) AS tag FROM sales',
        target: 'algebraic',
      },
      {
        name: '`UNNEST` in FROM',
        sql: 'SELECT s.id, t.tag FROM sales s, unnest(s.tags) AS t (tag)',
        target: 'algebraic',
      },
    ],
  },
  {
    title: 'Joins',
    shapes: [
      {
        name: 'inner join',
        sql: 'SELECT s.id, i.name, s.units * i.cost AS cost FROM sales s JOIN items i ON i.item = s.item',
        target: 'algebraic',
      },
      {
        name: 'inner join `USING`',
        sql: 'SELECT item, id, name FROM sales JOIN items USING (item)',
        target: 'algebraic',
      },
      {
        name: 'inner join on any condition',
        sql: 'SELECT s.id, i.item FROM sales s JOIN items i ON s.price < i.cost AND s.item IS DISTINCT FROM i.item',
        target: 'algebraic',
      },
      {
        name: 'join of n inputs',
        sql: 'SELECT s.id, i.kind, p.price, l.child FROM sales s, items i, prices p, links l WHERE i.item = s.item AND p.item = i.item AND l.parent = p.item',
        target: 'algebraic',
      },
      {
        name: 'self-join',
        sql: 'SELECT a.id, b.id AS other FROM sales a JOIN sales b ON a.shop = b.shop AND a.units < b.units',
        target: 'algebraic',
      },
      { name: 'cross join', sql: 'SELECT s.id, i.item FROM sales s CROSS JOIN items i', target: 'algebraic' },
      {
        name: '`ASOF JOIN`',
        sql: 'SELECT s.id, s.item, p.price FROM sales s ASOF JOIN prices p ON s.item = p.item AND s.sold_at >= p.since',
        target: 'domain',
      },
      {
        name: '`ASOF JOIN`, the key not in the list',
        sql: 'SELECT s.id, p.price FROM sales s ASOF JOIN prices p ON s.item = p.item AND s.sold_at >= p.since',
        target: 'domain',
      },
      {
        name: '`ASOF LEFT JOIN`',
        sql: 'SELECT s.id, s.item, p.price FROM sales s ASOF LEFT JOIN prices p ON s.item = p.item AND s.sold_at >= p.since',
        target: 'domain',
      },
      {
        name: 'lateral join with an equality',
        sql: 'SELECT i.item, b.units FROM items i, LATERAL (SELECT max(s.units) AS units FROM sales s WHERE s.item = i.item) AS b',
        target: 'domain',
        now: 'full',
      },
      {
        name: '`POSITIONAL JOIN`',
        sql: 'SELECT s.id, i.item FROM (SELECT id FROM sales ORDER BY id) s POSITIONAL JOIN (SELECT item FROM items ORDER BY item) i',
        target: 'full',
      },
    ],
  },
  {
    title: 'Semi, anti and outer joins',
    shapes: [
      {
        name: '`SEMI JOIN`',
        sql: 'SELECT * FROM sales SEMI JOIN items ON sales.item = items.item',
        target: 'algebraic',
      },
      {
        name: '`ANTI JOIN`',
        sql: 'SELECT * FROM sales ANTI JOIN items ON sales.item = items.item',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN`',
        sql: 'SELECT s.id, s.item, i.name FROM sales s LEFT JOIN items i ON i.item = s.item',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN` with a condition on the right',
        sql: "SELECT i.item, i.name, s.id FROM items i LEFT JOIN sales s ON i.item = s.item AND s.shop <> 'south'",
        target: 'algebraic',
      },
      {
        name: '`RIGHT JOIN`',
        sql: 'SELECT s.id, i.item, i.name FROM sales s RIGHT JOIN items i ON i.item = s.item',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN` with a condition on the left',
        sql: 'SELECT s.id, s.item, i.name FROM sales s LEFT JOIN items i ON i.item = s.item AND s.units > 2 AND NOT s.returned',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN` with a condition on both sides',
        sql: 'SELECT s.id, s.item, i.name FROM sales s LEFT JOIN items i ON i.item = s.item AND s.price > i.cost',
        target: 'domain',
      },
      {
        name: '`ANTI JOIN` with conditions on either side',
        sql: "SELECT s.id, s.item FROM sales s ANTI JOIN items i ON i.item = s.item AND s.units > 2 AND i.kind = 'fruit'",
        target: 'algebraic',
      },
      {
        name: 'chain of `LEFT JOIN`s',
        sql: 'SELECT s.id, i.name, p.price, l.child FROM sales s LEFT JOIN items i ON i.item = s.item LEFT JOIN prices p ON p.item = i.item LEFT JOIN links l ON l.parent = s.item',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN` of what has no match',
        sql: 'SELECT i.item, s.id, p.price FROM items i ANTI JOIN links l ON l.parent = i.item LEFT JOIN (SELECT * FROM sales SEMI JOIN prices USING (item)) s USING (item) LEFT JOIN prices p USING (item)',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN` inside an inner join',
        sql: 'SELECT s.id, i.name, p.price FROM sales s LEFT JOIN items i ON i.item = s.item JOIN prices p ON p.item = s.item',
        target: 'algebraic',
      },
      {
        name: '`LEFT JOIN` under a window by its key',
        sql: 'SELECT i.item, s.id, rank() OVER (PARTITION BY i.item ORDER BY s.units) AS place FROM items i LEFT JOIN sales s ON s.item = i.item',
        target: 'domain',
      },
      {
        name: '`LEFT JOIN` under a window by another key',
        sql: 'SELECT s.id, i.name, rank() OVER (PARTITION BY s.shop ORDER BY s.units) AS place FROM sales s LEFT JOIN items i ON s.item = i.item',
        target: 'domain',
      },
      {
        name: '`FULL JOIN`',
        sql: 'SELECT s.id, s.item, i.item AS listed FROM sales s FULL JOIN items i ON i.item = s.item',
        target: 'domain',
      },
    ],
  },
  {
    title: 'Groups',
    shapes: [
      {
        name: 'without keys',
        sql: 'SELECT count(*) AS sales, sum(price) AS price FROM sales',
        target: 'algebraic',
      },
      {
        name: 'grouping by expressions',
        sql: "SELECT date_trunc('week', day) AS week, coalesce(shop, '?') AS shop, sum(units * price) AS revenue FROM sales GROUP BY ALL",
        target: 'algebraic',
      },
      {
        name: '`HAVING`',
        sql: 'SELECT shop, item, sum(units) AS units FROM sales GROUP BY shop, item HAVING count(*) > 1',
        target: 'algebraic',
      },
      {
        name: '`HAVING` with a scalar subquery',
        sql: 'SELECT item, sum(units) AS total FROM sales GROUP BY item HAVING sum(units) > (SELECT avg(units) * 3 FROM sales)',
        target: 'algebraic',
      },
      {
        name: 'groups over a join',
        sql: 'SELECT i.kind, count(*) AS sales, sum(s.units * i.cost) AS cost FROM sales s JOIN items i ON i.item = s.item GROUP BY i.kind',
        target: 'algebraic',
      },
      {
        name: 'groups over `UNION ALL`',
        sql: 'SELECT item, count(*) AS n FROM (SELECT item FROM sales UNION ALL SELECT item FROM prices) GROUP BY item',
        target: 'algebraic',
      },
      {
        name: 'groups over a `LEFT JOIN`',
        sql: 'SELECT i.item, count(s.id) AS sales, sum(s.units) AS units FROM items i LEFT JOIN sales s ON s.item = i.item GROUP BY i.item',
        target: 'algebraic',
      },
      {
        name: 'groups of groups',
        sql: 'SELECT sales, count(*) AS shops FROM (SELECT shop, count(*) AS sales FROM sales GROUP BY shop) GROUP BY sales',
        target: 'algebraic',
      },
      {
        name: 'groups joined',
        sql: 'WITH sold AS (SELECT item, sum(units) AS units FROM sales GROUP BY item) SELECT i.name, s.units FROM items i JOIN sold s ON s.item = i.item',
        target: 'domain',
      },
      {
        name: '`GROUPING SETS`',
        sql: 'SELECT shop, item, sum(units) AS units FROM sales GROUP BY GROUPING SETS ((shop, item), (item))',
        target: 'algebraic',
      },
      {
        name: '`ROLLUP`',
        sql: 'SELECT shop, item, count(*) AS n FROM sales GROUP BY ROLLUP (shop, item)',
        target: 'algebraic',
      },
      {
        name: '`CUBE`',
        sql: 'SELECT shop, returned, count(*) AS n, grouping(shop) AS level FROM sales GROUP BY CUBE (shop, returned)',
        target: 'algebraic',
      },
      {
        name: '`PIVOT`',
        sql: "SELECT * FROM (PIVOT (SELECT item, shop, units FROM sales) ON shop IN ('north', 'south') USING sum(units) GROUP BY item)",
        target: 'domain',
        now: 'full',
      },
    ],
  },
  {
    title: 'Aggregates',
    shapes: [
      {
        name: '`count`, `sum`, `avg`',
        sql: 'SELECT shop, count(*) AS sales, count(units) AS known, sum(units) AS units, avg(price) AS price FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: 'sum of floating-point numbers',
        sql: 'SELECT shop, sum(weight / 3) AS weight, avg(weight) AS mean FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`min`, `max` without keys',
        sql: 'SELECT min(price) AS cheapest, max(units) AS most FROM sales WHERE shop IS NOT NULL',
        target: 'algebraic',
      },
      {
        name: '`min`, `max` (algebraic while rows only arrive)',
        sql: 'SELECT shop, min(price) AS cheapest, max(sold_at) AS latest FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`var_*`, `stddev_*`',
        sql: 'SELECT shop, var_samp(units) AS v, stddev_pop(price) AS s FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`covar_*`, `corr`',
        sql: 'SELECT shop, covar_pop(units, weight) AS c, covar_samp(units, price) AS d, corr(units, weight) AS r FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`regr_*`',
        sql: 'SELECT shop, regr_count(weight, units) AS n, regr_avgx(weight, units) AS x, regr_sxy(weight, units) AS xy, regr_slope(weight, units) AS b FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`bool_and`, `bool_or`',
        sql: 'SELECT shop, bool_and(returned) AS all_returned, bool_or(returned) AS any_returned FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`FILTER`',
        sql: 'SELECT shop, count(*) FILTER (WHERE returned) AS returned, sum(units) FILTER (WHERE price > 5) AS dear FROM sales GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: '`arg_min`, `arg_max`',
        sql: 'SELECT shop, arg_max(item, id) AS newest, arg_min(units, id) AS first FROM sales GROUP BY shop',
        target: 'domain',
      },
      {
        name: '`median`, quantiles',
        sql: 'SELECT shop, median(price) AS middle, quantile_disc(units, 0.9) AS most, quantile_cont(weight, 0.25) AS quarter FROM sales GROUP BY shop',
        target: 'domain',
      },
      {
        name: '`mode`',
        sql: 'SELECT item, mode(item * 2) AS usual FROM sales GROUP BY item',
        target: 'domain',
      },
      {
        name: '`count(DISTINCT)`',
        sql: 'SELECT shop, count(DISTINCT item) AS items, sum(DISTINCT units) AS units FROM sales GROUP BY shop',
        target: 'domain',
      },
      {
        name: '`string_agg`, `list` in order',
        sql: "SELECT shop, string_agg(item::VARCHAR, ',' ORDER BY id) AS items, list(id ORDER BY id) AS ids FROM sales GROUP BY shop",
        target: 'domain',
      },
    ],
  },
  {
    title: 'Windows',
    shapes: [
      {
        name: '`row_number`, `rank` by partition',
        sql: 'SELECT id, shop, row_number() OVER w AS place, dense_rank() OVER w AS rank FROM sales WINDOW w AS (PARTITION BY shop ORDER BY id)',
        target: 'domain',
      },
      {
        name: '`lag`, `lead` by partition',
        sql: 'SELECT id, shop, units - lag(units) OVER (PARTITION BY shop ORDER BY id) AS step, lead(sold_at) OVER (PARTITION BY shop ORDER BY id) AS next FROM sales',
        target: 'domain',
      },
      {
        name: 'running frame by partition',
        sql: 'SELECT id, item, sum(units) OVER (PARTITION BY item ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS recent FROM sales',
        target: 'domain',
      },
      {
        name: 'range frame by partition',
        sql: 'SELECT id, shop, count(*) OVER (PARTITION BY shop ORDER BY sold_at RANGE BETWEEN INTERVAL 2 DAY PRECEDING AND CURRENT ROW) AS recent FROM sales',
        target: 'domain',
      },
      {
        name: 'window over groups',
        sql: 'SELECT shop, item, sum(units) AS units, rank() OVER (PARTITION BY shop ORDER BY sum(units) DESC) AS place FROM sales GROUP BY shop, item',
        target: 'domain',
      },
      {
        name: '`QUALIFY`',
        sql: 'SELECT id, shop, price FROM sales QUALIFY rank() OVER (PARTITION BY shop ORDER BY price DESC) = 1',
        target: 'domain',
      },
      {
        name: 'top k of each group',
        sql: 'SELECT shop, id, units FROM (SELECT *, row_number() OVER (PARTITION BY shop ORDER BY units DESC, id) AS place FROM sales) WHERE place <= 2',
        target: 'domain',
      },
      {
        name: 'window without partition',
        sql: 'SELECT id, row_number() OVER (ORDER BY id) AS place FROM sales',
        target: 'full',
      },
    ],
  },
  {
    title: 'Subqueries',
    shapes: [
      {
        name: '`IN`',
        sql: "SELECT * FROM sales WHERE item IN (SELECT item FROM items WHERE kind = 'fruit')",
        target: 'algebraic',
      },
      {
        name: '`IN` of an expression, beside other conditions',
        sql: "SELECT id, item FROM sales WHERE units + 1 IN (SELECT item FROM items) AND shop <> 'south'",
        target: 'algebraic',
      },
      {
        name: '`NOT IN`',
        sql: 'SELECT id, item FROM sales WHERE item NOT IN (SELECT item FROM items WHERE item IS NOT NULL)',
        target: 'domain',
      },
      {
        name: '`EXISTS` with an equality',
        sql: 'SELECT i.item, i.name FROM items i WHERE EXISTS (SELECT 1 FROM sales s WHERE s.item = i.item AND s.units > 2)',
        target: 'algebraic',
      },
      {
        name: '`NOT EXISTS` with an equality',
        sql: 'SELECT i.item, i.name FROM items i WHERE NOT EXISTS (SELECT 1 FROM sales s WHERE s.item = i.item AND s.price > i.cost)',
        target: 'domain',
      },
      {
        name: '`EXISTS` and `NOT EXISTS` of one row',
        sql: "SELECT s.id, s.item FROM sales s WHERE EXISTS (SELECT 1 FROM items i WHERE i.item = s.item AND i.kind = 'fruit') AND NOT EXISTS (SELECT 1 FROM prices p WHERE p.item = s.item AND p.price > 4)",
        target: 'algebraic',
      },
      {
        name: '`EXISTS` by two equalities',
        sql: 'SELECT s.id, s.item FROM sales s WHERE EXISTS (SELECT 1 FROM sales o WHERE o.item = s.item AND o.shop = s.shop AND o.returned)',
        target: 'algebraic',
      },
      {
        name: 'scalar with an equality',
        sql: 'SELECT i.item, (SELECT sum(s.units) FROM sales s WHERE s.item = i.item) AS units FROM items i',
        target: 'domain',
      },
      {
        name: 'compared with a scalar with an equality',
        sql: 'SELECT s.id, s.item FROM sales s WHERE s.price >= (SELECT avg(o.price) FROM sales o WHERE o.item = s.item)',
        target: 'domain',
      },
      {
        name: '`EXISTS` in groups',
        sql: 'SELECT i.kind, count(*) AS n FROM items i WHERE EXISTS (SELECT 1 FROM sales s WHERE s.item = i.item) GROUP BY i.kind',
        target: 'algebraic',
      },
      {
        name: 'scalar with an equality in groups',
        sql: 'SELECT i.kind, sum(s.price) AS price FROM sales s JOIN items i ON i.item = s.item WHERE s.units < (SELECT avg(o.units) FROM sales o WHERE o.item = i.item) GROUP BY i.kind',
        target: 'algebraic',
      },
      {
        name: 'scalar with an equality in a sum of all',
        sql: 'SELECT sum(s.price) / 7.0 AS price FROM sales s, items i WHERE i.item = s.item AND s.units < (SELECT avg(o.units) FROM sales o WHERE o.item = i.item)',
        target: 'algebraic',
      },
      {
        name: 'scalar without an equality',
        sql: 'SELECT id, price FROM sales WHERE price > (SELECT avg(price) FROM sales)',
        target: 'domain',
      },
      {
        name: '`EXISTS` without an equality',
        sql: 'SELECT i.item FROM items i WHERE EXISTS (SELECT 1 FROM sales s WHERE s.price > i.cost)',
        target: 'full',
      },
    ],
  },
  {
    title: 'Set operations',
    shapes: [
      {
        name: '`UNION`',
        sql: 'SELECT item FROM sales UNION SELECT item FROM items',
        target: 'domain',
      },
      {
        name: '`INTERSECT`',
        sql: 'SELECT item FROM sales INTERSECT SELECT item FROM items',
        target: 'domain',
      },
      {
        name: '`EXCEPT`',
        sql: 'SELECT item FROM items EXCEPT SELECT item FROM sales',
        target: 'domain',
      },
      {
        name: '`INTERSECT ALL`, `EXCEPT ALL`',
        sql: 'SELECT item FROM sales EXCEPT ALL SELECT item FROM prices',
        target: 'domain',
      },
    ],
  },
  {
    title: 'Conditions on the time',
    shapes: [
      {
        name: 'rows leave and come as time passes',
        sql: 'SELECT id, shop, sold_at FROM sales WHERE sold_at > now() - INTERVAL 5 DAY AND sold_at <= now()',
        target: 'algebraic',
      },
      {
        name: 'groups over such rows',
        sql: 'SELECT shop, count(*) AS sales, sum(units) AS units FROM sales WHERE sold_at > now() - INTERVAL 5 DAY GROUP BY shop',
        target: 'algebraic',
      },
      {
        name: 'joins and windows over such rows',
        sql: 'SELECT s.id, i.name, rank() OVER (PARTITION BY s.item ORDER BY s.units) AS place FROM sales s JOIN items i ON i.item = s.item WHERE s.sold_at > now() - INTERVAL 5 DAY',
        target: 'domain',
      },
    ],
  },
  {
    title: 'The rest',
    shapes: [
      {
        name: '`ORDER BY … LIMIT`',
        sql: 'SELECT * FROM sales ORDER BY price DESC, id LIMIT 5',
        target: 'full',
      },
      {
        name: '`WITH RECURSIVE`',
        sql: 'WITH RECURSIVE under (item) AS (SELECT child FROM links WHERE parent = 1 UNION SELECT l.child FROM links l JOIN under u ON l.parent = u.item) SELECT * FROM under',
        target: 'full',
      },
      {
        name: 'other aggregates without keys',
        sql: 'SELECT median(price) AS middle, count(DISTINCT shop) AS shops FROM sales',
        target: 'full',
      },
    ],
  },
];

export const refusedShapes: readonly RefusedShape[] = [
  { name: 'chance', sql: 'SELECT id, random() AS r FROM sales', code: 'non-deterministic' },
  { name: 'a sample', sql: 'SELECT * FROM sales USING SAMPLE 3', code: 'non-deterministic' },
  { name: 'the moment as a value', sql: 'SELECT id, now() AS seen FROM sales', code: 'non-deterministic' },
];
