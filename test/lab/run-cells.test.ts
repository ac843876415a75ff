import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { History } from '../../src/lab/history.ts';
import type { Cell, CellOutcome, CellSetting } from '../../src/lab/run/cell.ts';
import { openCellCache } from '../../src/lab/run/cell-cache.ts';
import { cellKey } from '../../src/lab/run/cell-key.ts';
import { forkCellProcesses } from '../../src/lab/run/cell-processes.ts';
import { expandPolicies, matrixPolicies } from '../../src/lab/run/expand-policies.ts';
import { readHistoryFile, writeHistoryFile } from '../../src/lab/run/history-file.ts';
import { type CellJob, replayInProcesses } from '../../src/lab/run/replay-cells.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { dayMs, readingsExperiment } from '../support/lab-experiment.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-run-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const history: History = {
  startMs: 1,
  initial: [
    {
      table: 'readings',
      rows: [{ at: new Date(3), id: 2n ** 60n, x: Number.NaN, bytes: new Uint8Array([1, 2]), y: null }],
    },
  ],
  arrivals: [{ atMs: 2, tables: [] }],
  queries: [],
  labelDelayMs: 0,
  hash: 'h',
};

const setting: CellSetting = { experiment: readingsExperiment(), history, lossScale: 1 };

const cellOf = (given: Partial<Cell['policy']> = {}, seed = 1): Cell => ({
  policy: {
    name: 'never',
    schedule: { kind: 'never' },
    window: { kind: 'all' },
    maintenance: 'auto',
    ...given,
  },
  seed,
  isCompared: true,
  keepsMatrix: false,
});

const outcomeOf = ({ policy, seed }: Cell): CellOutcome => ({
  result: {
    policy,
    seed,
    task: 'number',
    loss: 'absolute',
    atMs: [2],
    rows: [1],
    lossSum: [0.1 + 0.2],
    answers: [1],
    activeSince: [-1],
    staleVersions: [0],
    staleRows: [0],
    staleMs: [0],
    staleEffect: [null],
    pendingLabels: [0],
    outsideBound: [0],
    withoutModel: [0],
    slices: [],
    refreshes: [],
    labelsAtStart: 3,
    labels: [4],
    measured: { cpuSeconds: 1, refreshCpuSeconds: 0, wallSeconds: 1 },
  },
  matrix: null,
});

describe('policies', () => {
  const experiment = readingsExperiment({
    policies: [
      { kind: 'never' },
      { kind: 'interval', every: '1 day' },
      { name: 'mine', schedule: { kind: 'auto' }, window: { kind: 'decay', halfLife: '7 days' } },
    ],
    windows: [{ kind: 'all' }, { kind: 'sliding', length: '30 days' }],
    maintenance: ['full', 'incremental'],
  });

  it('are crossed with windows and maintenance, unless they name their own', () => {
    expect(expandPolicies(experiment).map(({ name }) => name)).toEqual([
      'never · full',
      'never · incremental',
      'never · sliding 30 days · full',
      'never · sliding 30 days · incremental',
      'every 1 day · full',
      'every 1 day · incremental',
      'every 1 day · sliding 30 days · full',
      'every 1 day · sliding 30 days · incremental',
      'mine · half-life 7 days · full',
      'mine · half-life 7 days · incremental',
    ]);
  });

  it('have a matrix for each window and maintenance', () => {
    const matrices = matrixPolicies(expandPolicies(experiment));
    expect(matrices.map(({ name }) => name)).toEqual([
      'every update · full',
      'every update · incremental',
      'every update · sliding 30 days · full',
      'every update · sliding 30 days · incremental',
      'every update · half-life 7 days · full',
      'every update · half-life 7 days · incremental',
    ]);
  });

  it('keep the name they are given where nothing is crossed with them', () => {
    const one = readingsExperiment({ policies: [{ name: 'mine', schedule: { kind: 'auto' } }] });
    expect(expandPolicies(one).map(({ name }) => name)).toEqual(['mine']);
  });

  it('may not be called the same', () => {
    const twice = readingsExperiment({ policies: [{ kind: 'never' }, { kind: 'never' }] });
    expect(() => expandPolicies(twice)).toThrow('two policies of the experiment are called "never"');
  });
});

