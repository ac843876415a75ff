import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open-engine.ts';
import { beginReadAhead, readInAdvance } from '../../src/engine/read-ahead.ts';
import { refreshObjects } from '../../src/engine/refresh-objects.ts';
import { Everview } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { Random } from '../support/random.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everview-read-ahead-'));
});
afterAll(() => rm(directory, { recursive: true }));

const rowsFrom = (first: number, count: number) =>
  `SELECT range AS id, range * 7919 % 1000 / 8.0 AS a, range * 104729 % 997 / 4.0 AS b,
          3 * (range * 7919 % 1000 / 8.0) - range % 13 AS y, TIMESTAMP '2026-01-01' + to_minutes(range) AS moment
   FROM range(${first}, ${first + count})`;

const wholeSet = 'SELECT a, b, y FROM t';

async function openModel(path: string, set = wholeSet, options = 'label = y'): Promise<Everview> {
  const everview = await Everview.open(path, { scheduler: 'manual', refresh: 'incremental' });
  await everview.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, a DOUBLE, b DOUBLE, y DOUBLE, moment TIMESTAMP);
    INSERT INTO t ${rowsFrom(0, 500)};
    CREATE TRAINING SET s WITH (${options}) AS ${set};
    CREATE MODEL m WITH (method = 'ridge', l2 = 0.5) AS SELECT * FROM s;
  `);
  await everview.refresh('m');
  return everview;
}

async function change(everview: Everview, random: Random, first: number): Promise<void> {
  await everview.transaction(async (update) => {
    await update.execute(`INSERT INTO t ${rowsFrom(first, random.int(1, 40))}`);
    if (random.chance(0.6)) await update.execute(`DELETE FROM t WHERE id % 17 = ${random.int(0, 16)}`);
    if (random.chance(0.4))
      await update.execute(`UPDATE t SET y = y + 1 WHERE id % 23 = ${random.int(0, 22)}`);
  });
}

longTests(() => {
  test('what is read ahead is what would be read, to the last digit', async () => {
    await using ahead = await openModel(':memory:');
    await using behind = await openModel(':memory:');
    for (let step = 1; step <= 12; step++) {
      for (const everview of [ahead, behind]) await change(everview, new Random(step), 1_000 * step);
      // The set alone: then the model lags it, and takes both changes at once.
      if (step % 4 === 0) for (const everview of [ahead, behind]) await everview.refresh('s');
      if (step % 4 === 0)
        for (const everview of [ahead, behind]) await change(everview, new Random(-step), 1_000 * step + 500);
      await behind.refresh('s');
      for (const everview of [ahead, behind]) {
        await everview.refresh('m');
        const last = `SELECT kind FROM everview.refreshes WHERE name = 'm' ORDER BY refresh_id DESC LIMIT 1`;
        expect((await everview.query(last)).rows).toEqual([{ kind: 'incremental' }]);
      }
      expect(await ahead.weights('m')).toEqual(await behind.weights('m'));
    }
  });
});

test('updates that come meanwhile are all learned from in the end', async () => {
  await using everview = await openModel(':memory:');
  const random = new Random(3);
  for (let step = 1; step <= 8; step++) {
    await change(everview, random, 1_000 * step);
    await Promise.all([
      everview.refresh('m'),
      change(everview, random, 1_000 * step + 500),
      everview.refresh('m'),
    ]);
  }
  await everview.refresh('m');
  const moved = await everview.query(
    'SELECT prediction FROM PREDICT(m, (SELECT a, b FROM t WHERE id < 100)) ORDER BY 1',
  );
  await everview.refresh('m', 'full');
  const anew = await everview.query(
    'SELECT prediction FROM PREDICT(m, (SELECT a, b FROM t WHERE id < 100)) ORDER BY 1',
  );
  for (const [at, row] of anew.rows.entries())
    expect(moved.rows[at]?.['prediction']).toBeCloseTo(Number(row['prediction']), 8);
});

describe('is tried', () => {
  const withChange = async (name: string, ...how: [set?: string, options?: string]) => {
    const path = join(directory, name);
    const everview = await openModel(path, ...how);
    await everview.execute(`INSERT INTO t ${rowsFrom(600, 5)}`);
    await everview.execute('DELETE FROM t WHERE id < 3');
    await everview.close();
    return openEngine(path, { scheduler: 'manual', refresh: 'incremental' });
  };

  test('where the set shows a table row by row, and is used for that change alone', async () => {
    const { core, runtime } = await withChange('shown.db');
    const ahead = await beginReadAhead(core, 'm', 'auto');
    const [version, logged] = [core.state.version, { inserted: 5, deleted: 3 }];
    expect(ahead).toMatchObject({ version, logged, advanced: { rowsRead: 8 } });
    const from = core.state.cursors.get('m');
    if (from === undefined) throw new RangeError('the model stands nowhere');
    expect(readInAdvance(ahead, from, version, logged)).toBe(ahead?.advanced);
    expect(readInAdvance(ahead, { ...from }, version, logged)).toBe(null);
    expect(readInAdvance(ahead, from, from.version, logged)).toBe(null);
    expect(readInAdvance(ahead, from, version, { ...logged, inserted: 6 })).toBe(null);
    expect(readInAdvance(null, from, version, logged)).toBe(null);
    expect(await beginReadAhead(core, 'm', 'full')).toBe(null);
    await refreshObjects(core, ['s'], { trigger: 'asked', how: 'auto' });
    expect(await beginReadAhead(core, 'm', 'auto')).toBe(null);
    await core.store.close();
    await runtime.close();
  });

  longTests(() => {
    test.each([
      ['filtered', 'SELECT a, b, y FROM t WHERE b > 5', 'label = y'],
      ['grouped', 'SELECT a, avg(b) AS b, sum(y) AS y FROM t GROUP BY a', 'label = y'],
      [
        'timed',
        'SELECT a, b, y, moment FROM t',
        "label = y, event_time = moment, label_delay = INTERVAL '1 second'",
      ],
    ])('not where it is %s', async (name, set, options) => {
      const { core, runtime } = await withChange(`${name}.db`, set, options);
      expect(await beginReadAhead(core, 'm', 'auto')).toBe(null);
      await core.store.close();
      await runtime.close();
    });
  });
});
