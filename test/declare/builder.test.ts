import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteQueryCompiler,
} from 'kysely';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { EverviewError } from '../../src/core/errors.ts';
import {
  check,
  type DatabaseOf,
  foreignKey,
  type InsertOf,
  materializedView,
  model,
  primaryKey,
  type RowOf,
  select,
  table,
  trainingSet,
  unique,
  view,
} from '../../src/declare/builder.ts';
import { t } from '../../src/declare/column-builder.ts';
import { formatLiteral, inlineParameters } from '../../src/declare/sql-literal.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';

function definitionOf(sql: string) {
  const statement = parseStatement(sql);
  if (statement.kind !== 'create') throw new TypeError(`not a CREATE: ${sql}`);
  return statement.definition;
}

function errorOf(declare: () => unknown): EverviewError {
  try {
    declare();
  } catch (error) {
    if (error instanceof EverviewError) return error;
    throw error;
  }
  throw new TypeError('no error');
}

const flights = table(
  'flights',
  {
    id: t.bigint().primaryKey(),
    departs: t.timestamp().notNull(),
    origin: t.varchar().notNull().references('airports', 'iata'),
    delay: t.integer().check('delay BETWEEN -120 AND 2000'),
    note: t.varchar().notNull().default("''"),
  },
  {
    eventTime: 'departs',
    onViolation: 'quarantine',
    heartbeat: '1 day',
    constraints: [unique(['origin', 'departs'], 'one_at_a_time'), check('delay > -id')],
  },
);

const originDay = materializedView(
  'origin_day',
  { maxStaleness: '10 minutes' },
  select<{ origin: string; departures: bigint }>(
    'SELECT origin, count(*) AS departures FROM flights GROUP BY ALL',
  ),
);

type Database = DatabaseOf<[typeof flights, typeof originDay]>;

function kyselyFor(compiler: () => PostgresQueryCompiler | SqliteQueryCompiler): Kysely<Database> {
  return new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: compiler,
    },
  });
}

