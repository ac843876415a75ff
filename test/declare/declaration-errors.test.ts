import { describe, expect, it } from 'vitest';
import { type ErrorCode, EverviewError } from '../../src/core/errors.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';

function errorOf(sql: string): EverviewError {
  try {
    parseStatement(sql);
  } catch (error) {
    if (error instanceof EverviewError) return error;
    throw error;
  }
  throw new TypeError(`no error: ${sql}`);
}

type Case = readonly [sql: string, code: ErrorCode, place: string, message: RegExp, hint: RegExp];

/** `place` is `line:column length`. */
function check([sql, code, place, message, hint]: Case): void {
  const error = errorOf(sql);
  const { at } = error;
  expect({ code: error.code, place: at && `${at.line}:${at.column} ${at.length}` }).toEqual({ code, place });
  expect(error.message).toMatch(message);
  expect(error.hint ?? '').toMatch(hint);
}

const view = (options: string) => `CREATE MATERIALIZED VIEW v WITH (${options}) AS SELECT 1`;
const set = (options: string) => `CREATE TRAINING SET s WITH (${options}) AS SELECT 1`;
const model = (options: string) => `CREATE MODEL m WITH (${options}) AS SELECT * FROM s`;

const syntax: readonly Case[] = [
  [
    'CREATE MATERIALISED VIEW v AS SELECT 1',
    'syntax-error',
    '1:8 12',
    /expected TABLE, .*found MATERIALISED/,
    /did you mean MATERIALIZED\?/,
  ],
  [
    'SELCT 1',
    'syntax-error',
    '1:1 5',
    /no statement starts with SELCT/,
    /did you mean SELECT\? statements: CREATE/,
  ],
  ['foo bar', 'syntax-error', '1:1 3', /no statement starts with foo/, /^statements: CREATE/],
  ['CREATE VIEW v AZ SELECT 1', 'syntax-error', '1:15 2', /expected AS, found AZ/, /did you mean AS\?/],
  [
    'CREATE VIEW v\n  AS SELEKT 1',
    'syntax-error',
    '2:6 6',
    /expected SELECT, WITH, FROM, VALUES or "\(", found SELEKT/,
    /SELECT/,
  ],
  ['CREATE TRAINING SETT s AS SELECT 1', 'syntax-error', '1:17 4', /expected SET/, /did you mean SET\?/],
  ['DROP TABLE t CASCAD', 'syntax-error', '1:14 6', /should end before CASCAD/, /did you mean CASCADE\?/],
  [
    'SHOW MODLES',
    'syntax-error',
    '1:6 6',
    /expected TABLES, VIEWS, MODELS, STALENESS, REGRET, INCIDENTS or PERFORMANCE/,
    /did you mean MODELS\?/,
  ],
  ['SELECT 1 WITH (max_rows = 1) LIMIT 1', 'syntax-error', '1:30 5', /end before LIMIT/, /last part/],
  ['SELECT 1 WITH ()', 'syntax-error', '1:16 1', /expected an option/, /^/],
  ['EXPLAIN REFERSH v', 'syntax-error', '1:9 7', /expected REFRESH/, /did you mean REFRESH\?/],
  [
    'CREATE TABLE t (a INTEGER,)',
    'syntax-error',
    '1:27 1',
    /expected CHECK, UNIQUE.*a name, found \)|found \)/,
    /^/,
  ],
  ['CREATE TABLE t (a INTEGER', 'syntax-error', '1:25 1', /expected "\)", the statement ends here/, /^/],
  ['CREATE TABLE t (a)', 'syntax-error', '1:18 1', /expected a type, found \)/, /^/],
  ['CREATE TABLE t (a NOT NULL)', 'syntax-error', '1:19 3', /expected a type, found NOT/, /^/],
  ['CREATE TABLE t (a INTEGER CHECK (a > (1))', 'syntax-error', '1:41 1', /expected "\)"/, /^/],
  ['CREATE VIEW v AS SELECT (1 + [2)', 'syntax-error', '1:32 1', /\) closes nothing/, /\[ is closed with \]/],
  ['CREATE VIEW v AS SELECT (1 + 2', 'syntax-error', '1:25 1', /never closed/, /close it with \)/],
  ["INSERT INTO t VALUES ('a\n)", 'syntax-error', '1:23 1', /text that starts here is never closed/, /'/],
  ['SELECT "a', 'syntax-error', '1:8 1', /quoted name .* never closed/, /"/],
  ['DROP TABLE t /* x', 'syntax-error', '1:14 2', /comment .* never closed/, /\*\//],
  ['UPDATE t SET a = WHERE b', 'syntax-error', '1:18 5', /expected an expression, found WHERE/, /^/],
  ['UPDATE t SET a', 'syntax-error', '1:14 1', /expected "=", the statement ends here/, /^/],
  ['DELETE t WHERE a', 'syntax-error', '1:8 1', /expected FROM, found t/, /^/],
  ['SELECT 1; SELECT 2', 'syntax-error', '1:11 6', /second statement/, /one statement at a time/],
  ['COMMIT; COMMIT', 'syntax-error', '1:9 6', /second statement/, /sql\(\) runs several/],
  ['CREATE TABEL t (a INTEGER)', 'syntax-error', '1:8 5', /found TABEL/, /did you mean TABLE\?/],
  ['CREATE OR REPLACE VIEW IF NOT EXISTS v AS SELECT 1', 'syntax-error', '1:38 1', /exclude each other/, /^/],
  ['CREATE TABLE main.t (a INTEGER)', 'syntax-error', '1:18 1', /name to end here/, /write the name alone/],
  [
    'CREATE MODEL m AS SELECT a * 2 FROM s',
    'syntax-error',
    '1:28 1',
    /expected FROM, found \*/,
    /compute in the set/,
  ],
  ['CREATE MODEL m AS SELECT hour(a) FROM s', 'syntax-error', '1:30 1', /expected FROM/, /option expand/],
  [
    'CREATE TABLE t (a INTEGER CHEK (a > 0))',
    'syntax-error',
    '1:27 4',
    /no part of a type/,
    /did you mean CHECK/,
  ],
  ['CREATE TABLE t (a DECIMAL(10, 2) CHEK (a > 0))', 'syntax-error', '1:34 4', /no part of a type/, /CHECK/],
  ['CREATE TABLE t (a TIMESTAMP WITH TIME ZONE UNQUE)', 'syntax-error', '1:44 5', /no part/, /UNIQUE/],
  ['CREATE MODEL m AS SELECT a FORM s', 'syntax-error', '1:28 4', /expected FROM/, /did you mean FROM/],
  [
    'CREATE MODEL m AS SELECT * FROM s WHERE a > 1',
    'syntax-error',
    '1:35 5',
    /to end/,
    /filter and join there/,
  ],
  ['CREATE MODEL m AS SELECT * FROM s WITH (l2 = 1)', 'syntax-error', '1:35 4', /to end/, /before AS/],
];

const unsupported: readonly Case[] = [
  ['PRAGMA foo', 'unsupported', '1:1 6', /PRAGMA is not offered/, /^statements: /],
  ['CREATE INDEX i ON t (a)', 'unsupported', '1:8 5', /CREATE INDEX/, /TRAINING SET/],
  ['CREATE TEMP TABLE t (a INTEGER)', 'unsupported', '1:8 4', /CREATE TEMP/, /^/],
  ['CREATE TABLE t AS SELECT 1', 'unsupported', '1:16 2', /CREATE TABLE … AS/, /MATERIALIZED VIEW/],
  ['ALTER TABLE t ADD COLUMN a INTEGER', 'unsupported', '1:15 3', /ALTER … ADD/, /CREATE OR REPLACE/],
  ['EXPLAIN INSERT INTO t VALUES (1)', 'unsupported', '1:9 6', /EXPLAIN of this/, /EXPLAIN SELECT/],
  ["COPY t TO 'x.csv'", 'unsupported', '1:8 2', /COPY … TO/, /--format csv/],
  ["COPY (SELECT 1) TO 'x.csv'", 'unsupported', '1:6 1', /COPY \(…\) TO/, /--format csv/],
  ['TRUNCATE t', 'unsupported', '1:1 8', /TRUNCATE/, /DELETE FROM/],
  ['MERGE INTO t USING u ON a', 'unsupported', '1:1 5', /MERGE/, /ON CONFLICT/],
  ['SET threads = 1', 'unsupported', '1:1 3', /SET/, /ALTER … SET/],
  ['SUMMARIZE t', 'unsupported', '1:1 9', /SUMMARIZE/, /PROFILE/],
  ['DELETE FROM t RETURNING a', 'unsupported', '1:15 9', /RETURNING/, /query the table/],
  ['INSERT INTO t VALUES (1) RETURNING a', 'unsupported', '1:26 9', /RETURNING/, /^/],
  [
    'CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1))',
    'unsupported',
    '1:38 9',
    /GENERATED/,
    /view/,
  ],
  [
    model("method = 'ridge', on_stale_read = compensate"),
    'unsupported',
    '1:56 10',
    /does not offer compensate yet/,
    /refresh, serve, fail/,
  ],
  [model("method = 'trees'"), 'unsupported', '1:31 7', /does not offer trees yet/, /ridge/],
];

const options: readonly Case[] = [
  [
    'CREATE TABLE t (a INTEGER) WITH (on_finding = reject)',
    'invalid-option',
    '1:47 6',
    /on_finding of table "t" needs profile = on/,
    /add profile = on/,
  ],
  [
    "CREATE TABLE t (a INTEGER) WITH (hold = INTERVAL '6 hours' THEN keep)",
    'invalid-option',
    '1:41 28',
    /hold is out of range: it ends in THEN accept_marked or THEN reject/,
    /INTERVAL '6 hours' THEN reject/,
  ],
  [
    'SELECT * FROM v\nWITH (max_stalenes = 1)',
    'unknown-option',
    '2:7 12',
    /a query has no option "max_stalenes"/,
    /did you mean "max_staleness"\?/,
  ],
  [
    'EXPLAIN SELECT 1 WITH (refresh = full)',
    'unknown-option',
    '1:24 7',
    /a query has no option "refresh"/,
    /max_staleness, max_rows, on_stale_read/,
  ],
  [
    'SELECT 1 WITH (on_stale_read = sreve)',
    'invalid-option',
    '1:32 5',
    /did you mean serve/,
    /refresh, compensate, serve, fail/,
  ],
  ['SELECT 1 WITH (max_rows = 1, max_rows = 2)', 'invalid-option', '1:30 8', /given twice/, /once/],
  [
    view('max_stalenes = 1'),
    'unknown-option',
    '1:34 12',
    /materialized view has no option "max_stalenes"/,
    /did you mean "max_staleness"\?/,
  ],
  [
    "CREATE VIEW v WITH (max_staleness = '1 day') AS SELECT 1",
    'unknown-option',
    '1:21 13',
    /plain view/,
    /CREATE MATERIALIZED VIEW/,
  ],
  [
    set('label = y,\n  windw = 1'),
    'unknown-option',
    '2:3 5',
    /training set has no option "windw"/,
    /"window"/,
  ],
  [
    "BEGIN WITH (idempotency = 'k')",
    'unknown-option',
    '1:13 11',
    /an update has no option/,
    /idempotency_key/,
  ],
  [
    view('max_staleness = 10'),
    'invalid-option',
    '1:50 2',
    /max_staleness wants a duration.*got 10/,
    /as INTERVAL '10 minutes'/,
  ],
  [view("max_staleness = INTERVAL '1 month'"), 'invalid-option', '1:50 18', /no fixed length/, /INTERVAL/],
  [view("max_staleness = '-1 day'"), 'invalid-option', '1:50 8', /negative/, /INTERVAL/],
  [view("max_staleness = '10 parsecs'"), 'invalid-option', '1:50 12', /number and a unit/, /INTERVAL/],
  [view('max_rows = 1.5'), 'invalid-option', '1:45 3', /must be a whole number/, /a number of rows/],
  [view('max_rows = many'), 'invalid-option', '1:45 4', /wants a number/, /a number of rows/],
  [view('refresh = atuo'), 'invalid-option', '1:44 4', /did you mean auto\?/, /one of immediate/],
  [view('refresh = auto, REFRESH = full'), 'invalid-option', '1:50 7', /given twice/, /once/],
  [view('tolerance = -1'), 'invalid-option', '1:46 2', /cannot be negative/, /a number/],
  [model('method = ridge, l2 = -0.1'), 'invalid-option', '1:43 4', /l2 is out of range/, /as 1\.0/],
  [
    model('method = ridge, standardize = maybe'),
    'invalid-option',
    '1:52 5',
    /true or false/,
    /true or false/,
  ],
  [
    model('method = ridge, gate = (rsme <= 4)'),
    'invalid-option',
    '1:45 11',
    /did you mean rmse\?/,
    /list of conditions/,
  ],
  [
    model('method = ridge, gate = (rmse <= current + 1)'),
    'invalid-option',
    '1:45 21',
    /is no condition/,
    /1\.02 \* current/,
  ],
  [model('method = ridge, gate = (not_worse(r2))'), 'invalid-option', '1:45 15', /row by row/, /conditions/],
  [model('method = ridge, gate = (not_worse(rsme))'), 'invalid-option', '1:45 17', /rmse\?/, /conditions/],
  [
    model('method = ridge, gate = (not_worse(0.1))'),
    'invalid-option',
    '1:45 16',
    /margin = 0.02/,
    /conditions/,
  ],
  [
    model('method = ridge, gate = (negative_flips > 1)'),
    'invalid-option',
    '1:45 20',
    /<= 0.02/,
    /conditions/,
  ],
  [model('method = ridge, windows = 1.5'), 'invalid-option', '1:48 3', /whole number/, /number/],
  [model('method = ridge, categorical = (a, 1)'), 'invalid-option', '1:52 6', /list of columns/, /\(a, b\)/],
  [model('method = ridge, categorical = (a, A)'), 'invalid-option', '1:52 6', /"A" twice/, /^/],
  [model('method = ridge, labels = (a, b, A)'), 'invalid-option', '1:47 9', /labels names "A" twice/, /^/],
  [model('method = ridge, slices = (a, a)'), 'invalid-option', '1:47 6', /slices names "a" twice/, /^/],
  [
    model('method = ridge, expand = (hour(t), HOUR(t))'),
    'invalid-option',
    '1:47 18',
    /expand names "hour\(t\)" twice/,
    /^/,
  ],
  [model('l2 = 1'), 'invalid-option', '1:14 1', /model "m" has no method/, /method = 'ridge'/],
  [set('window = NULL'), 'invalid-option', '1:21 1', /has no label/, /label = column/],
  [
    set("label = y, window = '1 day'"),
    'invalid-option',
    '1:49 7',
    /window .* needs an event_time/,
    /event_time = column/,
  ],
  [
    set("label = y, label_delay = '1 day'"),
    'invalid-option',
    '1:54 7',
    /label_delay .* needs an event_time/,
    /^/,
  ],
  [
    set("label = y, event_time = e, window = '1 day', holdout = '24 hours'"),
    'invalid-option',
    '1:84 10',
    /shorter than window/,
    /holdout/,
  ],
];

const tables: readonly Case[] = [
  [
    'CREATE TABLE t (departs TIMESTAMP) WITH (event_time = departed)',
    'unknown-column',
    '1:55 8',
    /"departed"/,
    /did you mean "departs"\?/,
  ],
  ['CREATE TABLE t (a INTEGER) WITH (event_time = a)', 'invalid-option', '1:47 1', /"a" is INTEGER/, /^/],
  ['CREATE TABLE t (a INTEGER, A VARCHAR)', 'invalid-definition', '1:28 1', /two columns "A"/, /^/],
  [
    'CREATE TABLE t (__ev_w INTEGER)',
    'invalid-definition',
    '1:17 6',
    /cannot be the name of a column/,
    /engine's/,
  ],
  ['CREATE TABLE t (abc INTEGER, UNIQUE (abd))', 'unknown-column', '1:38 3', /no column "abd"/, /"abc"/],
  ['CREATE TABLE t (a INTEGER, UNIQUE (a, a))', 'invalid-definition', '1:39 1', /"a" twice/, /^/],
  [
    'CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER PRIMARY KEY)',
    'invalid-definition',
    '1:40 1',
    /two primary keys/,
    /PRIMARY KEY \(a, b\)/,
  ],
  [
    'CREATE TABLE t (a INTEGER NULL PRIMARY KEY)',
    'invalid-definition',
    '1:17 1',
    /NULL and NOT NULL/,
    /primary key/,
  ],
  [
    'CREATE TABLE t (a INTEGER, FOREIGN KEY (a) REFERENCES u (b, c))',
    'invalid-definition',
    '1:55 1',
    /1 columns and 2/,
    /as many/,
  ],
  [
    'CREATE TABLE t (a INTEGER CONSTRAINT c UNIQUE, CONSTRAINT c CHECK (a > 1))',
    'invalid-definition',
    '1:59 1',
    /two constraints "c"/,
    /^/,
  ],
  [
    'CREATE MODEL m WITH (method = ridge, categorical = (wday)) AS SELECT day, weekday FROM s',
    'unknown-column',
    '1:52 6',
    /no feature/,
    /"weekday"|"day"/,
  ],
];

it.each([
  'SELECT 1 AS a -- \0\n, 2 AS b',
  'DELETE FROM t -- \0\n WHERE a = 1',
  "INSERT INTO t VALUES ('\0')",
  "CREATE VIEW v AS SELECT '\0' AS a",
])('what DuckDB would read in part alone is refused: %j', (sql) => {
  const offset = sql.indexOf('\0');
  expect(() => parseStatement(sql)).toThrow(
    expect.objectContaining({ code: 'syntax-error', at: expect.objectContaining({ offset }) }),
  );
});

it.each([
  'DOUBLE /* no default */ PRECISION',
  'DECIMAL -- cents: no halves\n (10, 2)',
  'TIMESTAMP WITH TIME ZONE',
  'STRUCT(nott INTEGER, "a uniqe" VARCHAR)[3]',
  "ENUM('nut', 'chek me')",
])('is a type, whatever its words are like: %s', (type) => {
  expect(parseStatement(`CREATE TABLE t (a ${type} NOT NULL)`)).toMatchObject({ kind: 'create' });
});

describe('errors of declarations', () => {
  it.each(syntax)('syntax: %s', (...one) => check(one));
  it.each(unsupported)('known, not offered: %s', (...one) => check(one));
  it.each(options)('options: %s', (...one) => check(one));
  it.each(tables)('names: %s', (...one) => check(one));

  it('leaves the parser usable after an error', () => {
    errorOf('CREATE TABLE t (a INTEGER');
    errorOf(view('max_rows = many'));
    expect(parseStatement('DROP TABLE t')).toMatchObject({ kind: 'drop' });
  });
});
