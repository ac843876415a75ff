import { describe, expect, it } from 'vitest';
import { type Everview, EverviewError } from '../../src/index.ts';
import { depth, firstOf, longer } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

type Given = {
  readonly tag: string;
  readonly id: number | null;
  readonly parent: number | null;
  readonly amount: number | null;
};

const columns = 'tag, id, parent, amount';

async function declareTables(db: Everview, response: 'reject' | 'quarantine'): Promise<void> {
  await db.sql(`
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE children (tag VARCHAR NOT NULL UNIQUE, id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id),
      amount INTEGER NOT NULL CHECK (amount BETWEEN 0 AND 100)) WITH (on_violation = ${response});
    CREATE MATERIALIZED VIEW copies WITH (refresh = immediate) AS SELECT * FROM children;
    CREATE MATERIALIZED VIEW sums AS SELECT parent, count(*) AS n, sum(amount) AS amount FROM children GROUP BY parent;
    INSERT INTO parents SELECT * FROM range(5)`);
}

/** Breaks of any declared constraint that a view shows. */
async function leaked(db: Everview): Promise<number> {
  const { rows } = await db.query(`SELECT
      (SELECT count(*) FROM copies WHERE tag IS NULL OR id IS NULL OR amount IS NULL OR amount NOT BETWEEN 0 AND 100)
    + (SELECT count(*) FROM copies c WHERE c.parent IS NOT NULL AND c.parent NOT IN (SELECT id FROM parents))
    + (SELECT count(*) - count(DISTINCT id) FROM copies) + (SELECT count(*) - count(DISTINCT tag) FROM copies)
    + (SELECT coalesce(abs(sum(n) - (SELECT count(*) FROM children)), 0) FROM sums) AS bad`);
  return Number(rows[0]?.bad);
}

/** Tags of rows that are nowhere: not in the table, not in the quarantine, not in a record of a rejected update. */
async function lost(db: Everview, given: ReadonlySet<string>): Promise<string[]> {
  const { rows } = await db.query(`
    SELECT tag FROM children UNION SELECT json_extract_string("row", '$.tag') FROM everview.quarantine
    WHERE reason <> '' AND constraint_name <> '' AND state IN ('held', 'rejected', 'released', 'corrected', 'dropped')`);
  const found = new Set(rows.map((row) => String(row.tag)));
  return [...given].filter((tag) => !found.has(tag));
}

class Feeder {
  readonly #random: Random;
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Some rows, of which some break one constraint or more. */
  batch(): Given[] {
    return this.#random.list(this.#random.int(1, 8), () => {
      const tag = `row${this.#next++}`;
      return {
        tag,
        id: this.#random.chance(0.05)
          ? null
          : this.#random.chance(0.15)
            ? this.#random.int(0, 20)
            : 1_000 + this.#next,
        parent: this.#random.chance(0.1) ? null : this.#random.int(0, this.#random.chance(0.2) ? 9 : 4),
        amount: this.#random.chance(0.05)
          ? null
          : this.#random.int(this.#random.chance(0.15) ? -20 : 0, this.#random.chance(0.15) ? 130 : 100),
      };
    });
  }
}

/** Hands the rows over; what the engine was given is in `given` from then on. */
async function insertSomehow(
  db: Everview,
  random: Random,
  rows: readonly Given[],
  given: Set<string>,
): Promise<void> {
  const how = random.pick(['sql', 'typed', 'transaction', 'select'] as const);
  for (const row of how === 'transaction' ? [] : rows) given.add(row.tag);
  const values = rows.map((row) => `('${row.tag}', ${row.id}, ${row.parent}, ${row.amount})`).join(', ');
  const insert = `INSERT INTO children (${columns}) VALUES ${values}`;
  try {
    switch (how) {
      case 'sql':
        await db.execute(insert);
        return;
      case 'typed':
        await db.insert('children', rows);
        return;
      case 'transaction':
        await db.transaction(async (update) => {
          for (const row of rows) {
            given.add(row.tag);
            await update.insert('children', [row]);
          }
        });
        return;
      case 'select':
        await db.execute(
          `INSERT INTO children BY NAME SELECT * FROM (VALUES ${values}) AS given(${columns})`,
        );
        return;
    }
  } catch (failure) {
    if (!(failure instanceof EverviewError) || failure.code !== 'constraint-violation') throw failure;
  }
}

/** Fewer in every run; each checks all that was given so far. */
const rounds = longer(14, 16);

/** Law 4: a row is in the table, or set aside with its reason; and no view sees one that breaks a constraint. */
describe('law 4, nothing lost', () => {
  it.each(firstOf(['quarantine', 'reject'] as const))(
    'keeps every row given, and shows none that is wrong (%s)',
    async (response) => {
      const random = new Random(response === 'reject' ? 41 : 42);
      const { db } = await openEverview();
      await using _ = db;
      await declareTables(db, response);
      const feeder = new Feeder(random);
      const given = new Set<string>();
      for (let round = 0; round < depth(rounds, 25); round++) {
        await insertSomehow(db, random, feeder.batch(), given);
        if (random.chance(0.2))
          await db
            .execute(`UPDATE children SET amount = amount + ${random.int(-40, 40)} WHERE parent = 1`)
            .catch(ignoreViolation);
        if (random.chance(0.15)) await db.execute('RELEASE QUARANTINE FOR children');
        if (random.chance(0.1))
          await db.execute('CORRECT QUARANTINE FOR children SET amount = 50, parent = 0 WHERE amount > 100');
        if (random.chance(0.05)) await db.execute('DROP QUARANTINE FOR children WHERE amount < 0');
        if (round === 12) await db.execute('INSERT INTO parents VALUES (5), (6)');
        expect(await leaked(db)).toBe(0);
        expect(await lost(db, given)).toEqual([]);
      }
      const { rows } = await db.query('SELECT count(*) AS n FROM everview.quarantine');
      expect(Number(rows[0]?.n)).toBeGreaterThan(10);
    },
    60_000,
  );

  it('takes released rows once what they lacked has come, and no others', async () => {
    const { db } = await openEverview();
    await using _ = db;
    await declareTables(db, 'quarantine');
    const result = await db.insert('children', [
      { tag: 'orphan', id: 1, parent: 7, amount: 1 },
      { tag: 'wrong', id: 2, parent: 1, amount: -1 },
      { tag: 'good', id: 3, parent: 1, amount: 1 },
    ]);
    expect(result).toMatchObject({
      status: 'partial',
      reason: 'rows-quarantined',
      inserted: 1,
      quarantined: 2,
      version: 2,
    });
    await db.execute('RELEASE QUARANTINE FOR children');
    expect((await db.query('SELECT tag FROM copies ORDER BY tag')).rows).toEqual([{ tag: 'good' }]);
    await db.execute('INSERT INTO parents VALUES (7)');
    await db.execute('RELEASE QUARANTINE FOR children');
    expect((await db.query('SELECT tag FROM copies ORDER BY tag')).rows).toEqual([
      { tag: 'good' },
      { tag: 'orphan' },
    ]);
    const { rows } = await db.query(
      `SELECT json_extract_string("row", '$.tag') AS tag, state FROM everview.quarantine ORDER BY id`,
    );
    expect(rows).toEqual([
      { tag: 'orphan', state: 'released' },
      { tag: 'wrong', state: 'held' },
    ]);
  });
});

function ignoreViolation(failure: unknown): void {
  if (!(failure instanceof EverviewError) || failure.code !== 'constraint-violation') throw failure;
}
