import { expect, test } from 'vitest';
import { parseCommandLine, runProgram } from '../../src/cli/program.ts';
import { captureTerminal } from './captured-terminal.ts';

const parse = (line: string) => parseCommandLine(line.split(' '), '1.2.3');

test('lab run has a default for everything but the experiment', () => {
  expect(parse('lab run a.yaml')).toEqual({
    kind: 'lab-run',
    options: {
      experiment: 'a.yaml',
      replay: { data: null, cache: '.everview-lab', workers: null },
      format: 'table',
      out: null,
      html: null,
      arrow: null,
      compare: null,
    },
  });
});

test('lab run takes its options in any order', () => {
  const line =
    'lab run --workers 3 --no-cache --html a.html a.sql --out a.json --data d --format arrow --arrow f --compare b.json';
  expect(parse(line)).toEqual({
    kind: 'lab-run',
    options: {
      experiment: 'a.sql',
      replay: { data: 'd', cache: null, workers: 3 },
      format: 'arrow',
      out: 'a.json',
      html: 'a.html',
      arrow: 'f',
      compare: 'b.json',
    },
  });
  expect(parse('lab run a.ts --cache c')).toMatchObject({ options: { replay: { cache: 'c' } } });
});

test('lab suggest takes a result or an experiment, and prices', () => {
  expect(parse('lab suggest a.json --cpu-price 0.5 --loss-price 2 --billed')).toMatchObject({
    kind: 'lab-suggest',
    options: { file: 'a.json', cpuPrice: 0.5, lossPrice: 2, billed: true, format: 'table' },
  });
  expect(parse('lab suggest a.yaml')).toMatchObject({
    options: { cpuPrice: null, lossPrice: null, billed: false },
  });
});

test.each([
  ['lab run', "missing required argument 'experiment'", 'see everview lab run --help'],
  ['lab rum a.yaml', "unknown command 'rum'", 'did you mean run?'],
  ['lab run a.yaml --htlm b', "unknown option '--htlm'", 'did you mean --html?'],
  ['lab run a.yaml b.yaml', "too many arguments for 'run'", 'see everview lab run --help'],
  ['lab run a.yaml --workers two', 'write a number from 0', 'see everview lab run --help'],
  ['lab run a.yaml --format xml', 'table, json, arrow', 'see everview lab run --help'],
  ['lab suggest a.json --cpu-price free', 'write a number, 0 or above', 'see everview lab suggest --help'],
  ['lab suggest a.json --loss-price -1', 'write a number, 0 or above', 'see everview lab suggest --help'],
])('everview %s: %s', (line, message, hint) => {
  expect(parse(line)).toMatchObject({
    kind: 'misuse',
    failure: { code: 'usage', message: expect.stringContaining(message), hint },
  });
});

test('lab alone and --help tell what there is', async () => {
  for (const [words, told] of [
    [['lab'], 'suggest'],
    [['lab', '--help'], 'measure refresh policies'],
    [['lab', 'run', '--help'], '--compare <file>'],
    [['lab', 'suggest', '--help'], '--cpu-price <price>'],
  ] as const) {
    const terminal = captureTerminal();
    expect(await runProgram(words, '1.2.3', terminal)).toBe(0);
    expect(terminal.out.join('')).toContain(told);
  }
});

test('Arrow is not written to a terminal, and nothing is replayed for it', async () => {
  const terminal = captureTerminal({ isTerminal: true });
  await expect(runProgram(['lab', 'run', 'a.yaml', '--format', 'arrow'], '1.2.3', terminal)).rejects.toThrow(
    'the Arrow format is binary',
  );
});

test('what cannot be read or written is told before anything is replayed', async () => {
  const run = (...words: string[]) => runProgram(['lab', 'run', ...words], '1.2.3', captureTerminal());
  await expect(run('a.yaml', '--out', '/no/such/folder/a.json')).rejects.toThrow('there is no folder');
  await expect(run('a.yaml', '--html', '/')).rejects.toThrow('it is a folder');
  await expect(run('a.yaml', '--arrow', import.meta.filename)).rejects.toThrow('as a folder: it is a file');
  await expect(run('a.yaml', '--compare', '/no/such.json')).rejects.toThrow('there is no such file');
  await expect(runProgram(['lab', 'suggest', '/no/such.json'], '1.2.3', captureTerminal())).rejects.toThrow(
    'the result "/no/such.json" cannot be read',
  );
});
