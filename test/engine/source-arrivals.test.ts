import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { longer } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

it('arrivals of sources do not grow with the updates, and none is forgotten', async () => {
  await using file = await temporaryDatabase();
  const { db, clock } = await openEverview({ path: file.path });
  await db.sql(`
    CREATE TABLE a (station VARCHAR) WITH (source = station);
    CREATE TABLE b (station VARCHAR) WITH (source = station)`);
  const updates = longer(70, 140);
  for (let update = 1; update <= updates; update++) {
    clock.advanceMs(1_000);
    await db.insert(update % 2 === 0 ? 'a' : 'b', [
      { station: update % 3 === 0 ? null : `it's ${update % 4}` },
    ]);
  }
  const sources = 'SELECT "table", source, rows, last_change FROM everview.sources ORDER BY ALL';
  const before = (await db.query(sources)).rows;
  await db.close();
  const bare = await DuckDBInstance.create(file.path);
  const connection = await bare.connect();
  const kept = await connection.runAndReadAll('SELECT count(*) FROM everview.source_arrivals');
  connection.closeSync();
  bare.closeSync();
  expect(Number(kept.value(0, 0))).toBeLessThan(30);
  const again = await openEverview({ path: file.path, clock });
  expect((await again.db.query(sources)).rows).toEqual(before);
  expect(before.reduce((sum, { rows }) => sum + Number(rows), 0)).toBe(updates);
  await again.db.close();
});
