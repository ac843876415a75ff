import pico from 'picocolors';
import { expect, test } from 'vitest';
import { failureOf } from '../../src/cli/failure.ts';
import { renderFailure } from '../../src/cli/failure-report.ts';
import { EverviewError, placeIn } from '../../src/core/errors.ts';

const plain = pico.createColors(false);

function report(statement: string, word: string, place = { line: 1, column: 1 }): string {
  const error = new EverviewError('unknown-column', `table "flights" has no column "${word}"`, {
    hint: 'did you mean "delay"?',
    at: placeIn(statement, statement.indexOf(word), word.length),
  });
  return renderFailure(failureOf(error, place), statement, plain);
}

test('carets stand under the place, whose line and column are those of the whole text', () => {
  expect(report('SELECT origin,\n       dealy\nFROM flights', 'dealy', { line: 3, column: 1 })).toBe(
    [
      'error[unknown-column]: table "flights" has no column "dealy"',
      '  at line 4, column 8',
      '4 |        dealy',
      '  |        ^^^^^',
      'hint: did you mean "delay"?',
      '',
    ].join('\n'),
  );
});

test('tabs and wide characters do not shift the carets', () => {
  const lines = report("SELECT\t'東京', dealy", 'dealy').split('\n');
  expect(lines.slice(2, 4)).toEqual(["1 | SELECT  '東京', dealy", `  | ${' '.repeat(16)}^^^^^`]);
});

test('of a very long line only the neighbourhood of the place is shown', () => {
  const [, , source = '', carets = ''] = report(
    `SELECT ${'a, '.repeat(500)}dealy${', b'.repeat(500)}`,
    'dealy',
  ).split('\n');
  expect(source.length).toBeLessThan(140);
  expect(source.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('dealy');
});

test('a failure without a place or a hint is one line', () => {
  const error = new EverviewError('closed', 'the engine was closed');
  expect(renderFailure(failureOf(error), 'SELECT 1', plain)).toBe('error[closed]: the engine was closed\n');
});

test('a bug is reported as one, without its stack', () => {
  expect(renderFailure(failureOf(new TypeError('x is not a function')), null, plain)).toBe(
    'error[internal]: x is not a function\n' +
      'hint: this is a bug in Everview; please report it with the statement that led here\n',
  );
});
