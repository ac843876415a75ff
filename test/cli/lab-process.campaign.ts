import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { type BundledProgram, bundleProgram } from '../support/bundle-program.ts';
import { hourlyReadings, readingsDeclarations, writeReadings } from '../support/lab-experiment.ts';
import { captureTerminal } from './captured-terminal.ts';
import { finished, spawnShell } from './everview-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const source = join(import.meta.dirname, '..', '..', 'src');

let folder = '';
let bundle: BundledProgram;
let experiment = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-cli-lab-'));
  bundle = await bundleProgram(join(source, 'cli', 'main.ts'), join(source, 'lab', 'run', 'cell-worker.ts'));
  await writeReadings(folder, hourlyReadings(24 * 10));
  experiment = await experimentFile('readings', ['never', 'on-read']);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await bundle[Symbol.asyncDispose]();
});

async function experimentFile(name: string, kinds: readonly string[]): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const text = [
    `name: ${name}`,
    'model: m',
    'declarations: { file: readings.sql }',
    'source:',
    '  kind: files',
    '  tables:',
    '    - { table: readings, select: "SELECT * FROM read_csv(\'{data}/readings.csv\')", eventTime: at }',
    '    - { table: sensors, select: "SELECT * FROM read_csv(\'{data}/sensors.csv\')" }',
    'warmUp: 6 days',
    'arrival: { kind: interval, every: 1 day }',
    'policies:',
    ...kinds.map((kind) => `  - kind: ${kind}`),
  ];
  await writeFile(join(folder, 'readings.sql'), readingsDeclarations);
  await writeFile(path, text.join('\n'));
  return path;
}

const spawnLab = (words: readonly string[]) => spawnShell([bundle.path], ['lab', ...words]);

const runLab = (...words: string[]) => finished(spawnLab(words));

/** In this process, which is as good where no signal and no other process matters. */
async function runHere(...words: string[]) {
  const terminal = captureTerminal();
  const status = await runProgram(['lab', ...words], '1.2.3', terminal);
  return { status, out: terminal.out.join(''), err: terminal.err.join('') };
}

const inFolder = (name: string): string => join(folder, name);

test('a run shows a table, writes what is asked for, and finds its replays again', async () => {
  const cache = ['--cache', inFolder('cache')];
  const here = [...cache, '--workers', '0'];
  const [out, html, arrow] = [inFolder('run.json'), inFolder('run.html'), inFolder('arrow')];
  const first = await runLab(
    'run',
    experiment,
    ...cache,
    '--workers',
    '2',
    '--out',
    out,
    '--html',
    html,
    '--arrow',
    arrow,
  );
  expect([first.status, first.err]).toEqual([0, '']);
  expect(first.out).toMatch(/^policy +\| front/);
  expect(first.out).toMatch(/^on read +\|/m);
  expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/);
  const steps = tableFromIPC(await readFile(join(arrow, 'steps.arrow')));
  expect(steps.numRows).toBe(2 * 4);

  // Of the bundle's code and not of this one, the cells are replayed once more, and then found.
  for (const cells of [6, 6]) {
    const again = await runHere('run', experiment, ...here, '--format', 'json', '--compare', out);
    expect(again.status).toBe(0);
    expect(withoutMeasured(again.out)).toEqual(withoutMeasured(await readFile(out, 'utf8')));
    expect(again.err).toContain('beside the earlier result, of the same experiment and data');
    expect(await readdir(inFolder('cache'))).toHaveLength(cells);
  }

  const suggested = await runHere('suggest', out, '--loss-price', '1000', '--billed');
  expect(suggested).toMatchObject({ status: 0, err: '' });
  expect(suggested.out).toMatch(/^-- \S.*: costs [\d.]+, for [\d.]+ s of refreshes \(billed\)/);
  expect(suggested.out).toMatch(/\nALTER MODEL m SET \(.*\);\n$|already\n$/);
  const asked = await runHere('suggest', experiment, ...here, '--format', 'json');
  expect(JSON.parse(asked.out)).toMatchObject({ prices: { cpuSecond: 1, loss: 1 } });
});

function withoutMeasured(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) =>
    ['measured', 'cpuSeconds', 'refreshCpuSeconds'].includes(name) ? null : value,
  );
}

test('an experiment that is wrong is shown at its line, and leaves nothing', async () => {
  const wrong = await experimentFile('wrong', ['nevr']);
  const out = inFolder('wrong.json');
  const { status, err } = await runHere('run', wrong, '--no-cache', '--out', out);
  expect([status, existsSync(out)]).toEqual([1, false]);
  expect(err.split('\n')).toEqual([
    expect.stringMatching(
      /^error\[invalid-experiment\]: .*line 12: policies\[0\].kind: must be one of never, /,
    ),
    '  at line 12, column 11',
    '12 |   - kind: nevr',
    '   |           ^^^^',
    'hint: did you mean "never"?',
    '',
  ]);
});

test('TypeScript is read by the tsx that is installed beside it, or else refused', async () => {
  const text = "const input: { name: string } = { name: 'x' };\nexport default input;";
  const beside = join(bundle.path, '..', 'experiment.ts');
  await writeFile(beside, text);
  const read = await runLab('run', beside, '--no-cache');
  expect(read.err).toContain('has 5 problems\n  declarations: is missing');
  if ('typescript' in process.features) return;
  await mkdir(join(folder, 'node_modules', 'tsx'), { recursive: true });
  await writeFile(join(folder, 'node_modules', 'tsx', 'package.json'), '{}');
  await writeFile(inFolder('alone.ts'), text);
  const refused = await runLab('run', inFolder('alone.ts'), '--no-cache');
  expect(refused.err).toMatch(
    /^error\[unsupported\]: .*is TypeScript, which Node .* does not run\nhint: install tsx/,
  );
});

test('stopped in the middle it goes on where it was, and no process is left', async () => {
  const path = await experimentFile('stopped', ['never', 'on-read', 'every-update', 'auto', 'adwin']);
  const cacheFolder = inFolder('stopped');
  const words = ['run', path, '--cache', cacheFolder, '--workers', '2', '--format', 'json'];
  const cells = async () =>
    (await readdir(cacheFolder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  const written = async (names: readonly string[]) =>
    Promise.all(names.map(async (name) => (await stat(join(cacheFolder, name))).mtimeMs));
  let kept: readonly string[] = [];
  let before: readonly number[] = [];
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const) {
    const stopped = spawnLab(words);
    while ((await cells()).length === kept.length) await delay(10);
    stopped.child.kill(signal);
    expect(await stopped.ended).toMatchObject({ status, out: '' });
    await expect.poll(() => workersOf(bundle.path), { timeout: 20_000 }).toEqual([]);
    expect(await written(kept)).toEqual(before);
    kept = await cells();
    before = await written(kept);
    expect(kept.length).toBeLessThan(5);
  }
  expect((await runLab(...words)).status).toBe(0);
  expect(await written(kept)).toEqual(before);
  expect(await cells()).toHaveLength(5);
});

/** Processes that a run of that bundle started. */
async function workersOf(program: string): Promise<string[]> {
  const worker = join(program, '..', 'cell-worker.mjs');
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    const line = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
    if (line.includes(worker)) found.push(pid);
  }
  return found;
}
