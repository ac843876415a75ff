import { expect, it } from 'vitest';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

it('false alarms are those of all judged tables together, but of tables that have their own', async () => {
  const { db, clock } = await openEverview();
  const random = new Random(5);
  /** The chance of a false notice by update, of each table's last. */
  const chances = async () => {
    const { rows } = await db.query(
      `SELECT name, notice_below * greatest(1, tests) AS chance FROM everview.verdicts
       QUALIFY row_number() OVER (PARTITION BY name ORDER BY version DESC) = 1`,
    );
    const chance = (table: string) => Number(rows.find(({ name }) => name === table)?.chance);
    return { shared: chance('a'), own: chance('own') };
  };
  /** One every two minutes: so many a month that the budget counts. */
  const update = async (table: string) => {
    clock.advanceMs(60_000);
    await db.insert(
      table,
      random.list(20, () => ({ x: random.next() })),
    );
  };
  await db.sql(`CREATE TABLE a (x DOUBLE) WITH (profile = on);
    CREATE TABLE own (x DOUBLE) WITH (profile = on, false_alarms = 1)`);
  for (let count = 0; count < 10; count++) for (const table of ['a', 'own']) await update(table);
  const alone = await chances();
  expect(alone.own).toBeGreaterThan(0);
  expect(alone.shared / alone.own).toBeCloseTo(1, 1);
  await db.sql('CREATE TABLE b (x DOUBLE) WITH (profile = on)');
  for (const table of ['a', 'own']) await update(table);
  const shared = await chances();
  expect(shared.shared / shared.own).toBeCloseTo(0.5, 1);
  await db.close();
});
