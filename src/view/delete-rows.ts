import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { amongPlaces, hasRange, keyRanges, withinRanges } from '../store/key-range.ts';
import { rowsOf, storedColumns, storedSchema } from './change-log.ts';
import type { RefreshContext, ViewHandle } from './refresher.ts';
import type { RowDelta } from './row-delta.ts';

const weight = quoteIdentifier(weightColumn);
const gonePlaces = 'temp.__ev_gone';

/**
 * Takes as many of the equal rows out of the contents as the delta says; which ones makes no difference to a bag.
 *
 * @param whole a FROM item: the contents as they are to be
 */
export async function deleteRows(
  view: ViewHandle,
  delta: RowDelta,
  context: RefreshContext,
  whole: () => string,
): Promise<void> {
  const deleted =
    (await deleteAtOnce(view, delta, context, whole)) ??
    (await deleteByColumn(view, delta, context)) ??
    (await deleteByAllColumns(view, delta, context));
  if (deleted === delta.deleted) return;
  throw new EverviewError(
    'internal',
    `"${view.name}" lacks ${delta.deleted - deleted} rows that its change deletes`,
    {
      hint: `REFRESH ${view.name} FULL rebuilds it; please report this`,
      data: { view: view.name, expected: delta.deleted, deleted },
    },
  );
}

/**
 * Every row with one of the column's values that go: in one scan, where `deleteByColumn` takes two. If rows that stay
 * had them too, they are had from the table again; a delta that is not netted puts no row in with one of the values.
 */
async function deleteAtOnce(
  view: ViewHandle,
  { relation, telling, deleted, isOfTable, isNetted }: RowDelta,
  { tx }: RefreshContext,
  whole: () => string,
): Promise<number | null> {
  if (telling === null || !isOfTable || isNetted) return null;
  const contents = rowsOf(view);
  const column = quoteIdentifier(telling);
  const values = `(SELECT ${column} FROM ${relation} WHERE ${weight} < 0)`;
  const going = `${column} IN ${values}`;
  const within = await withinThose(tx, view, values, [telling]);
  const gone = await tx.run(`DELETE FROM ${contents} WHERE ${[going, ...within].join(' AND ')}`);
  if (gone === deleted) return gone;
  const columns = quoteList(storedColumns(view));
  const back = await tx.run(`INSERT INTO ${contents} SELECT ${columns} FROM ${whole()} WHERE ${going}`);
  return gone - back;
}

/**
 * By one column, where that is enough: the contents hold every row to delete, so for each value there are at least
 * as many rows as go; when over all values together (NULL is not among them) there are no more, the rows with those
 * values are the rows that go. Reads one column of the contents in place of all. Null: there are more, and nothing was deleted.
 */
async function deleteByColumn(
  view: ViewHandle,
  { relation, telling, deleted }: RowDelta,
  { tx }: RefreshContext,
): Promise<number | null> {
  if (telling === null) return null;
  const contents = rowsOf(view);
  const column = quoteIdentifier(telling);
  const values = `(SELECT ${column} FROM ${relation} WHERE ${weight} < 0)`;
  const within = await withinThose(tx, view, values, [telling], 'v.');
  const [made] = await tx.rows(
    `CREATE OR REPLACE TEMP TABLE __ev_gone AS SELECT v.rowid AS place FROM ${contents} v
     SEMI JOIN ${values} d ON v.${column} = d.${column} WHERE ${['true', ...within].join(' AND ')}
     LIMIT ${deleted + 1}`,
  );
  if (Number(made?.Count) !== deleted) return null;
  const among = await amongPlaces(tx, 'rowid', gonePlaces, 'place');
  return tx.run(`DELETE FROM ${contents} WHERE rowid IN (SELECT place FROM ${gonePlaces})${among}`);
}

/** Within the ranges of the rows to delete, beyond which the contents are then not read. */
async function deleteByAllColumns(
  view: ViewHandle,
  { relation }: RowDelta,
  { tx }: RefreshContext,
): Promise<number> {
  const names = storedColumns(view).map(quoteIdentifier);
  const same = [
    ...names.map((name) => `v.${name} IS NOT DISTINCT FROM d.${name}`),
    ...(await withinThose(tx, view, `(FROM ${relation} WHERE ${weight} < 0)`, storedColumns(view), 'v.')),
  ];
  const contents = rowsOf(view);
  const list = names.join(', ');
  const gone =
    `(SELECT ${list}, -sum(${weight}) AS __ev_gone, row_number() OVER () AS __ev_id FROM ${relation} ` +
    `WHERE ${weight} < 0 GROUP BY ${list})`;
  return tx.run(
    `DELETE FROM ${contents} WHERE rowid IN (
       SELECT place FROM (
         SELECT v.rowid AS place, d.__ev_gone AS gone,
                row_number() OVER (PARTITION BY d.__ev_id ORDER BY v.rowid) AS nth
         FROM ${contents} v JOIN ${gone} d ON ${same.join(' AND ')})
       WHERE nth <= gone)`,
  );
}

/** Conditions that hold for whatever has, in columns of types with ranges, values that are in the FROM item too. */
async function withinThose(
  tx: Session,
  view: ViewHandle,
  values: string,
  names: readonly string[],
  prefix = '',
): Promise<readonly string[]> {
  const ranged = columnNames(
    storedSchema(view).filter(({ name, type }) => names.includes(name) && hasRange(type)),
  ).map(quoteIdentifier);
  const ranges = await keyRanges(tx, values, ranged);
  return withinRanges(
    ranged.map((column) => `${prefix}${column}`),
    ranges,
  );
}
