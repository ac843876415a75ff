import { describe, expect, it } from 'vitest';
import { noArrivalRules } from '../../src/declare/arrival-rules.ts';
import type { StatementBody } from '../../src/declare/statement.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';

/** The statement with every place left out, and fragments and names as their texts. */
function plain(sql: string): unknown {
  const { text: _text, at: _at, ...body } = parseStatement(sql);
  return simplify(body);
}

function simplify(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplify);
  if (typeof value !== 'object' || value === null) return value;
  if ('at' in value && 'text' in value) return value.text;
  if ('at' in value && 'name' in value) return value.name;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, simplify(one)]));
}

function definitionOf(sql: string) {
  const statement = parseStatement(sql);
  if (statement.kind !== 'create') throw new TypeError(`not a CREATE: ${sql}`);
  return statement.definition;
}

const insertDefaults = {
  kind: 'insert',
  alias: null,
  columns: null,
  byName: false,
  onConflict: null,
  idempotencyKey: null,
};

const asDeclared = { kind: 'query', policy: { bounds: null, onStaleRead: null } };

const table: readonly (readonly [sql: string, expected: Partial<StatementBody> | object])[] = [
  [
    'ALTER TABLE t SET (on_violation = warn)',
    { kind: 'alter', objectKind: 'table', name: 't', options: [{ name: 'on_violation', value: 'warn' }] },
  ],
  [
    'alter materialized view v set (max_rows = 5, refresh = manual)',
    {
      kind: 'alter',
      objectKind: 'materialized-view',
      name: 'v',
      options: [
        { name: 'max_rows', value: '5' },
        { name: 'refresh', value: 'manual' },
      ],
    },
  ],
  [
    'ALTER TRAINING SET s SET (window = NULL)',
    { kind: 'alter', objectKind: 'training-set', name: 's', options: [{ name: 'window', value: 'NULL' }] },
  ],
  [
    'ALTER MODEL m SET (gate = (rmse <= 40, r2 > 0.1))',
    {
      kind: 'alter',
      objectKind: 'model',
      name: 'm',
      options: [{ name: 'gate', value: '(rmse <= 40, r2 > 0.1)' }],
    },
  ],
  ['DROP TABLE t', { kind: 'drop', objectKind: 'table', name: 't', ifExists: false, cascade: false }],
  [
    'DROP VIEW IF EXISTS v CASCADE;',
    { kind: 'drop', objectKind: 'view', name: 'v', ifExists: true, cascade: true },
  ],
  ['drop table if', { kind: 'drop', objectKind: 'table', name: 'if', ifExists: false, cascade: false }],
  ['DROP MODEL model', { kind: 'drop', objectKind: 'model', name: 'model', ifExists: false, cascade: false }],
  ['DESCRIBE t', { kind: 'describe', name: 't' }],
  ['DESC "a ""b"', { kind: 'describe', name: 'a "b' }],
  ['DESCRIBE everview.updates', { kind: 'describe', name: 'everview.updates' }],
  ['SHOW tables', { kind: 'show', what: 'tables' }],
  ['SHOW VIEWS', { kind: 'show', what: 'views' }],
  ['SHOW MODELS', { kind: 'show', what: 'models' }],
  ['SHOW STALENESS', { kind: 'show', what: 'staleness' }],
  ['SHOW REGRET', { kind: 'show', what: 'regret' }],
  ['SHOW PERFORMANCE', { kind: 'show-performance', model: null, per: null }],
  [
    'SHOW PERFORMANCE OF delay PER "from"',
    {
      kind: 'show-performance',
      model: 'delay',
      per: 'from',
    },
  ],
  ['SHOW PERFORMANCE PER origin', { kind: 'show-performance', model: null, per: 'origin' }],
  ['REFRESH v', { kind: 'refresh', name: 'v', how: 'auto' }],
  ['REFRESH MATERIALIZED VIEW v INCREMENTAL', { kind: 'refresh', name: 'v', how: 'incremental' }],
  ['REFRESH MODEL m FULL', { kind: 'refresh', name: 'm', how: 'full' }],
  ['REFRESH TRAINING SET s', { kind: 'refresh', name: 's', how: 'auto' }],
  ['REFRESH model', { kind: 'refresh', name: 'model', how: 'auto' }],
  ['REFRESH model FULL', { kind: 'refresh', name: 'model', how: 'full' }],
  ['REFRESH VIEW full FULL', { kind: 'refresh', name: 'full', how: 'full' }],
  ['EXPLAIN REFRESH delay', { kind: 'explain-refresh', name: 'delay' }],
  ['BEGIN', { kind: 'begin', idempotencyKey: null }],
  ["BEGIN TRANSACTION WITH (idempotency_key = 'it''s')", { kind: 'begin', idempotencyKey: "it's" }],
  ['COMMIT;', { kind: 'commit' }],
  ['ROLLBACK WORK', { kind: 'rollback' }],
  [
    "INSERT INTO t VALUES (1, 'a;b'), (2, $$c)$$)",
    { ...insertDefaults, table: 't', source: "VALUES (1, 'a;b'), (2, $$c)$$)" },
  ],
  [
    'INSERT INTO t (a, "b c") SELECT 1, (SELECT max(x) FROM u)',
    { ...insertDefaults, table: 't', columns: ['a', 'b c'], source: 'SELECT 1, (SELECT max(x) FROM u)' },
  ],
  ['INSERT INTO t (SELECT 1)', { ...insertDefaults, table: 't', source: '(SELECT 1)' }],
  ['INSERT INTO t BY NAME FROM u', { ...insertDefaults, table: 't', byName: true, source: 'FROM u' }],
  [
    'INSERT INTO t WITH c AS (SELECT 1) SELECT * FROM c',
    { ...insertDefaults, table: 't', source: 'WITH c AS (SELECT 1) SELECT * FROM c' },
  ],
  [
    "INSERT INTO t VALUES (1) WITH (idempotency_key = 'k')",
    { ...insertDefaults, table: 't', source: 'VALUES (1)', idempotencyKey: 'k' },
  ],
  [
    'INSERT OR REPLACE INTO t VALUES (1)',
    { ...insertDefaults, table: 't', source: 'VALUES (1)', onConflict: { action: 'replace' } },
  ],
  [
    'INSERT OR IGNORE INTO t VALUES (1)',
    { ...insertDefaults, table: 't', source: 'VALUES (1)', onConflict: { action: 'nothing', target: [] } },
  ],
  [
    'INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING',
    { ...insertDefaults, table: 't', source: 'VALUES (1)', onConflict: { action: 'nothing', target: [] } },
  ],
  [
    "INSERT INTO t AS o VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET a = excluded.a + o.a, b = CASE WHEN true THEN 1 END WHERE o.a IS DISTINCT FROM excluded.a WITH (idempotency_key = 'k')",
    {
      ...insertDefaults,
      table: 't',
      alias: 'o',
      source: 'VALUES (1, 2)',
      onConflict: {
        action: 'update',
        target: ['id'],
        set: [
          { column: 'a', value: 'excluded.a + o.a' },
          { column: 'b', value: 'CASE WHEN true THEN 1 END' },
        ],
        where: 'o.a IS DISTINCT FROM excluded.a',
      },
      idempotencyKey: 'k',
    },
  ],
  [
    'UPDATE t AS x SET a = a IS NOT DISTINCT FROM b, c = extract(year FROM d), e = [1, 2] FROM u, w WHERE u.id = x.id',
    {
      kind: 'update',
      table: 't',
      alias: 'x',
      set: [
        { column: 'a', value: 'a IS NOT DISTINCT FROM b' },
        { column: 'c', value: 'extract(year FROM d)' },
        { column: 'e', value: '[1, 2]' },
      ],
      from: 'u, w',
      where: 'u.id = x.id',
      idempotencyKey: null,
    },
  ],
  [
    "update t x set a = 1 with (idempotency_key = 'k')",
    {
      kind: 'update',
      table: 't',
      alias: 'x',
      set: [{ column: 'a', value: '1' }],
      from: null,
      where: null,
      idempotencyKey: 'k',
    },
  ],
  [
    'DELETE FROM t',
    { kind: 'delete', table: 't', alias: null, using: null, where: null, idempotencyKey: null },
  ],
  [
    "DELETE FROM t d USING u WHERE d.a = u.a AND d.b = CAST(x AS TIMESTAMP WITH TIME ZONE) WITH (idempotency_key = 'k')",
    {
      kind: 'delete',
      table: 't',
      alias: 'd',
      using: 'u',
      where: 'd.a = u.a AND d.b = CAST(x AS TIMESTAMP WITH TIME ZONE)',
      idempotencyKey: 'k',
    },
  ],
  ["COPY t FROM 'a.csv'", { kind: 'copy-from', table: 't', columns: null, path: 'a.csv', options: [] }],
  [
    "COPY t (a, b) FROM 'it''s.csv' (HEADER, DELIMITER ',', FORMAT csv, NULL 'x', idempotency_key 'k')",
    {
      kind: 'copy-from',
      table: 't',
      columns: ['a', 'b'],
      path: "it's.csv",
      options: [
        { name: 'HEADER', value: 'true' },
        { name: 'DELIMITER', value: "','" },
        { name: 'FORMAT', value: 'csv' },
        { name: 'NULL', value: "'x'" },
        { name: 'idempotency_key', value: "'k'" },
      ],
    },
  ],
  [
    "COPY t FROM 'a.csv' WITH (header = false, idempotency_key = 'k')",
    {
      kind: 'copy-from',
      table: 't',
      columns: null,
      path: 'a.csv',
      options: [
        { name: 'header', value: 'false' },
        { name: 'idempotency_key', value: "'k'" },
      ],
    },
  ],
  ['RELEASE QUARANTINE FOR t', { kind: 'quarantine-release', table: 't', where: null }],
  [
    'RELEASE QUARANTINE FOR t WHERE delay < 0',
    { kind: 'quarantine-release', table: 't', where: 'delay < 0' },
  ],
  [
    'CORRECT QUARANTINE FOR t SET delay = delay / 60, x = 1 WHERE delay > 2000',
    {
      kind: 'quarantine-correct',
      table: 't',
      set: [
        { column: 'delay', value: 'delay / 60' },
        { column: 'x', value: '1' },
      ],
      where: 'delay > 2000',
    },
  ],
  ['DROP QUARANTINE FOR t WHERE a = 1', { kind: 'quarantine-drop', table: 't', where: 'a = 1' }],
  ['  -- first\n SELECT 1; -- last', { ...asDeclared, query: 'SELECT 1' }],
  ['(SELECT 1)', { ...asDeclared, query: '(SELECT 1)' }],
  ['from t', { ...asDeclared, query: 'from t' }],
  ['VALUES (1)', { ...asDeclared, query: 'VALUES (1)' }],
  ['WITH a AS (SELECT 1) FROM a', { ...asDeclared, query: 'WITH a AS (SELECT 1) FROM a' }],
  [
    'SELECT \')\' , [1] AS "with", (1) FROM t -- with (',
    { ...asDeclared, query: `SELECT ')' , [1] AS "with", (1)${' FROM t'}` },
  ],
  ["SELECT '1'::TIMESTAMP WITH TIME ZONE", { ...asDeclared, query: "SELECT '1'::TIMESTAMP WITH TIME ZONE" }],
  [
    "SELECT a FROM v WHERE a = $1 /* late */ WITH (max_staleness = INTERVAL '1 minute', max_rows = 10, on_stale_read = serve);",
    {
      kind: 'query',
      query: 'SELECT a FROM v WHERE a = $1',
      policy: { bounds: { maxStalenessMs: 60_000, maxRows: 10 }, onStaleRead: 'serve' },
    },
  ],
  [
    'with w as (select 1) from predict(m, (select 1)) with (MAX_ROWS = 0)',
    {
      kind: 'query',
      query: 'with w as (select 1) from predict(m, (select 1))',
      policy: { bounds: { maxStalenessMs: null, maxRows: 0 }, onStaleRead: null },
    },
  ],
  [
    'EXPLAIN SELECT 1 WITH (on_stale_read = compensate)',
    { kind: 'explain-query', query: 'SELECT 1', policy: { bounds: null, onStaleRead: 'compensate' } },
  ],
  ['explain (from t)', { ...asDeclared, kind: 'explain-query', query: '(from t)' }],
];

