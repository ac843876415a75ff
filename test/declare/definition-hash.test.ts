import { describe, expect, it } from 'vitest';
import { hashDefinition } from '../../src/declare/definition-hash.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';

function hashOf(sql: string, inputs: readonly string[] = ['a', 'b']): string {
  const statement = parseStatement(sql);
  if (statement.kind !== 'create') throw new TypeError(`not a CREATE: ${sql}`);
  return hashDefinition(statement.definition, inputs);
}

const view = (options: string, query = 'SELECT 1') => `CREATE MATERIALIZED VIEW v ${options} AS ${query}`;
const set = (options: string) =>
  `CREATE TRAINING SET s WITH (label = y, event_time = e${options}) AS SELECT 1`;
const model = (options: string, features = '*') =>
  `CREATE MODEL m WITH (method = ridge${options}) AS SELECT ${features} FROM s`;

describe('hashDefinition', () => {
  it('is the same from run to run', () => {
    expect(hashOf(view(''))).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(view(''))).toBe(hashOf(view('')));
    expect(hashOf(view(''), ['b', 'a'])).toBe(hashOf(view('')));
  });

  it.each([
    [
      'a view',
      view(''),
      view("WITH (max_staleness = '1 day', max_rows = 5, refresh = full, on_stale_read = fail)"),
    ],
    [
      'a model',
      model(''),
      model(', max_effect = 1, gate = (rmse < 1), refresh = manual, on_failure = keep_current'),
    ],
    [
      'a table',
      'CREATE TABLE t (a TIMESTAMP)',
      "CREATE TABLE t (a TIMESTAMP NOT NULL DEFAULT now() UNIQUE CHECK (a > now())) WITH (event_time = a, on_violation = warn, heartbeat = '1 day')",
    ],
  ])('leaves the policies of %s out', (_, plain, withPolicies) => {
    expect(hashOf(withPolicies)).toBe(hashOf(plain));
  });

  it.each([
    ['the query', view(''), view('', 'SELECT 2')],
    ['the tolerance', view(''), view('WITH (tolerance = 0)')],
    ['the name of a column', 'CREATE TABLE t (a INTEGER)', 'CREATE TABLE t (b INTEGER)'],
    ['the type of a column', 'CREATE TABLE t (a INTEGER)', 'CREATE TABLE t (a BIGINT)'],
    ['the window', set(''), set(", window = '9 days'")],
    ['the hold-out', set(''), set(", holdout = '1 day'")],
    ['the label delay', set(''), set(", label_delay = '1 day'")],
    ['l2', model(''), model(', l2 = 2')],
    ['standardize', model(''), model(', standardize = false')],
    ['categorical', model(''), model(', categorical = (a)')],
    ['missing', model(''), model(', missing = drop')],
    ['the features', model(''), model('', 'a, b')],
  ])('changes with %s', (_, one, other) => {
    expect(hashOf(one)).not.toBe(hashOf(other));
  });

  it('changes with what the object reads', () => {
    expect(hashOf(view(''), ['a'])).not.toBe(hashOf(view(''), ['b']));
  });
});
