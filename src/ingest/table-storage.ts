import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Declared, TableDefinition } from '../declare/definition.ts';
import { forgetFingerprints } from './batch-fingerprint.ts';
import { heldAsColumn, quarantineIdColumn } from './quarantine-record.ts';
import {
  baseRelation,
  dataRelation,
  logRelation,
  pastRelation,
  quarantineRelation,
} from './relation-names.ts';
import { checkHolds } from './rule.ts';

/**
 * Makes the relations of a base table. They carry no DuckDB constraints: the checks are this folder's, so that a violation
 * has a row, a reason and a response.
 *
 * A row is written once: `base` has it with the version that brought it, and so is a part of the change log too. `past`
 * has what `base` does not tell: what went, with its coming; and both forms of a row that was updated, which `base` then
 * has with version 0. `data` and `log` show the one and the other.
 * @throws EverviewError `unknown-type`, or `invalid-definition` for a CHECK or DEFAULT that cannot be evaluated.
 */
export async function createTableStorage(tx: Session, declared: Declared<TableDefinition>): Promise<void> {
  const table = declared.definition.name;
  const columns = declared.schema
    .map((column) => `${quoteIdentifier(column.name)} ${column.type}`)
    .join(', ');
  await tx.run(`CREATE TABLE ${baseRelation(table)} (${columns}, ${versionColumn} BIGINT)`);
  await tx.run(
    `CREATE TABLE ${pastRelation(table)} (${columns}, ${weightColumn} TINYINT, ${versionColumn} BIGINT)`,
  );
  const names = quoteList(columnNames(declared.schema));
  for (const view of viewsOfTable(table, names)) await tx.run(view);
  await tx.run(
    `CREATE TABLE ${quarantineRelation(table)} (${quarantineIdColumn} BIGINT, ${columns}, ${heldAsColumn} VARCHAR)`,
  );
  await assertEvaluable(tx, declared);
}

function viewsOfTable(table: string, columns: string): readonly string[] {
  return [
    `CREATE VIEW ${dataRelation(table)} AS SELECT ${columns} FROM ${baseRelation(table)}`,
    `CREATE VIEW ${logRelation(table)} AS
     SELECT ${columns}, 1::TINYINT AS ${weightColumn}, ${versionColumn} FROM ${baseRelation(table)} WHERE ${versionColumn} > 0
     UNION ALL SELECT ${columns}, ${weightColumn}, ${versionColumn} FROM ${pastRelation(table)}`,
  ];
}

export async function dropTableStorage(tx: Session, table: string): Promise<void> {
  await tx.run(`DROP VIEW ${dataRelation(table)}`);
  await tx.run(`DROP VIEW ${logRelation(table)}`);
  await tx.run(`DROP TABLE ${baseRelation(table)}`);
  await tx.run(`DROP TABLE ${pastRelation(table)}`);
  await tx.run(`DROP TABLE ${quarantineRelation(table)}`);
  await forgetFingerprints(tx, table);
}

/** Prepares every CHECK and DEFAULT once, so that a bad one fails where it is declared. */
async function assertEvaluable(
  tx: Session,
  { definition, schema }: Declared<TableDefinition>,
): Promise<void> {
  const from = `FROM ${dataRelation(definition.name)} AS ${quoteIdentifier(definition.name)}`;
  for (const constraint of definition.constraints) {
    if (constraint.kind !== 'check') continue;
    await assertPrepares(
      tx,
      `SELECT ${checkHolds(constraint.expression)} ${from}`,
      `CHECK (${constraint.expression}) of "${definition.name}"`,
    );
  }
  for (const [index, column] of definition.columns.entries()) {
    if (column.default === null) continue;
    const type = schema[index]?.type ?? column.type;
    await assertPrepares(
      tx,
      `SELECT CAST((${column.default}\n) AS ${type})`,
      `DEFAULT ${column.default} of column "${column.name}"`,
    );
  }
}

async function assertPrepares(tx: Session, sql: string, what: string): Promise<void> {
  try {
    await tx.describe(sql);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (/TRY can not be used.*subquery/i.test(message)) {
      throw new EverviewError('invalid-definition', `${what} has a subquery`, {
        hint: 'a CHECK is about one row; REFERENCES compares with another table',
        cause,
      });
    }
    if (message.includes('volatile')) {
      throw new EverviewError('non-deterministic', `${what} changes its answer from call to call`, { cause });
    }
    throw new EverviewError('invalid-definition', `${what} cannot be evaluated: ${message}`, { cause });
  }
}
