import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RunResult } from '../../src/lab/cell-result.ts';
import type { ExperimentInput } from '../../src/lab/experiment.ts';
import { type CellProcesses, forkCellProcesses } from '../../src/lab/run/cell-processes.ts';
import type { RunProgress } from '../../src/lab/run/run-cells.ts';
import { type RunOptions, runExperiment } from '../../src/lab/run/run-experiment.ts';
import { type BundledProgram, bundleProgram } from '../support/bundle-program.ts';
import { failureOf } from '../support/failure-of.ts';
import { hourlyReadings, readingsExperiment, writeReadings } from '../support/lab-experiment.ts';

vi.setConfig({ testTimeout: 60_000 });

let folder = '';
let worker: BundledProgram;
let processes: CellProcesses;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-run-'));
  worker = await bundleProgram(join(import.meta.dirname, '..', '..', 'src', 'lab', 'run', 'cell-worker.ts'));
  processes = forkCellProcesses(worker.path);
  await writeReadings(folder, hourlyReadings(24 * 8));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await worker[Symbol.asyncDispose]();
});

const experiment = (given: Partial<ExperimentInput> = {}) =>
  readingsExperiment({
    warmUp: '5 days',
    policies: [{ kind: 'never' }, { kind: 'interval', every: '2 days' }, { kind: 'auto' }],
    seeds: [1],
    ...given,
  });

const run = (input: ExperimentInput, options: Partial<RunOptions> = {}) =>
  runExperiment(input, { dataFolder: folder, cacheFolder: null, workers: 1, processes, ...options });

/** Without what is not the same in every run. */
function comparable({ cells, ...rest }: RunResult): unknown {
  return { ...rest, cells: cells.map(({ measured, ...cell }) => cell) };
}

it('comes to the same in processes as in this one, and each time', async () => {
  const drawn = experiment({
    arrival: { kind: 'poisson', mean: '1 day' },
    seeds: [1, 2],
    policies: [{ kind: 'auto' }],
  });
  const steps: Record<string, number> = { here: 0, there: 0 };
  const counting = (where: string): { progress: RunProgress } => ({
    progress: {
      tick: (done) => {
        steps[where] = (steps[where] ?? 0) + done;
      },
    },
  });
  const here = await run(drawn, counting('here'));
  const there = await run(drawn, { workers: 2, ...counting('there') });
  expect(comparable(there)).toEqual(comparable(here));
  expect(steps.there).toBe(steps.here);
  expect(here.cells.map(({ policy, seed }) => [policy.name, seed])).toEqual(
    drawn.seeds.map((seed) => ['auto', seed]),
  );
  expect(here.matrices.map(({ seed, policy }) => [seed, policy.schedule.kind])).toEqual(
    drawn.seeds.map((seed) => [seed, 'every-update']),
  );
  expect(here.baselines.map(({ name }) => name)).toEqual(['last value', 'mean so far']);
  expect(here.cells[0]?.rows.reduce((sum, rows) => sum + rows, 0)).toBe(24 * 3 - 1);
});

it('does not replay twice what it has replayed, whatever it is called and costs', async () => {
  const cacheFolder = join(folder, 'cache');
  const plans: unknown[] = [];
  const notes: string[] = [];
  const again = async (given: Partial<ExperimentInput> = {}) => {
    plans.length = 0;
    const progress = {
      start: ({ cells, cached }: { cells: number; cached: number }) => plans.push([cells, cached]),
      note: (text: string) => notes.push(text),
    };
    const result = await run(experiment({ policies: [{ kind: 'never' }, { kind: 'auto' }], ...given }), {
      cacheFolder,
      progress,
    });
    return { result, plan: plans[0] };
  };
  const first = await again();
  expect(first.plan).toEqual([3, 0]);
  const [torn = ''] = await readdir(cacheFolder);
  const second = await again();
  expect(second.plan).toEqual([3, 3]);
  expect(second.result).toEqual(first.result);

  // Prices have a part in what `auto` does, and in nothing else.
  const dearer = await again({ prices: { cpuSecond: 5 } });
  expect(dearer.plan).toEqual([3, 2]);
  const named = await again({ policies: [{ name: 'mine', schedule: { kind: 'never' } }] });
  expect(named.plan).toEqual([2, 2]);
  expect(named.result.cells.map(({ policy }) => policy.name)).toEqual(['mine']);

  await writeFile(join(cacheFolder, torn), '{"key"');
  expect(notes).toEqual([]);
  await again();
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain(torn);
  expect((await again()).plan).toEqual([3, 3]);
});

