import { expect, test } from 'vitest';
import { runPrompt } from '../../src/cli/run-prompt.ts';
import { createTableWriter } from '../../src/cli/table-writer.ts';
import type { PromptAnswer } from '../../src/cli/terminal.ts';
import { Everview } from '../../src/index.ts';
import { captureTerminal } from './captured-terminal.ts';

/** What stood on the screen when a person typed these lines; `^C` stands for Ctrl-C. */
async function screenOf(...lines: readonly string[]): Promise<string[]> {
  const typed = lines.map(
    (text): PromptAnswer => (text === '^C' ? { kind: 'cancelled' } : { kind: 'line', text }),
  );
  const terminal = captureTerminal({ isTerminal: true, typed });
  await using engine = await Everview.open(':memory:');
  expect(await runPrompt(engine, createTableWriter(terminal.stdout, terminal.stderr), terminal)).toBe(0);
  return [...terminal.out.slice(1), ...terminal.err];
}

const ready = 'everview> ';
const more = '     ...> ';
const one = 'one\n---\n  1\n(1 row)\nversion 0 · fresh\n';

test('a statement goes over several lines until its semicolon', async () => {
  expect(await screenOf('SELECT 1', ' AS one;')).toEqual([ready, more, one, ready]);
});

test('several statements on a line are answered in turn, and the rest waits', async () => {
  expect(await screenOf('SELECT 1 AS one; SELECT 1 AS one; SELECT', '1 AS one;')).toEqual([
    ready,
    one,
    one,
    more,
    one,
    ready,
  ]);
});

test('a semicolon in quotes or in a comment ends nothing', async () => {
  expect(await screenOf("SELECT ';' AS", ' one /* ;', '; */;')).toEqual([
    ready,
    more,
    more,
    'one\n---\n;\n(1 row)\nversion 0 · fresh\n',
    ready,
  ]);
});

test('Ctrl-C takes back what was begun', async () => {
  expect(await screenOf('SELECT nonsense', '^C', 'SELECT 1 AS one;')).toEqual([
    ready,
    more,
    ready,
    one,
    ready,
  ]);
});

test('empty lines and remarks begin nothing', async () => {
  expect(await screenOf('', '-- a remark', '/* a', 'longer one */', 'SELECT 1 AS one; -- and so on')).toEqual(
    [ready, ready, ready, more, ready, one, ready],
  );
});

test('an error leaves the prompt in place; .quit leaves it', async () => {
  expect(await screenOf('SELECT oops;', '.quit', 'SELECT 1 AS one;')).toEqual([
    ready,
    ready,
    expect.stringMatching(
      /^error\[unknown-column\]: .*\n {2}at line 1, column 8\n1 \| SELECT oops\n {2}\| {8}\^/,
    ),
  ]);
});

test('an unknown command names the known ones', async () => {
  expect(await screenOf('.tables')).toEqual([
    ready,
    ready,
    'error[usage]: there is no command ".tables"\nhint: known: .help, .quit; statements end with ;\n',
  ]);
});
