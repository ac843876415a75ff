import type { Statement } from './statement.ts';

/** What may stand in a text of statements; `[…]` may be left out, `|` is a choice. */
export type StatementForm = {
  readonly syntax: string;
  readonly meaning: string;
  /** One that is read as this form. */
  readonly example: string;
};

/** Who decided, and why: for the record. */
const decision = "[BY 'who'] [BECAUSE 'why']";

const key = "[WITH (idempotency_key = '…')]";

/** Every kind of statement, as the reference shows it. */
export const statementForms = {
  create: [
    {
      syntax: 'CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name (column type [constraint …], …) [WITH (…)]',
      meaning:
        'a base table; constraints are NOT NULL, DEFAULT, CHECK, UNIQUE, PRIMARY KEY, REFERENCES t (c) [MATCH RATE r], of a column or of the table',
      example:
        'CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE CHECK (x > 0)) WITH (on_violation = quarantine)',
    },
    {
      syntax: 'CREATE [OR REPLACE] VIEW [IF NOT EXISTS] name AS SELECT …',
      meaning: 'a named query',
      example: 'CREATE VIEW v AS SELECT x FROM t',
    },
    {
      syntax: 'CREATE [OR REPLACE] MATERIALIZED VIEW [IF NOT EXISTS] name [WITH (…)] AS SELECT …',
      meaning: 'a query whose answer is kept',
      example:
        "CREATE MATERIALIZED VIEW v WITH (max_staleness = INTERVAL '1 hour') AS SELECT sum(x) AS s FROM t",
    },
    {
      syntax: 'CREATE [OR REPLACE] TRAINING SET [IF NOT EXISTS] name WITH (label = …) AS SELECT …',
      meaning: 'a kept view with a label',
      example: 'CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t',
    },
    {
      syntax:
        'CREATE [OR REPLACE] MODEL [IF NOT EXISTS] name WITH (method = …) AS SELECT … FROM training_set',
      meaning: 'a model of the columns that the SELECT takes from one training set',
      example: 'CREATE MODEL m WITH (method = ridge) AS SELECT * FROM s',
    },
  ],
  alter: [
    {
      syntax: 'ALTER TABLE | MATERIALIZED VIEW | TRAINING SET | MODEL name SET (option = value, …)',
      meaning: 'other options; what is not named stays. All else changes by CREATE OR REPLACE',
      example: 'ALTER MODEL m SET (max_rows = 100)',
    },
  ],
  drop: [
    {
      syntax: 'DROP TABLE | VIEW | MATERIALIZED VIEW | TRAINING SET | MODEL [IF EXISTS] name [CASCADE]',
      meaning: 'refused with the list of what is defined over it, unless CASCADE takes that along',
      example: 'DROP TABLE IF EXISTS t CASCADE',
    },
  ],
  describe: [
    {
      syntax: 'DESCRIBE name',
      meaning: 'columns and options of an object, or of a system table',
      example: 'DESCRIBE everview.updates',
    },
  ],
  show: [
    {
      syntax: 'SHOW TABLES | VIEWS | MODELS | STALENESS | REGRET',
      meaning: 'what is declared, how far behind it is, and what choices of a rung have lost',
      example: 'SHOW STALENESS',
    },
  ],
  query: [
    {
      syntax: 'SELECT … [WITH (option = value, …)]',
      meaning:
        "DuckDB's SELECT over declared names, `PREDICT(model, …)` and `table AT (VERSION => n)`; the options of a query stand over what it reads declares",
      example: 'SELECT * FROM v WITH (max_rows = 10)',
    },
  ],
  'explain-query': [
    {
      syntax: 'EXPLAIN SELECT …',
      meaning: 'how each table, view and model would be read, the ways rejected, and why',
      example: 'EXPLAIN SELECT * FROM v',
    },
  ],
  refresh: [
    {
      syntax: 'REFRESH name [INCREMENTAL | FULL]',
      meaning: 'now, and what it is made of first; INCREMENTAL fails where that is not possible',
      example: 'REFRESH v INCREMENTAL',
    },
  ],
  'explain-refresh': [
    {
      syntax: 'EXPLAIN REFRESH name',
      meaning:
        'what is pending, the ways to refresh with their predicted costs, the choice, and what it waits for',
      example: 'EXPLAIN REFRESH v',
    },
  ],
  insert: [
    {
      syntax: `INSERT INTO t [(c, …)] [BY NAME] VALUES … | SELECT … [ON CONFLICT [(c, …)] DO NOTHING | UPDATE SET … [WHERE …]] ${key}`,
      meaning: 'INSERT OR REPLACE and INSERT OR IGNORE are short for the two ways out of a conflict',
      example: "INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING WITH (idempotency_key = 'batch-1')",
    },
  ],
  update: [
    {
      syntax: `UPDATE t SET c = …, … [FROM …] [WHERE …] ${key}`,
      meaning: 'is the rows as they were, taken out, and as they are, put in',
      example: 'UPDATE t SET x = x + 1 WHERE id = 1',
    },
  ],
  delete: [
    {
      syntax: `DELETE FROM t [USING …] [WHERE …] ${key}`,
      meaning: 'every view and model forgets the rows with its next refresh',
      example: 'DELETE FROM t WHERE id = 1',
    },
  ],
  'copy-from': [
    {
      syntax: "COPY t [(c, …)] FROM 'file' [(option value, …)]",
      meaning: 'the rows of a CSV, Parquet, JSON or Arrow file',
      example: "COPY t FROM 'rows.csv' (DELIMITER ';')",
    },
  ],
  begin: [
    {
      syntax: `BEGIN ${key}`,
      meaning: 'the statements up to COMMIT are one update',
      example: 'BEGIN',
    },
  ],
  commit: [{ syntax: 'COMMIT', meaning: 'accepts the update whole', example: 'COMMIT' }],
  rollback: [{ syntax: 'ROLLBACK', meaning: 'drops it', example: 'ROLLBACK' }],
  'quarantine-release': [
    {
      syntax: 'RELEASE QUARANTINE FOR t [WHERE …]',
      meaning: 'rows that were set aside are checked again, and those that pass are taken',
      example: "RELEASE QUARANTINE FOR t WHERE constraint_name = 't_x_check'",
    },
  ],
  'quarantine-correct': [
    {
      syntax: 'CORRECT QUARANTINE FOR t SET c = …, … [WHERE …]',
      meaning: 'the same, rewritten first',
      example: 'CORRECT QUARANTINE FOR t SET x = -x WHERE x < 0',
    },
  ],
  'quarantine-drop': [
    {
      syntax: 'DROP QUARANTINE FOR t [WHERE …]',
      meaning: 'they are not wanted; the record of them stays',
      example: 'DROP QUARANTINE FOR t',
    },
  ],
  'held-update': [
    {
      syntax: `APPROVE | REJECT UPDATE n ${decision}`,
      meaning: 'an update that waits for a person (`everview.held_updates`)',
      example: "APPROVE UPDATE 21 BY 'ana' BECAUSE 'prices are in cents since today'",
    },
  ],
  'show-incidents': [
    { syntax: 'SHOW INCIDENTS', meaning: 'what is wrong, and not yet resolved', example: 'SHOW INCIDENTS' },
  ],
  'explain-incident': [
    {
      syntax: 'EXPLAIN INCIDENT n',
      meaning: 'all that is known of it, and what can be done',
      example: 'EXPLAIN INCIDENT 1',
    },
  ],
  incident: [
    {
      syntax: `ACKNOWLEDGE | RESOLVE INCIDENT n ${decision}`,
      meaning: 'somebody is at it; it is over',
      example: "RESOLVE INCIDENT 1 BY 'ana'",
    },
    {
      syntax: `ACCEPT INCIDENT n [FOR INTERVAL '…'] ${decision}`,
      meaning: 'as the new normal: the same again opens nothing until then',
      example: "ACCEPT INCIDENT 1 FOR INTERVAL '7 days' BECAUSE 'the sensor is being replaced'",
    },
  ],
  promotion: [
    {
      syntax: `PROMOTE MODEL m [VERSION n] ${decision}`,
      meaning: 'a version that passed its gate answers; ends a hold',
      example: 'PROMOTE MODEL m VERSION 3',
    },
    {
      syntax: `HOLD MODEL m ${decision}`,
      meaning: 'what answers stays, whatever comes',
      example: 'HOLD MODEL m',
    },
    {
      syntax: `ROLLBACK MODEL m TO VERSION n ${decision}`,
      meaning: 'an earlier version answers, and is held',
      example: "ROLLBACK MODEL m TO VERSION 2 BECAUSE 'prices of Tuesday were wrong'",
    },
  ],
  weights: [
    {
      syntax: 'WEIGHTS OF m [VERSION n]',
      meaning: 'what a version of a model consists of',
      example: 'WEIGHTS OF m VERSION 3',
    },
  ],
  compare: [
    {
      syntax: 'COMPARE m VERSION n WITH n [TOLERANCE x]',
      meaning: 'weights, metrics and flips of two versions',
      example: 'COMPARE m VERSION 3 WITH 5',
    },
  ],
  'show-performance': [
    {
      syntax: 'SHOW PERFORMANCE [OF m] [PER column]',
      meaning: 'how models that log their predictions have done since they answer',
      example: 'SHOW PERFORMANCE OF m PER origin',
    },
  ],
  'export-model': [
    {
      syntax: "EXPORT MODEL m TO 'file.onnx'",
      meaning: 'the version that answers, its transform included',
      example: "EXPORT MODEL m TO 'm.onnx'",
    },
  ],
  profile: [
    {
      syntax: 'PROFILE t',
      meaning: 'what is known of the columns, and the least change that would be noticed',
      example: 'PROFILE t',
    },
  ],
  drill: [
    {
      syntax: 'VALIDATE DRILL ON t',
      meaning: 'which errors, put into copies of the latest updates, would be found',
      example: 'VALIDATE DRILL ON t',
    },
  ],
} as const satisfies Readonly<Record<Statement['kind'], readonly StatementForm[]>>;

/** The words that statements start with, in the order of the reference. */
export function openingWords(): string[] {
  const words = Object.values(statementForms)
    .flat()
    .flatMap(({ syntax }) => /^[A-Z]+(?: \| [A-Z]+)*/.exec(syntax)?.[0].split(' | ') ?? []);
  return [...new Set(words)];
}