it('says which replay failed, ends the others and leaves nothing', async () => {
  let scratchFolder = '';
  const dying: CellProcesses = {
    start() {
      const one = processes.start();
      return {
        ...one,
        ask(request) {
          one.ask(request);
          ({ scratchFolder } = request);
          if (request.cell.policy.schedule.kind === 'interval') setTimeout(() => one.kill(), 100);
        },
      };
    },
  };
  const failure = await failureOf(run(experiment(), { workers: 2, processes: dying }));
  expect(failure.code).toBe('worker-lost');
  expect(failure.message).toContain('"every 2 days", seed 1');
  expect(scratchFolder).toContain('everview-lab-');
  expect(existsSync(scratchFolder)).toBe(false);
});

it.each([
  ['an unknown model', { model: 'modle' }, 'unknown-relation', 'modle'],
  ['a slice that is no column', { slice: 'kin' }, 'unknown-column', 'slice names "kin", which training set'],
  [
    'labels that are all NULL',
    { declarations: readingsExperiment({}).declarations.replace('r.y FROM', 'NULL::DOUBLE AS y FROM') },
    'not-enough-rows',
    'no example of the history has a label: all are NULL',
  ],
  [
    'a warm-up without labels',
    { warmUp: '5 hours' },
    'not-enough-rows',
    'no label is known by the end of the warm-up',
  ],
  ['a loss of another task', { loss: 'zero-one' as const }, 'invalid-option', 'zero-one'],
  [
    'a window that the method cannot have',
    {
      declarations: readingsExperiment({}).declarations.replace("method = 'ridge'", "method = 'huber'"),
      windows: [{ kind: 'decay' as const, halfLife: '3 days' }],
    },
    'invalid-option',
    '"never · half-life 3 days", seed 1: method huber takes no decay',
  ],
])('refuses %s before anything is replayed', async (_what, given, code, message) => {
  let begun = false;
  const progress = {
    start: () => {
      begun = true;
    },
  };
  const failure = await failureOf(run(experiment(given), { progress }));
  expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(message)]);
  expect(begun).toBe(false);
});

it('replays policies once that differ in their names alone', async () => {
  let steps = 0;
  const plans: number[] = [];
  const policies: ExperimentInput['policies'] = [
    { name: 'one', schedule: { kind: 'every-update' } },
    { name: 'other', schedule: { kind: 'every-update' } },
  ];
  const progress: RunProgress = {
    start: ({ cells }) => plans.push(cells),
    tick: (done) => {
      steps += done;
    },
  };
  const { cells, matrices } = await run(experiment({ policies }), { progress });
  const [one, other] = cells;
  expect([plans, steps]).toEqual([[1], one?.atMs.length]);
  expect(cells.map(({ policy }) => policy.name)).toEqual(['one', 'other']);
  expect({ ...other, policy: null }).toEqual({ ...one, policy: null });
  expect(matrices).toHaveLength(1);
});

it('stops while the history is read', async () => {
  const stop = new AbortController();
  stop.abort(new Error('no patience'));
  await expect(run(experiment(), { signal: stop.signal })).rejects.toThrow('no patience');
});

it('names the replay that failed in this process, too', async () => {
  const declarations = experiment().declarations.replace(
    "method = 'ridge'",
    "method = 'ridge', gate = (rmse <= 1e-9)",
  );
  const gated = declarations.replace('label = y', "label = y, holdout = INTERVAL '1 day'");
  const failure = await failureOf(run(experiment({ declarations: gated, policies: [{ kind: 'never' }] })));
  expect([failure.code, failure.message]).toEqual([
    'no-model-version',
    expect.stringMatching(/^"[^"]+", seed 1: /),
  ]);
});

it('stops where it is told to', async () => {
  const stop = new AbortController();
  const progress = { tick: () => stop.abort(new Error('enough')) };
  await expect(run(experiment(), { signal: stop.signal, progress })).rejects.toThrow('enough');
});
