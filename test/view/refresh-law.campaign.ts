import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rungsOf } from '../../src/plan/view-plan.ts';
import {
  arbitraryFirstView,
  arbitrarySecondView,
  arbitraryTables,
  arbitraryUpdate,
} from '../support/view-arbitraries.ts';
import { ViewWorld } from '../support/view-world.ts';

const runs = Number(process.env['EVERVIEW_VIEW_RUNS'] ?? 80);

const way = fc.constantFrom(
  'advance' as const,
  'advance' as const,
  'domain' as const,
  'rebuild' as const,
  'skip' as const,
);

const history = fc.record({
  toldRows: fc.constantFrom(undefined, 1_000_000),
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
    fc.asyncProperty(history, async ({ toldRows, first, second, start, steps }) => {
      const world = await ViewWorld.open();
      world.toldRows = toldRows;
      try {
        for (const [name, schema] of Object.entries(arbitraryTables)) await world.table(name, schema);
        await world.update(start);
        const rungs = new Map([['first', rungsOf((await world.view('first', first)).plan)]]);
        const refresh = (name: string, how: 'advance' | 'domain' | 'rebuild') => {
          if (how !== 'domain') return world.checkedRefresh(name, how);
          const rung = rungs.get(name)?.includes('domain') ? 'domain' : undefined;
          return world.checkedRefresh(name, 'advance', rung);
        };
        expect(await world.checkedRefresh('first', 'rebuild')).toMatchObject({ kind: 'full' });
        rungs.set('second', rungsOf((await world.view('second', second)).plan));
        await world.checkedRefresh('second', 'rebuild');
        for (const step of steps) {
          await world.update(step.update);
          if (step.first === 'skip') continue;
          const outcomes = [await refresh('first', step.first)];
          if (step.second !== 'skip') outcomes.push(await refresh('second', step.second));
          for (const { kind, fallback, recomputed } of outcomes) {
            const path = fallback ?? recomputed ?? kind;
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
  expect([...paths.keys()]).toEqual(expect.arrayContaining(['incremental', 'min-max-retraction', 'full']));
});
