import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  arbitraryFirstView,
  arbitrarySecondView,
  arbitraryTables,
  arbitraryUpdate,
} from '../support/view-arbitraries.ts';
import { ViewWorld } from '../support/view-world.ts';

const runs = Number(process.env['EVERVIEW_VIEW_RUNS'] ?? 60);

const way = fc.constantFrom(
  'advance' as const,
  'advance' as const,
  'advance' as const,
  'rebuild' as const,
  'skip' as const,
);

const history = fc.record({
  contentRows: fc.constantFrom(undefined, 1_000_000),
  first: arbitraryFirstView,
  second: arbitrarySecondView,
  start: arbitraryUpdate,
  steps: fc.array(fc.record({ update: arbitraryUpdate, first: way, second: way }), {
    minLength: 1,
    maxLength: 6,
  }),
});

test('advancing equals recomputing, step by step, through a view over a view', {
  timeout: 60_000 + 1_000 * runs,
}, async () => {
  const paths = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(history, async ({ contentRows, first, second, start, steps }) => {
      const world = await ViewWorld.open();
      world.contentRows = contentRows;
      try {
        for (const [name, schema] of Object.entries(arbitraryTables)) await world.table(name, schema);
        await world.update(start);
        await world.view('first', first);
        expect(await world.checkedRefresh('first', 'rebuild')).toMatchObject({ kind: 'full' });
        await world.view('second', second);
        await world.checkedRefresh('second', 'rebuild');
        for (const step of steps) {
          await world.update(step.update);
          if (step.first === 'skip') continue;
          const outcomes = [await world.checkedRefresh('first', step.first)];
          if (step.second !== 'skip') outcomes.push(await world.checkedRefresh('second', step.second));
          for (const { kind, fallback } of outcomes) {
            const path = fallback ?? kind;
            paths.set(path, (paths.get(path) ?? 0) + 1);
          }
        }
      } finally {
        await world.close();
      }
    }),
    {
      numRuns: runs,
      seed: Number(process.env['EVERVIEW_VIEW_SEED'] ?? 20_261_121),
    },
  );
  expect([...paths.keys()]).toEqual(expect.arrayContaining(['incremental', 'full']));
});
