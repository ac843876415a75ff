import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSqlDuration, readSqlDuration } from '../../src/declare/duration.ts';

describe('durations', () => {
  it.each([
    ["INTERVAL '10 minutes'", 600_000],
    ["interval '1 day 12 hours'", 129_600_000],
    ['INTERVAL 10 MINUTES', 600_000],
    ["INTERVAL '10' minute", 600_000],
    ["'1.5 seconds'", 1_500],
    ['0', 0],
    ["INTERVAL '2 weeks'", 1_209_600_000],
  ])('%s is %i ms', (sql, ms) => {
    expect(readSqlDuration(sql)).toEqual({ ms });
  });

  it.each([
    ['10', /has a unit/],
    ["'10'", /number and a unit/],
    ["INTERVAL '1 month'", /no fixed length/],
    ['INTERVAL 2 YEARS', /no fixed length/],
    ["'-1 day'", /negative/],
    ["'0.1 milliseconds'", /whole number of milliseconds/],
    ["INTERVAL '5 mins'", /number and a unit/],
    ["'1 day' days", /has a unit/],
    ['now()', /has a unit/],
  ])('%s is none', (sql, problem) => {
    expect(readSqlDuration(sql)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it('are printed exactly', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(),
          fc.maxSafeNat().map((ms) => Math.floor(ms / 1_000)),
        ),
        (ms) => {
          expect(readSqlDuration(formatSqlDuration(ms))).toEqual({ ms });
        },
      ),
    );
  });
});
