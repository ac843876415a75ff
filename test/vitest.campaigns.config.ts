import { defineConfig } from 'vitest/config';

/** `npm run test:campaigns`: what takes too long for every run of the tests. */
export default defineConfig({
  test: {
    include: ['test/**/*.campaign.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
