import { quoteLiteral } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';

/** The least and the greatest of some values, as SQL, and whether there are NULLs beside them. */
export type KeyRange = { readonly least: string; readonly greatest: string; readonly orNull: boolean };

/**
 * Types whose values are text and back without loss. Not VARCHAR: DuckDB takes no literal with a zero in it, and the client
 * leaves out a byte order mark. Not TIMESTAMP_NS, whose least values have no text.
 */
const rangedTypes =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|DATE|TIMESTAMP(_S|_MS| WITH TIME ZONE)?|UUID)$/;

/**
 * With a time zone DuckDB reads and writes moments as doubles of milliseconds: far ones come back as others. Near ones do
 * not, in UTC, which every connection is set to.
 */
const isNear = (moment: string) => /^\d{4}-[^(]*$/.test(moment);

/** Rows of a relation from which on to read all of it takes longer than to ask for the range of what is needed of it. */
export const largeRelation = 500_000;

export function hasRange(type: string): boolean {
  return rangedTypes.test(type);
}

/**
 * The ranges of columns of a relation, to be written into a query of a large table that looks for these values: its row
 * groups whose range is another one are then not read. DuckDB itself finds the range of a join's keys as it runs, which
 * is off (`wrongOptimizers`). Null for a column of another type, and one without a value.
 */
export async function keyRanges(
  session: Session,
  relation: string,
  columns: readonly string[],
): Promise<readonly (KeyRange | null)[]> {
  if (columns.length === 0) return [];
  const found = columns.map(
    (column, place) =>
      `min(${column}) AS l${place}, max(${column}) AS g${place}, count(*) > count(${column}) AS n${place}`,
  );
  const shown = columns.map(
    (_, place) =>
      `typeof(l${place}) AS t${place}, TRY(l${place}::VARCHAR) AS l${place}, TRY(g${place}::VARCHAR) AS g${place}, n${place}`,
  );
  const [row] = await session.rows(
    `SELECT ${shown.join(', ')} FROM (SELECT ${found.join(', ')} FROM ${relation})`,
  );
  return columns.map((_, place) => {
    const [type, least, greatest] = [row?.[`t${place}`], row?.[`l${place}`], row?.[`g${place}`]];
    if (typeof type !== 'string' || typeof least !== 'string' || typeof greatest !== 'string') return null;
    if (!hasRange(type)) return null;
    if (type === 'TIMESTAMP WITH TIME ZONE' && !(isNear(least) && isNear(greatest))) return null;
    return {
      least: `${quoteLiteral(least)}::${type}`,
      greatest: `${quoteLiteral(greatest)}::${type}`,
      orNull: row?.[`n${place}`] !== false,
    };
  });
}

/** Conditions on expressions that hold for whatever is not distinct from the values that the ranges, in their order, are of. */
export function withinRanges(
  expressions: readonly string[],
  ranges: readonly (KeyRange | null)[],
): readonly string[] {
  return expressions.flatMap((expression, place) => {
    const range = ranges[place];
    if (!range) return [];
    const within = inRange(`(${expression})`, range);
    return [range.orNull ? `(${within} OR (${expression}) IS NULL)` : within];
  });
}

function inRange(expression: string, { least, greatest }: KeyRange): string {
  return `${expression} BETWEEN ${least} AND ${greatest}`;
}

/**
 * What ends a WHERE, with its AND: a condition that holds for the rows whose places (`rowid`) the column of the relation
 * holds. For a table from which some rows are had, of which DuckDB otherwise reads all.
 */
export async function amongPlaces(
  session: Session,
  rowid: string,
  relation: string,
  column: string,
): Promise<string> {
  const [range] = await keyRanges(session, relation, [column]);
  return range ? ` AND ${inRange(rowid, range)}` : ' AND false';
}
