import { expect, test } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { compactProfiles, loadParts } from '../../src/ingest/judge/profile-log.ts';
import { readBlocks } from '../../src/ingest/profile/batch-columns.ts';
import { mergeParts, type ProfilePart, partsOf } from '../../src/ingest/profile/profile-part.ts';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { firstOf } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const columns =
  'id INTEGER PRIMARY KEY, happened TIMESTAMP, day DATE, x DOUBLE, n INTEGER, name VARCHAR, ok BOOLEAN';
const names = ['a', '', 'N/A', ' b', 'Zoë', '007', 'EspaÃ±a', null];
const numbers = [0, -1, 999, 1.5, 2.25, -3, 1e300, Number.POSITIVE_INFINITY, null];

function row(random: Random, id: number) {
  const at = random.chance(0.1) ? null : new Date(Date.UTC(2001, 0, random.int(1, 12), random.int(0, 23)));
  const x = random.pick(numbers);
  return {
    id,
    happened: at,
    day: at === null ? null : new Date(Math.floor(at.getTime() / 86_400_000) * 86_400_000),
    x,
    n: random.pick([0, 1, -1, 9_999, null]),
    name: random.pick(names),
    ok: random.pick([true, false, null]),
  };
}

/** One random update: new rows, late ones among them; rows again by key; rows that change; rows that leave. */
async function change(
  db: Awaited<ReturnType<typeof openEverview>>['db'],
  random: Random,
  step: number,
): Promise<void> {
  const ids = random.list(random.int(1, 30), (place) => step * 100 + place);
  const least = random.int(0, step * 100);
  await random.pick([
    () =>
      db.insert(
        't',
        ids.map((id) => row(random, id)),
      ),
    () =>
      db.insert(
        't',
        ids.map((id) => row(random, id)),
      ),
    () => db.execute(`DELETE FROM t WHERE id BETWEEN ${least} AND ${least + 40}`),
    () => db.execute(`DELETE FROM t WHERE happened < TIMESTAMP '2001-01-0${random.int(2, 9)}'`),
    () =>
      db.execute(
        `UPDATE t SET x = -x, happened = happened + INTERVAL 1 DAY WHERE id % 5 = ${random.int(0, 4)}`,
      ),
    () =>
      db.execute(
        `INSERT INTO t SELECT * REPLACE (name || '!' AS name) FROM t WHERE id >= ${least} LIMIT 20 ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
      ),
    () =>
      db.transaction(async (update) => {
        await update.execute(`DELETE FROM t WHERE id >= ${least} AND id < ${least + 10}`);
        await update.insert(
          't',
          ids.map((id) => row(random, id)),
        );
      }),
  ])();
}

const nothing = () => null;

async function fromScratch(session: Session): Promise<ProfilePart[]> {
  const schema = await session.describe('SELECT * FROM data."t"');
  const parts: ProfilePart[] = [];
  for await (const block of readBlocks(session, 'data."t"', schema))
    parts.push(...partsOf(block, 'happened', 1));
  return mergeParts(parts);
}

test.each(firstOf([1, 2]))(
  'the profile by day is that of the rows there are, whatever came and left (seed %d)',
  async (seed) => {
    await using database = await temporaryDatabase();
    const random = new Random(seed);
    const { db, clock } = await openEverview({ path: database.path });
    await db.sql(`CREATE TABLE t (${columns}) WITH (event_time = happened, profile = on)`);
    for (let step = 1; step <= 25; step++) {
      clock.advanceMs(3_600_000);
      await change(db, random, step);
    }
    await db.close();
    const store = await openDuckdbStore(database.path);
    const stored = () => store.read(nothing, (session) => loadParts(session, 't'));
    const kept = mergeParts(await stored());
    const scratch = await store.read(nothing, fromScratch);
    await store.write((tx) => compactProfiles(tx, 't', 'insert', 0));
    const compacted = await stored();
    await store.close();
    expect(scratch.length).toBeGreaterThan(3);
    expect(kept).toEqual(scratch);
    expect(compacted).toHaveLength(scratch.length);
    expect(mergeParts(compacted)).toEqual(scratch);
  },
);