describe('parseStatement', () => {
  it.each(table)('reads %s', (sql, expected) => {
    expect(plain(sql)).toEqual(expected);
  });

  it('reads all that a table can say', () => {
    expect(
      definitionOf(`
        CREATE TABLE "my table" (
          id UINTEGER CONSTRAINT id_key PRIMARY KEY,
          key VARCHAR DEFAULT 'a, b' NOT NULL,
          window DECIMAL(10, 2) DEFAULT NULL NULL,
          label STRUCT(a INTEGER, b VARCHAR[]) UNIQUE,
          größe DOUBLE PRECISION CHECK (größe > (1 + 2)) REFERENCES sizes,
          model TIMESTAMP WITH TIME ZONE DEFAULT now(),
          UNIQUE (key, label),
          CONSTRAINT both FOREIGN KEY (key, model) REFERENCES other (a, b),
          CHECK (key <> 'x)' /* ) */)
        ) WITH (event_time = 'model')`),
    ).toEqual({
      kind: 'table',
      name: 'my table',
      columns: [
        { name: 'id', type: 'UINTEGER', default: null },
        { name: 'key', type: 'VARCHAR', default: "'a, b'" },
        { name: 'window', type: 'DECIMAL(10, 2)', default: 'NULL' },
        { name: 'label', type: 'STRUCT(a INTEGER, b VARCHAR[])', default: null },
        { name: 'größe', type: 'DOUBLE PRECISION', default: null },
        { name: 'model', type: 'TIMESTAMP WITH TIME ZONE', default: 'now()' },
      ],
      constraints: [
        { kind: 'not-null', name: 'my table_id_not_null', column: 'id' },
        { kind: 'not-null', name: 'my table_key_not_null', column: 'key' },
        { kind: 'primary-key', name: 'id_key', columns: ['id'] },
        { kind: 'unique', name: 'my table_label_key', columns: ['label'] },
        { kind: 'unique', name: 'my table_key_label_key', columns: ['key', 'label'] },
        {
          kind: 'references',
          name: 'my table_größe_fkey',
          columns: ['größe'],
          table: 'sizes',
          targetColumns: [],
        },
        {
          kind: 'references',
          name: 'both',
          columns: ['key', 'model'],
          table: 'other',
          targetColumns: ['a', 'b'],
        },
        { kind: 'check', name: 'my table_größe_check', expression: 'größe > (1 + 2)' },
        { kind: 'check', name: 'my table_check', expression: "key <> 'x)'" },
      ],
      eventTime: 'model',
      onViolation: 'reject',
      heartbeatMs: null,
      arrival: noArrivalRules,
      isProfiled: false,
      falseAlarms: null,
      onFinding: 'warn',
      hold: { forMs: 86_400_000, onDeadline: 'reject' },
    });
  });

  it('gives a materialized view its defaults', () => {
    expect(definitionOf('CREATE MATERIALIZED VIEW v AS SELECT 1')).toMatchObject({
      materialized: true,
      policy: {
        refresh: 'auto',
        maxStalenessMs: 0,
        maxRows: null,
        stalenessPrice: null,
        onStaleRead: 'refresh',
      },
      tolerance: 1e-9,
    });
  });

  it.each([
    ['refresh = manual', { maxStalenessMs: null, maxRows: null }],
    ['max_rows = 10', { maxStalenessMs: null, maxRows: 10 }],
    ["max_rows = 10, max_staleness = '1 day'", { maxStalenessMs: 86_400_000, maxRows: 10 }],
    ['max_staleness = INTERVAL 10 MINUTES', { maxStalenessMs: 600_000 }],
    ['max_staleness = NULL', { maxStalenessMs: null }],
    ['refresh = manual, max_staleness = 0', { maxStalenessMs: 0 }],
  ])('reads the policy (%s)', (options, policy) => {
    expect(definitionOf(`CREATE MATERIALIZED VIEW v WITH (${options}) AS SELECT 1`)).toMatchObject({
      policy,
    });
  });

  it('gives a training set with only a label and a model with only a method their defaults', () => {
    expect(definitionOf('CREATE TRAINING SET s WITH (label = "Y y") AS FROM t')).toEqual({
      kind: 'training-set',
      name: 's',
      query: 'FROM t',
      label: 'Y y',
      eventTime: null,
      labelDelayMs: 0,
      windowMs: null,
      holdoutMs: 0,
      tolerance: 1e-9,
    });
    expect(definitionOf('CREATE OR REPLACE MODEL m WITH (method = ridge) AS SELECT * FROM s;')).toEqual({
      kind: 'model',
      name: 'm',
      trainingSet: 's',
      features: { kind: 'all', except: [] },
      method: 'ridge',
      options: {
        l2: 1,
        standardize: true,
        l1: 1,
        labels: [],
        components: 2,
        clusters: 8,
        smoothing: null,
        regularization: 0,
        delta: 1,
        weight: null,
        decayMs: null,
        categorical: [],
        expand: [],
        rareRows: 0,
        missing: 'impute',
      },
      policy: {
        refresh: 'auto',
        maxStalenessMs: 0,
        maxRows: null,
        stalenessPrice: null,
        onStaleRead: 'refresh',
      },
      maxEffect: null,
      gate: [],
      slices: [],
      windows: 3,
      holdOn: 'block',
      pauseOn: 'never',
      fallback: null,
      logPredictions: [],
      predictionRetentionMs: 90 * 86_400_000,
      onFailure: 'keep_current',
    });
  });

  it.each([
    ['*', { kind: 'all', except: [] }],
    ['* EXCLUDE (a, "b c")', { kind: 'all', except: ['a', 'b c'] }],
    ['* EXCLUDE a', { kind: 'all', except: ['a'] }],
    ['a, label', { kind: 'columns', columns: ['a', 'label'] }],
  ])('reads the features of a model: %s', (features, expected) => {
    const definition = definitionOf(`CREATE MODEL m WITH (method = 'ridge') AS SELECT ${features} FROM s`);
    expect(definition).toMatchObject({ features: expected });
  });

  it('reads every form of a gate', () => {
    const gate = `(rmse <= 40, RMSE<1.02*current, r2 >= current * 0.98, mae < current, r2 > -.5,
      rmse PER origin <= 60, log_loss per "a b" <= 1.1 * current, not_worse, not_worse (margin = 0.01),
      NOT_WORSE(mae), not_worse(accuracy, margin = 1e-3) PER origin, negative_flips <= 0.02,
      negative_flips(tolerance = 15) PER origin < .1)`;
    expect(
      definitionOf(`CREATE MODEL m WITH (method = ridge, gate = ${gate}) AS SELECT * FROM s`),
    ).toMatchObject({
      gate: [
        {
          kind: 'threshold',
          metric: 'rmse',
          operator: '<=',
          factor: 40,
          relative: false,
          text: 'rmse <= 40',
        },
        { metric: 'rmse', operator: '<', factor: 1.02, relative: true, text: 'RMSE<1.02*current' },
        { metric: 'r2', operator: '>=', factor: 0.98, relative: true },
        { metric: 'mae', operator: '<', factor: 1, relative: true },
        { metric: 'r2', operator: '>', factor: -0.5, relative: false, per: null },
        { metric: 'rmse', per: 'origin', operator: '<=', factor: 60, relative: false },
        { metric: 'log_loss', per: 'a b', operator: '<=', factor: 1.1, relative: true },
        { kind: 'not-worse', metric: null, margin: 0.02, per: null, text: 'not_worse' },
        { kind: 'not-worse', metric: null, margin: 0.01 },
        { kind: 'not-worse', metric: 'mae', margin: 0.02 },
        { kind: 'not-worse', metric: 'accuracy', margin: 0.001, per: 'origin' },
        { kind: 'negative-flips', tolerance: null, operator: '<=', budget: 0.02, per: null },
        { kind: 'negative-flips', tolerance: 15, operator: '<', budget: 0.1, per: 'origin' },
      ],
    });
  });

  it('gives places in the statement itself and keeps the place in the script', () => {
    const at = { line: 7, column: 3, offset: 90, length: 40 };
    const statement = parseStatement('CREATE VIEW v AS\n  SELECT a\n  FROM t', at);
    expect(statement).toMatchObject({
      at,
      name: { name: 'v', at: { line: 1, column: 13, offset: 12, length: 1 } },
      query: { text: 'SELECT a\n  FROM t', at: { line: 2, column: 3, offset: 19, length: 17 } },
    });
  });

  it('freezes definitions', () => {
    const definition = definitionOf('CREATE MATERIALIZED VIEW v AS SELECT 1');
    expect(Object.isFrozen(definition)).toBe(true);
    expect(definition).toSatisfy((one: { policy: object }) => Object.isFrozen(one.policy));
  });
});
