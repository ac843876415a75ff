import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests that go further here say so by their `depth`, or by that of what plays them. */
const saysDepth = /from '[./]+support\/(?:depth|shape-run)\.ts'/;

const deeper = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .filter((path) => saysDepth.test(readFileSync(join(import.meta.dirname, path), 'utf8')));

/** `npm run test:campaigns`: what takes too long for every run of the tests. */
export default defineConfig({
  test: {
    include: ['test/**/*.campaign.ts', ...deeper.map((path) => `test/${path.replaceAll('\\', '/')}`)],
    setupFiles: ['test/support/seed-draws.ts'],
    env: { EVERVIEW_TEST_DEPTH: 'campaign' },
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
