import { expect, test } from 'vitest';
import { runDemo } from '../../src/cli/demo.ts';
import { parseCommandLine } from '../../src/cli/program.ts';
import { captureTerminal } from './captured-terminal.ts';

const parse = (line: string) => parseCommandLine(line.split(' '), '1.2.3');

test('demo takes a file and a number of days', () => {
  expect(parse('demo')).toEqual({ kind: 'demo', options: { db: null, days: 181 } });
  expect(parse('demo --days 40 --db d.db')).toEqual({ kind: 'demo', options: { db: 'd.db', days: 40 } });
  for (const wrong of ['29', '182', '40.5', 'all']) {
    expect(parse(`demo --days ${wrong}`)).toMatchObject({ kind: 'misuse' });
  }
});

test('the demo does not write into a file that is there', async () => {
  const own = new URL(import.meta.url).pathname;
  await expect(runDemo({ db: own, days: 32 }, captureTerminal())).rejects.toMatchObject({
    code: 'file-error',
  });
});
