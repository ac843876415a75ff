import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnySection, Benchmark } from './benchmark.ts';
import { commitWithView } from './commit-with-view.ts';
import { decisionGrid } from './decision-grid.ts';
import { drill } from './drill.ts';
import { incrementalRefresh } from './incremental-refresh.ts';
import { machineLines } from './machine.ts';
import { modelFit } from './model-fit.ts';
import { modelPredict } from './model-predict.ts';
import { modelRefresh } from './model-refresh.ts';
import { modelRow } from './model-row.ts';
import { pgIvm } from './pg-ivm.ts';
import { predictionViews } from './prediction-views.ts';
import { readPlans } from './read-plans.ts';
import { refreshFlatness } from './refresh-flatness.ts';
import { report, sectionLines } from './report.ts';
import { ridgeRefresh } from './ridge-refresh.ts';

/**
 * npm run bench -- [name …] [--quick]
 *
 * Prints the machine and a table per benchmark; a full run of all of them writes RESULTS.md.
 */
const benchmarks: readonly Benchmark[] = [
  ridgeRefresh,
  incrementalRefresh,
  commitWithView,
  pgIvm,
  predictionViews,
  readPlans,
  decisionGrid,
  modelFit,
  modelRefresh,
  refreshFlatness,
  modelPredict,
  modelRow,
  drill,
];

const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const names = given.filter((argument) => argument !== '--quick');
const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));

if (unknown.length > 0) {
  console.error(`no benchmark "${unknown[0]}"; there are ${benchmarks.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
} else {
  await runAll(benchmarks.filter(({ name }) => names.length === 0 || names.includes(name)));
}

async function runAll(chosen: readonly Benchmark[]): Promise<void> {
  const machine = machineLines(['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' '));
  console.log(machine.join('\n'));
  const sections: AnySection[] = [];
  for (const benchmark of chosen) {
    const directory = mkdtempSync(join(tmpdir(), 'everview-benchmark-'));
    try {
      for (const section of await benchmark.run({ directory, isQuick })) {
        sections.push(section);
        console.log(`\n${sectionLines(section).join('\n')}`);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  const results = report(machine, sections);
  if (!isQuick && chosen.length === benchmarks.length) {
    writeFileSync(new URL('RESULTS.md', import.meta.url), results);
  }
}
