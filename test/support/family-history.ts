import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Everview, Row, SimulatedClock } from '../../src/index.ts';
import { openEverview } from './open-everview.ts';
import { Random } from './random.ts';

const hourMs = 3_600_000;
const windowMs = 20 * 24 * hourMs;

const columns = `id BIGINT PRIMARY KEY, moment TIMESTAMP NOT NULL, x DOUBLE, far DOUBLE, tiny DOUBLE, twin DOUBLE, hole DOUBLE,
  flag BOOLEAN, kind VARCHAR, words INTEGER, other INTEGER, y DOUBLE, z DOUBLE, class VARCHAR, yes BOOLEAN, amount DOUBLE`;

/** A training set over all columns with `label`, and the model that is to be held against itself. */
export type FamilyCase = {
  readonly name: string;
  readonly label: 'y' | 'class' | 'yes' | 'words' | 'amount';
  readonly options: string;
  readonly features: string;
  /** Whether the history moves the window. */
  readonly window?: boolean;
};

function declarations({ label, options, features, window = true }: FamilyCase): string {
  const others = ['y', 'class', 'yes', 'words', 'amount'].filter((name) => name !== label);
  const windowed = window ? ", window = INTERVAL '20 days'" : '';
  return `CREATE TABLE t (${columns});
    CREATE TRAINING SET s WITH (label = ${label}, event_time = moment${windowed}) AS
      SELECT * EXCLUDE (id) FROM t;
    CREATE MODEL m WITH (${options}, refresh = auto) AS SELECT ${features === '*' ? `* EXCLUDE (${others.join(', ')})` : features} FROM s;`;
}

/** Rows of very different scale, collinear, with gaps and levels that come and go. */
function rowOf(random: Random, id: number, moment: Date, step: number): Row {
  const x = random.int(-500, 500) / 100;
  const kind = random.chance(0.05) ? null : `k${random.int(0, 2 + (step % 4))}`;
  const words = random.int(0, 6);
  const other = random.int(0, 3);
  const score = x + (kind === 'k1' ? 2 : 0) + words / 2 - other;
  const hole = random.chance(0.15) ? null : random.int(0, 900) / 70;
  const noise = random.int(-300, 300) / 100;
  return {
    id,
    moment,
    x,
    far: 1e9 + random.int(0, 1_000_000),
    tiny: random.int(0, 1000) * 1e-9,
    twin: 3 * x + 2,
    hole,
    flag: random.chance(0.4),
    kind,
    words,
    other,
    y: 3 + 2 * score + (hole ?? 5) + noise,
    z: 1 - score + noise,
    class: score + noise > 3 ? 'high' : score + noise > 0 ? 'mid' : 'low',
    yes: score + noise > 1,
    amount: Math.exp((score + noise) / 3) + 0.1,
  };
}

/** Inserts, deletes, updates and hours passing; `visit` looks at the engine after every step. */
export async function playFamilyHistory(
  family: FamilyCase,
  seed: number,
  steps: number,
  visit: (db: Everview, clock: SimulatedClock, step: number) => Promise<void>,
): Promise<void> {
  const random = new Random(seed);
  const directory = await mkdtemp(join(tmpdir(), 'everview-family-'));
  const path = join(directory, 'family.db');
  let { db, clock } = await openEverview({ path });
  try {
    await db.sql(declarations(family));
    for (let step = 0; step < steps; step++) {
      clock.advanceMs(random.int(1, 90) * hourMs);
      const now = clock.nowMs();
      const count = step === 0 ? 60 : random.int(1, 40);
      await db.insert(
        't',
        random.list(count, (place) =>
          rowOf(random, step * 1_000 + place, new Date(now - random.int(0, 120) * hourMs), step),
        ),
      );
      const modulus = random.int(2, 9);
      if (random.chance(0.4)) await db.execute(`DELETE FROM t WHERE id % ${modulus} = ${random.int(0, 8)}`);
      if (random.chance(0.3))
        await db.execute(`UPDATE t SET x = x / 2, kind = 'k9' WHERE id % ${modulus + 3} = 1`);
      if (step === steps - 3) await db.execute('DELETE FROM t WHERE id % 50 > 2');
      if (step === steps - 2) await db.execute('DELETE FROM t WHERE id > 4 AND id < 999999');
      await visit(db, clock, step);
      if (step % 3 === 1) {
        // resume: what was kept in the file is all there is
        await db.close();
        ({ db, clock } = await openEverview({ path, clock }));
      }
    }
  } finally {
    await db.close();
    rmSync(directory, { recursive: true });
  }
}

/** A fresh engine that knows just the rows of `db` as they are, at the same moment. */
export async function fromScratch(
  db: Everview,
  clock: SimulatedClock,
  family: FamilyCase,
): Promise<Everview> {
  const { rows } = await db.query('SELECT * FROM t ORDER BY id');
  const fresh = await openEverview({ clock });
  await fresh.db.sql(declarations(family));
  const alive = rows.filter(
    ({ moment }) =>
      family.window === false || (moment instanceof Date && moment.getTime() > clock.nowMs() - windowMs),
  );
  if (alive.length > 0) await fresh.db.insert('t', alive);
  await fresh.db.refresh('m');
  return fresh.db;
}

/** Inputs that rows of the history could have, and others. */
export const questions = `(SELECT i * 0.7 - 4 AS x, 1e9 + i * 30000.0 AS far, i * 3e-8 AS tiny, 3 * (i * 0.7 - 4) + 2 AS twin,
  CASE WHEN i % 5 = 0 THEN NULL ELSE i * 0.4 END AS hole, (i % 2 = 0) AS flag, CASE WHEN i % 9 <> 0 THEN 'k' || i % 8 END AS kind,
  (i % 7)::INTEGER AS words, (i % 4)::INTEGER AS other, TIMESTAMP '2001-06-07' + i * INTERVAL '5 hours' AS moment, i FROM range(25) r(i))`;
