import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { namePattern, withoutTexts } from '../core/sql-text.ts';
import type { IngestTarget } from './ingest-target.ts';
import { baseRelation } from './relation-names.ts';
import { columnList } from './row-sql.ts';

/** The rows of a table under the name that a statement calls them by, and SQL of a row's place in `base`. */
export type OwnRows = { readonly from: string; readonly place: string };

/**
 * Does something with the rows of a table that a user wrote about. Whoever asks for all columns (`COLUMNS(*)`), or for the
 * row as a value (`to_json(t)`), would be given its version as well: for these the rows are copied without it. The copies
 * of a failure go with the stage.
 *
 * @throws EverviewError `unsupported` for a text that is about places of rows as well, which a copy has not
 */
export async function withOwnRows<T>(
  tx: Session,
  target: IngestTarget,
  { alias, texts }: { readonly alias: string; readonly texts: readonly string[] },
  work: (rows: OwnRows) => Promise<T>,
): Promise<T> {
  const name = quoteIdentifier(alias);
  const base = baseRelation(target.name);
  if (!texts.some((text) => mentionsWholeRow(text, target, alias)))
    return work({ from: `${base} AS ${name}`, place: `${name}.rowid` });
  if (texts.some((text) => /\browid\b/i.test(text)))
    throw new EverviewError(
      'unsupported',
      'a statement about places of rows (rowid) and about rows as a whole',
      {
        hint: 'name the columns, or give the table a key',
        data: { table: target.name },
      },
    );
  // Both in the order of the table, so that a row and its place have the same number.
  await tx.run(`CREATE OR REPLACE TEMP TABLE "__ev_rows" AS SELECT ${columnList(target)} FROM ${base}`);
  await tx.run(`CREATE OR REPLACE TEMP TABLE "__ev_places" AS SELECT rowid AS place FROM ${base}`);
  const result = await work({
    from: `temp."__ev_rows" AS ${name}`,
    place: `(SELECT p.place FROM temp."__ev_places" AS p WHERE p.rowid = ${name}.rowid)`,
  });
  await tx.run('DROP TABLE temp."__ev_rows"');
  await tx.run('DROP TABLE temp."__ev_places"');
  return result;
}

/** Whether a text may ask for all columns of a row at once. Rather too often than not: it only costs a copy. */
function mentionsWholeRow(text: string, { schema }: IngestTarget, alias: string): boolean {
  const code = withoutTexts(text);
  if (/\bcolumns\s*\(/i.test(code)) return true;
  // A column of that name goes first.
  if (findColumn(schema, alias) !== undefined) return false;
  // Before a dot it is a qualifier, after one a column or table, and after AS a name that is given.
  const word = new RegExp(
    `(?<![\\p{L}\\p{N}_$"]|\\.\\s*|\\bas\\s+)${namePattern(alias)}(?![\\p{L}\\p{N}_$"]|\\s*[.(])`,
    'iu',
  );
  return word.test(code);
}
