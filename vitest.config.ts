import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { allocatorSetting } from './src/cli/allocator-setting.ts';

/** Files that take longest, so that none of them is begun when all others are done. On a clean clone nothing else tells. */
const slowest = [
  'laws/law-1-refresh.',
  'documentation/',
  'view/shapes.',
  'laws/law-1-refresh-broad.',
  'engine/findings.',
  'model/family-histories.',
  'laws/law-2-',
];

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) =>
      slowest.some((part) => moduleId.includes(`/test/${part}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/seed-draws.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // As the command line has it (src/cli/main.ts); campaigns, which measure memory, have DuckDB as it comes.
    env: { [allocatorSetting.name]: allocatorSetting.value },
    // Short-lived objects die young: a third of what collecting them takes.
    execArgv: ['--max-semi-space-size=64'],
    // No module keeps state, so files of tests can share those that are loaded.
    isolate: false,
    sequence: { sequencer: SlowestFirst },
  },
});
