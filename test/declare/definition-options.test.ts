import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EverviewError } from '../../src/core/errors.ts';
import { applyOptions, givenOptions } from '../../src/declare/definition-options.ts';
import { listOptions, optionTables } from '../../src/declare/options.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';
import { definitionArbitrary } from './definition-arbitrary.ts';

function definitionOf(sql: string) {
  const statement = parseStatement(sql);
  if (statement.kind !== 'create') throw new TypeError(`not a CREATE: ${sql}`);
  return statement.definition;
}

/** ALTER applied to CREATE. */
function altered(create: string, options: string) {
  const statement = parseStatement(`ALTER VIEW x SET (${options})`);
  if (statement.kind !== 'alter') throw new TypeError('not an ALTER');
  return applyOptions(definitionOf(create), statement.options);
}

const view = (options: string) =>
  `CREATE MATERIALIZED VIEW v${options === '' ? '' : ` WITH (${options})`} AS SELECT 1`;

describe('applyOptions', () => {
  it('changes nothing when given nothing', () => {
    fc.assert(
      fc.property(definitionArbitrary, (definition) => {
        expect(applyOptions(definition, [])).toEqual(definition);
      }),
    );
  });

  it.each([
    ['', 'max_rows = 5', 'max_rows = 5'],
    ['', 'refresh = manual', 'refresh = manual'],
    ['max_rows = 5', 'max_rows = NULL', ''],
    [
      "max_staleness = '1 day', max_rows = 5",
      "max_staleness = '2 days'",
      "max_staleness = '2 days', max_rows = 5",
    ],
    ["max_staleness = '1 day'", 'refresh = manual', "max_staleness = '1 day', refresh = manual"],
  ])('(%s) altered by (%s) is as declared with (%s)', (before, change, after) => {
    expect(altered(view(before), change)).toEqual(definitionOf(view(after)));
  });

  it('alters tables, training sets and models', () => {
    const table = 'CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP CHECK (at > now()), UNIQUE (id, at))';
    expect(altered(table, 'event_time = at')).toEqual(definitionOf(`${table} WITH (event_time = at)`));
    const set = (options: string) => `CREATE TRAINING SET s WITH (${options}) AS SELECT 1`;
    expect(altered(set('label = y'), 'label = z')).toEqual(definitionOf(set('label = z')));
    const model = (options: string) => `CREATE MODEL m WITH (${options}) AS SELECT * FROM s`;
    expect(altered(model('method = ridge, gate = (rmse < 4)'), 'gate = ()')).toEqual(
      definitionOf(model('method = ridge')),
    );
  });

  it('checks as CREATE does', () => {
    const failure = () => altered(view(''), 'max_stalenes = 1');
    expect(failure).toThrow(EverviewError);
    expect(failure).toThrow(/no option "max_stalenes"/);
    expect(() => altered('CREATE VIEW v AS SELECT 1', 'max_rows = 1')).toThrow(/plain view/);
  });
});

describe('the option tables', () => {
  it('name every option that a definition can give', () => {
    fc.assert(
      fc.property(definitionArbitrary, (definition) => {
        const owner = definition.kind === 'view' ? 'materialized-view' : definition.kind;
        const known = Object.keys(optionTables[owner]);
        for (const { name } of givenOptions(definition)) expect(known).toContain(name);
      }),
    );
  });

  it('say what every option means and what it is by default', () => {
    const docs = listOptions();
    expect(docs.map(({ owner, name }) => `${owner}.${name}`)).toContain('model.max_effect');
    for (const { takes, meaning, default: usual } of docs) {
      for (const text of [takes, meaning, usual]) expect(text).not.toBe('');
    }
  });
});
