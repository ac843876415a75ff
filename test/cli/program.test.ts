import { expect, test } from 'vitest';
import { parseCommandLine, runProgram } from '../../src/cli/program.ts';
import { captureTerminal } from './captured-terminal.ts';

const parse = (line: string) => parseCommandLine(line.split(' '), '1.2.3');

test('sql has a default for everything', () => {
  expect(parse('sql')).toEqual({
    kind: 'sql',
    options: {
      db: ':memory:',
      now: null,
      format: 'table',
      source: { kind: 'standard-input' },
      keepGoing: false,
    },
  });
});

test('sql takes its options in any order', () => {
  expect(parse('sql --keep-going --now 2001-06-30 -f a.sql --format json --db x.db')).toEqual({
    kind: 'sql',
    options: {
      db: 'x.db',
      now: new Date('2001-06-30'),
      format: 'json',
      source: { kind: 'file', path: 'a.sql' },
      keepGoing: true,
    },
  });
  expect(parse('sql -c SELECT')).toMatchObject({ options: { source: { kind: 'text', text: 'SELECT' } } });
  expect(parse('sql -f -')).toMatchObject({ options: { source: { kind: 'standard-input' } } });
});

test('drill takes a file and a table', () => {
  expect(parse('drill --db x.db --table sales --json')).toMatchObject({
    kind: 'drill',
    options: { db: 'x.db', table: 'sales', format: 'json' },
  });
  expect(parse('drill --db x.db')).toMatchObject({ kind: 'misuse' });
});

test('refresh takes a name, or none for all that is stale', () => {
  expect(parse('refresh origin_day --db x.db --full')).toMatchObject({
    kind: 'refresh',
    options: { name: 'origin_day', how: 'full' },
  });
  expect(parse('refresh --db x.db')).toMatchObject({ options: { name: null, how: 'auto' } });
});

test.each([
  ['sqll', "unknown command 'sqll'", 'did you mean sql?'],
  ['sql --fromat json', "unknown option '--fromat'", 'did you mean --format?'],
  ['sql SELECT', "too many arguments for 'sql'", 'give statements with -c: everview sql -c "SELECT 1"'],
  [
    'sql -c x -f y',
    "option '-c, --command <sql>' cannot be used with option '-f, --file <path>'",
    'see everview sql --help',
  ],
  ['status', "required option '--db <file>' not specified", 'see everview status --help'],
])('everview %s: %s', (line, message, hint) => {
  const invocation = parse(line);
  expect(invocation).toMatchObject({ kind: 'misuse', failure: { code: 'usage', hint } });
  if (invocation.kind === 'misuse') expect(invocation.failure.message).toContain(message);
});

test('a wrong moment or format names what is right', () => {
  expect(parse('sql --now yesterday')).toMatchObject({
    failure: { message: expect.stringContaining('2001-06-30T06:00:00Z') },
  });
  expect(parse('sql --format xml')).toMatchObject({
    failure: { message: expect.stringContaining('table, json, csv, arrow') },
  });
});

test('misuse goes to standard error with exit status 2, help to standard output with 0', async () => {
  const wrong = captureTerminal();
  expect(await runProgram(['sqll'], '1.2.3', wrong)).toBe(2);
  expect([wrong.out.join(''), wrong.err.join('')]).toEqual([
    '',
    "error[usage]: unknown command 'sqll'\nhint: did you mean sql?\n",
  ]);
  const helped = captureTerminal();
  expect(await runProgram(['--help'], '1.2.3', helped)).toBe(0);
  expect(helped.out.join('')).toContain('Examples:');
  const versioned = captureTerminal();
  expect(await runProgram(['--version'], '1.2.3', versioned)).toBe(0);
  expect(versioned.out.join('')).toBe('everview 1.2.3\n');
});
