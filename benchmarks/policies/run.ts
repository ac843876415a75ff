import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judgeAims, type RunResult, runExperiment, summarize } from '../../src/lab/laboratory.ts';
import { machineLines } from '../machine.ts';
import { lessonsReport } from './lessons.ts';
import { policiesReport, type SetReport, type SkippedSet, type YearReport } from './policies-report.ts';
import { type PolicySet, policySets } from './policy-sets.ts';
import { yearOfHours } from './year-of-hours.ts';

/**
 * npm run bench:policies -- [set …] [--quick]
 *
 * Replays the standard policies over the real sets; a full run of all of them writes POLICIES.md and POLICY-LESSONS.md. Replays are kept in
 * `.everview-lab` and found again. `--quick`: a few policies over the end of each history, to show that it runs.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const dataFolder = process.env.EVERVIEW_DATA ?? join(root, '..', 'shared', 'data');
const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const names = given.filter((word) => !word.startsWith('--'));
const unknown = names.find((name) => !policySets.some(({ experiment }) => experiment.name === name));

if (unknown !== undefined) {
  const known = policySets.map(({ experiment }) => experiment.name).join(', ');
  console.error(`no set "${unknown}"; there are ${known}`);
  process.exitCode = 1;
} else {
  await runAll(policySets.filter(({ experiment }) => names.length === 0 || names.includes(experiment.name)));
}

async function runAll(chosen: readonly PolicySet[]): Promise<void> {
  const machine = machineLines(
    ['npm run bench:policies', ...(given.length > 0 ? ['--', ...given] : [])].join(' '),
  );
  console.log(machine.join('\n'));
  const year = await measureYear();
  const skipped: SkippedSet[] = [];
  const sets: SetReport[] = [];
  for (const { experiment, source, drift, file } of chosen) {
    const { name } = experiment;
    if (!existsSync(join(dataFolder, file))) {
      skipped.push({ name, source, file });
      console.log(`\n${name}: skipped, there is no ${join(dataFolder, file)} (from ${source})`);
      continue;
    }
    const { run, elapsedSeconds } = await timed(() => replay(isQuick ? quickened(experiment) : experiment));
    sets.push({ name, source, drift, run, lines: summarize(run) });
    console.log(`${name}: ${elapsedSeconds.toFixed(1)} s`);
  }
  const aims = judgeAims(sets.map(({ run }) => run));
  const text = policiesReport(machine, sets, skipped, aims, year);
  const lessons = lessonsReport(sets, aims);
  if (!isQuick && chosen.length === policySets.length) {
    writeFileSync(new URL('../POLICIES.md', import.meta.url), text);
    writeFileSync(new URL('../POLICY-LESSONS.md', import.meta.url), lessons);
  } else {
    console.log(`\n${text}\n${lessons}`);
  }
}

/** Always replayed, for its seconds are what it is about. */
async function measureYear(): Promise<YearReport> {
  const experiment = isQuick ? quickened(yearOfHours) : yearOfHours;
  const workers = availableParallelism();
  const { run, elapsedSeconds } = await timed(() =>
    runExperiment(experiment, { dataFolder, cacheFolder: null, workers }),
  );
  console.log(`${experiment.name}: ${elapsedSeconds.toFixed(1)} s`);
  const [cell] = run.cells;
  return {
    policies: run.cells.length,
    steps: cell?.atMs.length ?? 0,
    rows: (cell?.rows ?? []).reduce((sum, rows) => sum + rows, 0),
    workers,
    elapsedSeconds,
  };
}

function replay(experiment: PolicySet['experiment']): Promise<RunResult> {
  return runExperiment(experiment, {
    dataFolder,
    cacheFolder: isQuick ? null : join(root, '.everview-lab'),
    progress: {
      start: ({ cells, cached, steps }) =>
        console.log(`\n${experiment.name}: ${cells} replays, ${cached} of them from before, ${steps} steps`),
      note: (text) => console.log(text),
    },
  });
}

/** A few policies, and all but the last twentieth as warm-up. */
function quickened(experiment: PolicySet['experiment']): PolicySet['experiment'] {
  return {
    ...experiment,
    warmUp: 0.95,
    policies: [
      { kind: 'never' },
      { kind: 'every-update' },
      { kind: 'interval', every: '7 days' },
      { kind: 'max-effect', effect: 0.1 },
      { kind: 'auto' },
    ],
  };
}

async function timed(work: () => Promise<RunResult>): Promise<{ run: RunResult; elapsedSeconds: number }> {
  const startMs = performance.now();
  const run = await work();
  return { run, elapsedSeconds: (performance.now() - startMs) / 1000 };
}