describe('the builder', () => {
  it('declares the same table as SQL', () => {
    expect(flights.definition).toEqual(
      definitionOf(`
        CREATE TABLE flights (
          id BIGINT PRIMARY KEY,
          departs TIMESTAMP NOT NULL,
          origin VARCHAR NOT NULL REFERENCES airports (iata),
          delay INTEGER CHECK (delay BETWEEN -120 AND 2000),
          note VARCHAR NOT NULL DEFAULT '',
          CONSTRAINT one_at_a_time UNIQUE (origin, departs),
          CHECK (delay > -id)
        ) WITH (event_time = departs, on_violation = quarantine, heartbeat = INTERVAL '1 day')`),
    );
    expect(
      table(
        'wide',
        {
          a: t.decimal(10, 2),
          b: t.list(t.double()),
          c: t.type<{ x: number }>('STRUCT(x INTEGER)').unique(),
        },
        { constraints: [primaryKey(['a', 'b']), foreignKey(['a', 'b'], 'other', ['x', 'y'], 'fk')] },
      ).definition,
    ).toEqual(
      definitionOf(`CREATE TABLE wide (
        a DECIMAL(10, 2), b DOUBLE[], c STRUCT(x INTEGER) UNIQUE,
        PRIMARY KEY (a, b), CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES other (x, y))`),
    );
  });

  it('declares the same views, training sets and models as SQL', () => {
    expect(view('v', 'SELECT 1').definition).toEqual(definitionOf('CREATE VIEW v AS SELECT 1'));
    expect(
      materializedView(
        'v',
        { maxRows: 10, refresh: 'manual', onStaleRead: 'fail', tolerance: 0 },
        'SELECT 1 -- x',
      ).definition,
    ).toEqual(
      definitionOf(
        'CREATE MATERIALIZED VIEW v WITH (max_rows = 10, refresh = manual, on_stale_read = fail, tolerance = 0) AS SELECT 1',
      ),
    );
    const examples = trainingSet(
      'examples',
      { label: 'delay', eventTime: 'departs', labelDelay: '1 day', window: '60 days', holdout: '7 days' },
      'SELECT departs, delay FROM flights',
    );
    expect(examples.definition).toEqual(
      definitionOf(`CREATE TRAINING SET examples WITH (label = delay, event_time = departs,
        label_delay = INTERVAL '1 day', window = INTERVAL '60 days', holdout = INTERVAL '7 days')
        AS SELECT departs, delay FROM flights`),
    );
    expect(
      model(
        'delay',
        {
          method: 'ridge',
          l2: 0.5,
          standardize: false,
          categorical: ['hour'],
          missing: 'drop',
          maxStaleness: '1 day',
          maxEffect: 0.5,
          gate: ['rmse <= 40', 'rmse <= 1.02 * current'],
          onFailure: 'keep_current',
        },
        examples,
        { except: ['id'] },
      ).definition,
    ).toEqual(
      definitionOf(`CREATE MODEL delay WITH (method = 'ridge', l2 = 0.5, standardize = false, categorical = (hour),
        missing = drop, max_staleness = INTERVAL '1 day', max_effect = 0.5,
        gate = (rmse <= 40, rmse <= 1.02 * current), on_failure = keep_current)
        AS SELECT * EXCLUDE (id) FROM examples`),
    );
    expect(model('m', { method: 'ridge', gate: 'r2 > 0' }, 'examples', ['a', 'b']).definition).toEqual(
      definitionOf('CREATE MODEL m WITH (method = ridge, gate = (r2 > 0)) AS SELECT a, b FROM examples'),
    );
  });

  it('carries the types of rows', () => {
    expectTypeOf<RowOf<typeof flights>>().toEqualTypeOf<{
      id: bigint;
      departs: Date;
      origin: string;
      delay: number | null;
      note: string;
    }>();
    expectTypeOf<InsertOf<typeof flights>>().toEqualTypeOf<{
      id: bigint;
      departs: Date;
      origin: string;
      delay?: number | null;
      note?: string;
    }>();
    expectTypeOf<Database>().toEqualTypeOf<{
      flights: RowOf<typeof flights>;
      origin_day: { origin: string; departures: bigint };
    }>();
    const decimals = table('d', { small: t.decimal(15, 2).notNull(), large: t.decimal(38, 2).notNull() });
    expectTypeOf<RowOf<typeof decimals>>().toEqualTypeOf<{ small: number; large: string }>();
  });

  it('takes a Kysely query, with its parameters and the type of its rows', () => {
    const declare = (compiler: () => PostgresQueryCompiler | SqliteQueryCompiler) =>
      materializedView(
        'late',
        {},
        kyselyFor(compiler)
          .selectFrom('flights')
          .select(['id', 'delay'])
          .where('delay', '>', 15)
          .where('origin', '=', "O'Hare ?")
          .where('departs', '<', new Date(Date.UTC(2001, 0, 2))),
      );
    const late = declare(() => new PostgresQueryCompiler());
    expectTypeOf<RowOf<typeof late>>().toEqualTypeOf<{ id: bigint; delay: number | null }>();
    const query = `select "id", "delay" from "flights" where "delay" > 15 and "origin" = 'O''Hare ?' and "departs" < TIMESTAMP '2001-01-02 00:00:00.000'`;
    expect(late.definition.query).toBe(query);
    expect(declare(() => new SqliteQueryCompiler()).definition.query).toBe(query);
  });

  it('types the label of a training set by its query', () => {
    const query = select<{ x: number; y: number }>('SELECT x, y FROM t');
    expect(trainingSet('s', { label: 'y' }, query).definition.label).toBe('y');
    // @ts-expect-error ridge has no delta
    expect(() => model('m', { method: 'ridge', delta: 1 }, 'examples')).toThrow('takes no delta');
    // @ts-expect-error nothing compensates a stale model
    expect(() => model('m', { method: 'ridge', onStaleRead: 'compensate' }, 'examples')).toThrow(
      'on_stale_read',
    );
    expect(() => model('m', { method: 'ridge' }, 'SELECT x FROM s')).toThrow('is declared over a query');
    // @ts-expect-error there is no column z
    trainingSet('s', { label: 'z' }, query);
  });

  it('freezes declarations', () => {
    expect(Object.isFrozen(flights)).toBe(true);
    expect(Object.isFrozen(flights.definition.columns)).toBe(true);
  });

  it('fails as SQL does, without a place', () => {
    const cases: readonly (readonly [declare: () => unknown, sql: string])[] = [
      [
        () => materializedView('v', { maxRows: -1 }, 'SELECT 1'),
        'CREATE MATERIALIZED VIEW v WITH (max_rows = -1) AS SELECT 1',
      ],
      [
        () => trainingSet('s', { label: 'y', window: '1 day' }, 'SELECT 1'),
        "CREATE TRAINING SET s WITH (label = y, window = '1 day') AS SELECT 1",
      ],
      [
        () => model('m', { method: 'ridge', categorical: ['x'] }, 's', ['y']),
        'CREATE MODEL m WITH (method = ridge, categorical = (x)) AS SELECT y FROM s',
      ],
      [
        () => table('t', { a: t.integer() }, { eventTime: 'a' }),
        'CREATE TABLE t (a INTEGER) WITH (event_time = a)',
      ],
    ];
    for (const [declare, sql] of cases) {
      const fromSql = errorOf(() => parseStatement(sql));
      const built = errorOf(declare);
      expect([built.code, built.message, built.hint, built.at]).toEqual([
        fromSql.code,
        fromSql.message,
        fromSql.hint,
        undefined,
      ]);
    }
  });

  it('refuses what the compiler would have', () => {
    const options: object = { maxStalenes: '1 day' };
    expect(errorOf(() => materializedView('v', options, 'SELECT 1'))).toMatchObject({
      code: 'unknown-option',
      hint: expect.stringContaining('max_staleness'),
    });
    const months = errorOf(() => materializedView('v', { maxStaleness: '1 month' }, 'SELECT 1'));
    expect(months).toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('no fixed length'),
    });
  });

  it.each([
    ['a stray bracket', () => table('t', { a: t.integer().check('a > 0)') })],
    ['an open bracket', () => table('t', { a: t.integer().default('(1') })],
    ['a type with more in it', () => table('t', { a: t.type<number>('INTEGER NOT NULL') })],
    ['two statements', () => view('v', 'SELECT 1; SELECT 2')],
    ['no SELECT', () => view('v', 'DROP TABLE t')],
    ['nothing', () => view('v', ' -- ')],
  ])('refuses SQL with %s', (_, declare) => {
    expect(errorOf(declare).code).toBe('invalid-definition');
  });
});