describe('the key of a cell', () => {
  const keyOf = (cell: Cell, of: CellSetting = setting) => cellKey(cell, of, 'code');
  const auto = cellOf({ schedule: { kind: 'auto' } });
  const with_ = (given: Parameters<typeof readingsExperiment>[0]): CellSetting => ({
    ...setting,
    experiment: readingsExperiment(given),
  });

  it('stays for what a cell does not depend on', () => {
    const key = keyOf(cellOf());
    expect(keyOf(cellOf({ name: 'another' }))).toBe(key);
    expect(keyOf(cellOf(), with_({ prices: { cpuSecond: 3 }, refreshCost: { seconds: 1 } }))).toBe(key);
    expect(keyOf(cellOf(), with_({ name: 'x', seeds: [1, 2], policies: [{ kind: 'auto' }] }))).toBe(key);
    expect(keyOf(cellOf(), { ...setting, lossScale: 2 })).toBe(key);
  });

  it('is another for what it does depend on', () => {
    const keys = [
      keyOf(cellOf()),
      cellKey(cellOf(), setting, 'other code'),
      keyOf(cellOf({}, 2)),
      keyOf(cellOf({ maintenance: 'full' })),
      keyOf({ ...cellOf(), keepsMatrix: true }),
      keyOf(cellOf(), { ...setting, history: { ...history, hash: 'other' } }),
      keyOf(cellOf(), with_({ deployDelay: dayMs })),
      keyOf(cellOf(), with_({ declarations: 'CREATE' })),
      keyOf(auto),
      keyOf(auto, with_({ prices: { loss: 3 } })),
      keyOf(auto, { ...setting, lossScale: 2 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('the cache', () => {
  it('gives what was written, under the name that the policy has now', async () => {
    const cache = openCellCache(join(folder, 'cache'));
    const cell = cellOf();
    expect(await cache.read('k', cell)).toEqual({ kind: 'missing' });
    await cache.write('k', outcomeOf(cell));
    expect(await readdir(join(folder, 'cache'))).toEqual(['k.json']);
    const renamed = cellOf({ name: 'other' });
    expect(await cache.read('k', renamed)).toEqual({ kind: 'found', outcome: outcomeOf(renamed) });
  });

  it.each([
    ['torn', (text: string) => text.slice(0, text.length / 2)],
    ['of another cell', (text: string) => text.replace('"torn"', '"k"')],
    ['no cell', () => '{"key":"torn"}'],
    ['empty', () => ''],
  ])('does not take a file that is %s', async (_how, spoil) => {
    const cache = openCellCache(join(folder, 'cache'));
    await cache.write('torn', outcomeOf(cellOf()));
    const path = join(folder, 'cache', 'torn.json');
    await writeFile(path, spoil(await readFile(path, 'utf8')));
    expect(await cache.read('torn', cellOf())).toEqual({ kind: 'unreadable', path });
  });
});

it('a history goes to processes as it is', async () => {
  const path = join(folder, 'history');
  await writeHistoryFile(path, history);
  expect(await readHistoryFile(path)).toEqual(history);
});

describe('processes', () => {
  /** A process that does as the seed says, in place of a replay. */
  const program = (body: string) => `
    process.on('message', ({ cell }) => {
      process.send({ kind: 'progress', steps: 1 });
      ${body}
    });
    process.on('disconnect', () => process.exit(0));`;
  const jobs = [1, 2, 3, 4].map((seed): CellJob => {
    const cell = cellOf({}, seed);
    const { experiment, lossScale } = setting;
    return { cell, request: { cell, experiment, lossScale, historyFile: '', scratchFolder: folder } };
  });
  const run = async (body: string, signal = new AbortController().signal) => {
    const path = join(folder, `${Math.abs(hashOf(body))}.mjs`);
    await writeFile(path, program(body));
    const finished: number[] = [];
    let steps = 0;
    await replayInProcesses(jobs, forkCellProcesses(path), 2, {
      signal,
      progress: (done) => {
        steps += done;
      },
      finished: async ({ seed }) => void finished.push(seed),
    });
    return { finished: finished.sort(), steps };
  };
  const hashOf = (text: string) => [...text].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 0);
  const done = `process.send({ kind: 'done', outcome: ${JSON.stringify(outcomeOf(cellOf()))} });`;

  it('take one cell after the other until all are done', async () => {
    expect(await run(done)).toEqual({ finished: [1, 2, 3, 4], steps: 4 });
  });

  it('that fail say at which cell, with the code and the hint of the failure', async () => {
    const failing = `if (cell.seed === 3) process.send({ kind: 'failed', code: 'not-enough-rows', message: 'm', hint: 'h' });
      else ${done}`;
    expect(await failureOf(run(failing))).toMatchObject({
      code: 'not-enough-rows',
      message: '"never", seed 3: m',
      hint: 'h',
    });
  });

  longTests(() => {
    it.each([
      ['process.exit(7)', 'it ended with status 7'],
      ["process.kill(process.pid, 'SIGKILL')", 'it was ended by SIGKILL'],
      ["throw new RangeError('too much')", 'RangeError: too much'],
      ["process.send({ kind: 'done', outcome: 3 })", 'expected object, received number'],
    ])('that come to nothing by %s are told of', async (end, how) => {
      const failure = await failureOf(
        run(`if (cell.seed === 2) ${end}; else setTimeout(() => { ${done} }, 20);`),
      );
      expect(failure.message).toContain('"never", seed 2');
      expect(failure.message).toContain(how);
    });
  });

  it('are gone once the run is stopped', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 300);
    await expect(run('setInterval(() => {}, 1000);', stop.signal)).rejects.toThrow('enough');
  });
});
