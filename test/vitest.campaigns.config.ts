import { defineConfig } from 'vitest/config';

/** Tests that draw, taken again: how far they go here is said by their `depth`. */
const deeper = [
  'documentation/documentation',
  'engine/gates',
  'engine/prediction-views',
  'engine/temporal',
  'ingest/insert-property',
  'lab/auto-replay',
  'lab/hindsight-replay',
  'lab/run-experiment',
  'laws/law-2-atomicity',
  'laws/law-3-consistency',
  'laws/law-5-gate',
  'laws/law-7-determinism',
  'model/certified-histories',
  'model/every-family',
  'model/family-histories',
  'model/maintained-equals-scratch',
  'promote/paired-test',
  'view/group-rungs',
  'view/refresh-law',
  'view/shapes',
  'view/temporal',
];

/** `npm run test:campaigns`: what takes too long for every run of the tests. */
export default defineConfig({
  test: {
    include: ['test/**/*.campaign.ts', ...deeper.map((name) => `test/${name}.test.ts`)],
    setupFiles: ['test/support/seed-draws.ts'],
    env: { EVERVIEW_TEST_DEPTH: 'campaign' },
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
