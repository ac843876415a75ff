import { expect, test } from 'vitest';
import { type BatchColumns, readBlocks } from '../../../src/ingest/profile/batch-columns.ts';
import { measureBatch, noJointPlan } from '../../../src/ingest/profile/batch-profile.ts';
import { type MeasuredBlock, measuredBlocks } from '../../../src/ingest/profile/measured-blocks.ts';
import { openDuckdbStore } from '../../../src/store/duckdb-store.ts';

test('columns of a wide table that are read some at a time are those read at once', async () => {
  const store = await openDuckdbStore(':memory:', { threads: 1 });
  const list = Array.from({ length: 1_100 }, (_, place) =>
    place % 7 === 0 ? `'v' || (i * ${place} % 5) AS c${place}` : `(i * ${place + 3}) % 31 AS c${place}`,
  );
  try {
    await store.write(
      async (tx) => {
        await tx.run(`CREATE TEMP TABLE wide AS SELECT ${list.join(', ')} FROM range(40) r(i)`);
        const schema = await tx.describe('SELECT * FROM wide');
        const blocks: MeasuredBlock[] = [];
        for await (const block of measuredBlocks(tx, 'wide', schema, new Map())) blocks.push(block);
        const whole: BatchColumns[] = [];
        for await (const block of readBlocks(tx, 'wide', schema)) whole.push(block);
        const profiles = whole.map((block) => measureBatch(block, noJointPlan, new Map()).columns);
        expect(blocks.map((block) => block.columns)).toEqual(whole.map((block) => block.columns));
        expect(blocks.map((block) => block.profiles)).toEqual(profiles);
        const none: MeasuredBlock[] = [];
        for await (const block of measuredBlocks(tx, '(FROM wide LIMIT 0)', schema, new Map()))
          none.push(block);
        expect(none).toEqual([]);
        const [first, ...rest] = schema;
        const broken = [{ name: 'gone', type: 'DOUBLE' }, ...rest, ...(first === undefined ? [] : [first])];
        const failing = measuredBlocks(tx, 'wide', broken, new Map());
        await expect(failing[Symbol.asyncIterator]().next()).rejects.toThrow('gone');
      },
      () => {},
    );
  } finally {
    await store.close();
  }
});
