import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { longer } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

type Row = { readonly id: number; readonly g: string | null; readonly x: number };
/** What a statement does to the rows there are, in SQL and by hand. */
type Statement = { readonly sql: string; readonly apply: (rows: readonly Row[]) => readonly Row[] };
type Step =
  | { readonly kind: 'update'; readonly statements: readonly Statement[] }
  | { readonly kind: 'reopen' | 'refresh' | 'elsewhere' };

const group = fc.constantFrom('a', 'b', null);
const anyRow: fc.Arbitrary<Row> = fc.record({
  id: fc.integer({ min: 0, max: 9 }),
  g: group,
  x: fc.integer({ min: 0, max: 3 }),
});
const condition = fc.constantFrom<{ sql: string; holds: (row: Row) => boolean }>(
  { sql: 'id % 2 = 0', holds: ({ id }) => id % 2 === 0 },
  { sql: `g = 'a'`, holds: ({ g }) => g === 'a' },
  { sql: 'g IS NULL', holds: ({ g }) => g === null },
  { sql: 'id > 4', holds: ({ id }) => id > 4 },
  // About the row as a whole: the engine copies it for that.
  { sql: `to_json(t)->>'x' = '1'`, holds: ({ x }) => x === 1 },
  { sql: 'true', holds: () => true },
);

const literal = (value: string | number | null) => (typeof value === 'string' ? `'${value}'` : `${value}`);
const tuples = (rows: readonly Row[]) =>
  rows.map(({ id, g, x }) => `(${[id, g, x].map(literal).join(', ')})`).join(', ');

/** With a key each id stands once, and an insert is an upsert. */
const anyStatement = (hasKey: boolean): fc.Arbitrary<Statement> =>
  fc.oneof(
    fc.array(anyRow, { minLength: 1, maxLength: 4 }).map((given): Statement => {
      const rows = hasKey ? [...new Map(given.map((row) => [row.id, row])).values()] : given;
      const insert = `INSERT INTO t VALUES ${tuples(rows)}`;
      if (!hasKey) return { sql: insert, apply: (there) => [...there, ...rows] };
      const byId = new Map(rows.map((row) => [row.id, row]));
      return {
        sql: `${insert} ON CONFLICT DO UPDATE SET g = excluded.g, x = excluded.x`,
        apply: (there) => [...there.filter(({ id }) => !byId.has(id)), ...rows],
      };
    }),
    condition.map(
      ({ sql, holds }): Statement => ({
        sql: `DELETE FROM t WHERE ${sql}`,
        apply: (there) => there.filter((row) => !holds(row)),
      }),
    ),
    fc.tuple(condition, group).map(
      ([{ sql, holds }, g]): Statement => ({
        sql: `UPDATE t SET g = ${literal(g)} WHERE ${sql}`,
        apply: (there) => there.map((row) => (holds(row) ? { ...row, g } : row)),
      }),
    ),
    condition.map(
      ({ sql, holds }): Statement => ({
        sql: `UPDATE t SET x = (x + 1) % 4 WHERE ${sql}`,
        apply: (there) => there.map((row) => (holds(row) ? { ...row, x: (row.x + 1) % 4 } : row)),
      }),
    ),
  );

const anyStep = (hasKey: boolean): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 7,
      arbitrary: fc
        .array(anyStatement(hasKey), { minLength: 1, maxLength: 3 })
        .map((statements): Step => ({ kind: 'update', statements })),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('reopen', 'refresh', 'elsewhere').map((kind): Step => ({ kind })),
    },
  );

const anyHistory = fc
  .record({ hasKey: fc.boolean(), historyVersions: fc.constantFrom(2, 5, 100) })
  .chain((table) => fc.tuple(fc.constant(table), fc.array(anyStep(table.hasKey), { maxLength: 14 })));

/** Rows as texts, in an order of their own. */
const bag = (rows: readonly object[]): string[] =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    )
    .sort();

const read = async (db: Everview, sql: string) => bag((await db.query(sql)).rows);

/** Every version that can be reached, by what a person noted down, and the changes from one to the next. */
async function expectPasts(db: Everview, noted: ReadonlyMap<number, readonly string[]>): Promise<void> {
  const { since, changes } = await db.changes('t');
  const counts = new Map<string, number>();
  for (const row of noted.get(since) ?? []) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const [version, rows] of [...noted].sort(([a], [b]) => a - b)) {
    if (version < since) continue;
    expect(await read(db, `SELECT * FROM t AT (VERSION => ${version})`)).toEqual(rows);
    for (const { weight, row } of changes.filter((change) => change.version === version)) {
      const [text = ''] = bag([row]);
      counts.set(text, (counts.get(text) ?? 0) + weight);
    }
    const left = [...counts].flatMap(([row, count]) => Array<string>(count).fill(row));
    expect(left.sort()).toEqual(rows);
  }
}

const byGroup =
  'SELECT g, count(*)::INTEGER AS n, sum(x)::INTEGER AS xs, max(id)::INTEGER AS last FROM t GROUP BY g';
const someRows = 'SELECT id, g FROM t WHERE x > 0';

test('a table, its past, its changes and its views are what was done to it', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async ([{ hasKey, historyVersions }, steps]) => {
      await using file = await temporaryDatabase();
      const opened = await openEverview({ path: file.path, historyVersions });
      let { db } = opened;
      try {
        await db.sql(`CREATE TABLE t (id INTEGER${hasKey ? ' PRIMARY KEY' : ''}, g VARCHAR, x INTEGER);
          CREATE TABLE other (n INTEGER);
          CREATE MATERIALIZED VIEW eager WITH (refresh = immediate) AS ${byGroup};
          CREATE MATERIALIZED VIEW late WITH (refresh = manual, on_stale_read = serve) AS ${someRows};
          REFRESH late`);
        let rows: readonly Row[] = [];
        const noted = new Map<number, readonly string[]>([[0, []]]);
        for (const step of steps) {
          if (step.kind === 'update') {
            await db.sql(`BEGIN; ${step.statements.map(({ sql }) => sql).join('; ')}; COMMIT`);
            rows = step.statements.reduce((there, { apply }) => apply(there), rows);
          } else if (step.kind === 'elsewhere') {
            await db.sql('INSERT INTO other VALUES (1)');
          } else if (step.kind === 'refresh') {
            await db.sql('REFRESH late INCREMENTAL');
            expect(await read(db, 'SELECT * FROM late')).toEqual(await read(db, someRows));
            await db.step();
          } else {
            await db.close();
            ({ db } = await openEverview({ path: file.path, historyVersions, clock: opened.clock }));
          }
          const { rows: found, version } = await db.query('SELECT * FROM t');
          expect(bag(found)).toEqual(bag(rows));
          expect(await read(db, 'SELECT * FROM eager')).toEqual(await read(db, byGroup));
          noted.set(version, bag(rows));
        }
        await expectPasts(db, noted);
      } finally {
        await db.close();
      }
    }),
    { numRuns: longer(8, 60), seed: 20 },
  );
}, 600_000);
