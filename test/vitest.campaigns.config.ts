import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import everyRun from '../vitest.config.ts';

/** Tests that go further here, or have long ones beside those of every run, say so by what they import. */
const saysDepth = /from '[./]+support\/(?:depth|shape-run)\.ts'/;

const deeper = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .filter((path) => saysDepth.test(readFileSync(join(import.meta.dirname, path), 'utf8')));

/** `npm run test:campaigns`: what takes too long for every run of the tests. */
export default defineConfig({
  test: {
    ...everyRun.test,
    include: ['test/**/*.campaign.ts', ...deeper.map((path) => `test/${path.replaceAll('\\', '/')}`)],
    env: { EVERVIEW_TEST_DEPTH: 'campaign' },
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
