import { describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

const declarations = `
  CREATE TABLE people (id INTEGER PRIMARY KEY, town VARCHAR, age INTEGER, income DOUBLE, y DOUBLE NOT NULL);
  CREATE MATERIALIZED VIEW towns AS SELECT town, count(*) AS people, avg(income) AS income, min(age) AS youngest FROM people GROUP BY town;
  CREATE TRAINING SET lives WITH (label = y) AS
    SELECT p.age, p.income, p.town, t.people, p.y FROM people p JOIN towns t ON t.town IS NOT DISTINCT FROM p.town;
  CREATE MODEL life WITH (method = 'ridge', l2 = 0.7, refresh = manual) AS SELECT * FROM lives;
`;

type Person = {
  readonly id: number;
  readonly town: string | null;
  readonly age: number;
  readonly income: number | null;
  readonly y: number;
};

function people(random: Random, count: number): Person[] {
  return random.list(count, (id) => ({
    id,
    town: random.chance(0.05) ? null : random.pick(['x', 'y', 'z', 'w']),
    age: random.int(1, 90),
    income: random.chance(0.1) ? null : random.int(0, 5_000) * 10,
    y: random.int(-1_000, 1_000) / 7,
  }));
}

async function openWith(rows: readonly Person[]): Promise<Everview> {
  const { db } = await openEverview();
  await db.sql(declarations);
  await db.insert('people', rows);
  return db;
}

/** What the views and the model tell about everyone who is there, and about people nobody knows. */
async function told(db: Everview): Promise<number[]> {
  const { rows } = await db.query(`
    SELECT prediction FROM PREDICT(life, (
      SELECT a AS age, i * 1000.0 AS income, t AS town, 5 AS people FROM range(20, 80, 15) ages(a), range(0, 40, 13) incomes(i),
      (VALUES ('x'), ('y'), ('q'), (NULL)) towns(t))) ORDER BY age, income, town`);
  const { rows: towns } = await db.query('SELECT town, people, income, youngest FROM towns ORDER BY town');
  return [
    ...rows.map((row) => Number(row.prediction)),
    ...towns.flatMap((row) => [Number(row.people), Number(row.income), Number(row.youngest)]),
  ];
}

function farthest(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(
    ...a.map((value, place) => Math.abs(value - (b[place] ?? Number.NaN)) / Math.max(1, Math.abs(value))),
  );
}

/** Law 8: rows deleted leave every view and model by the next refresh, as if they had never been. */
describe('law 8, forgetting', () => {
  it.each(
    firstOf([
      [84, 40, 3],
      [81, 200, 150],
      [82, 200, 30],
      [83, 60, 6],
    ]),
  )(
    'equals a model that never saw them, seed %i: %i people, %i left',
    async (seed, count, left) => {
      const random = new Random(seed);
      const all = people(random, count);
      const kept = new Set(
        random.sample(
          all.map((person) => person.id),
          left,
        ),
      );
      await using db = await openWith(all);
      await db.refresh('life');
      // In several updates, with refreshes between, so that the sums are taken from again and again.
      const gone = all.filter((person) => !kept.has(person.id)).map((person) => person.id);
      while (gone.length > 0) {
        await db.execute(`DELETE FROM people WHERE id IN (${gone.splice(0, random.int(5, 60)).join(', ')})`);
        await db.refresh('life', 'incremental');
      }
      await using innocent = await openWith(all.filter((person) => kept.has(person.id)));
      await innocent.refresh('life', 'full');
      expect(farthest(await told(db), await told(innocent))).toBeLessThan(1e-9);
    },
    60_000,
  );

  longTests(() => {
    it('forgets a category with the last who had it', async () => {
      const random = new Random(85);
      const all = people(random, 80);
      await using db = await openWith(all);
      await db.refresh('life');
      await db.execute(`DELETE FROM people WHERE town = 'z'`);
      await db.refresh('life', 'incremental');
      await using innocent = await openWith(all.filter((person) => person.town !== 'z'));
      await innocent.refresh('life', 'full');
      expect(farthest(await told(db), await told(innocent))).toBeLessThan(1e-9);
    });
  });

  it('answers nothing once everybody is gone', async () => {
    await using db = await openWith(people(new Random(86), 40));
    await db.refresh('life');
    await db.execute('DELETE FROM people');
    await db.refresh('life');
    await expect(told(db)).rejects.toMatchObject({ code: 'no-model-version' });
    const { rows } = await db.query(
      `SELECT DISTINCT status FROM everview.model_versions WHERE model = 'life'`,
    );
    expect(rows).toEqual([{ status: 'superseded' }]);
  });
});