describe('literals', () => {
  it.each([
    [null, 'NULL'],
    [true, 'true'],
    [-1, '(-1)'],
    [0.1, '0.1e0'],
    [1e300, '1e+300'],
    [2 ** 60, '1152921504606847000e0'],
    [-(2n ** 64n), '(-18446744073709551616)'],
    ["a'b", "'a''b'"],
    [new Date(Date.UTC(2001, 1, 3, 4, 5, 6, 7)), "TIMESTAMP '2001-02-03 04:05:06.007'"],
    [Uint8Array.of(0, 255), "'\\x00\\xFF'::BLOB"],
  ])('%s is %s', (value, literal) => {
    expect(formatLiteral(value)).toBe(literal);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), {}, undefined])(
    'refuses %s',
    (value) => {
      expect(errorOf(() => formatLiteral(value)).code).toBe('invalid-definition');
    },
  );

  it('go where the parameters were, and only there', () => {
    expect(inlineParameters(`SELECT $2, '$1 ?', "?" -- ?\n, $1`, [1, 2])).toBe(
      `SELECT 2, '$1 ?', "?" -- ?\n, 1`,
    );
    expect(inlineParameters('SELECT ?, ?', ['?', 2])).toBe(`SELECT '?', 2`);
    expect(errorOf(() => inlineParameters('SELECT $2', [1])).code).toBe('invalid-definition');
  });
});
