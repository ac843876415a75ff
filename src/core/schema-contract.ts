import { distance } from 'fastest-levenshtein';
import { EverviewError } from './errors.ts';
import { findColumn, type Schema, sameName } from './schema.ts';

/** A column as a file, a row or Arrow data brings it; `type` null where it says none. */
export type GivenColumn = { readonly name: string; readonly type: string | null };

/** How the columns that came differ from those that are wanted. Their order means nothing: they go by name. */
export type SchemaDifference = {
  readonly added: readonly string[];
  readonly missing: readonly string[];
  /** Guesses: a missing column that seems to go by the name of an added one now. */
  readonly renamed: readonly { readonly was: string; readonly is: string }[];
};

export function schemaDifference(wanted: Schema, given: readonly GivenColumn[]): SchemaDifference {
  const added = given.filter(({ name }) => findColumn(wanted, name) === undefined);
  const missing = wanted.filter(({ name }) => !given.some((one) => sameName(one.name, name)));
  const pairs = missing
    .flatMap((was) =>
      added.map((is) => {
        const samePlace = wanted.indexOf(was) === given.indexOf(is);
        return { was: was.name, is: is.name, score: renameScore(was.name, is, was.type, samePlace) };
      }),
    )
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const renamed: { was: string; is: string }[] = [];
  for (const { was, is } of pairs) {
    if (renamed.some((pair) => pair.was === was || pair.is === is)) continue;
    renamed.push({ was, is });
  }
  return { added: added.map(({ name }) => name), missing: missing.map(({ name }) => name), renamed };
}

/**
 * Above 0 where the one may be the other's new name: the names are near, or type and place are the same. Near names
 * count for most, then the type.
 */
function renameScore(was: string, is: GivenColumn, type: string, samePlace: boolean): number {
  const [a, b] = [was.toLowerCase(), is.name.toLowerCase()];
  const edits = distance(a, b);
  const near = edits <= Math.max(2, Math.floor(b.length / 2));
  const sameType = is.type === type;
  if (!near && !(sameType && samePlace)) return 0;
  return (
    2 * (1 - edits / Math.max(a.length, b.length)) + (sameType ? 0.5 : 0) + (samePlace ? 0.25 : 0) + 1e-9
  );
}

/**
 * `schema-mismatch`: columns are missing, or have other names; nothing was taken.
 * @param what came, with its place: `"flights.csv"`, `row 2`
 * @param hint for columns that are only missing
 */
export function schemaMismatch(
  what: string,
  table: string,
  difference: SchemaDifference,
  hint: string | undefined,
): EverviewError {
  const { added, missing, renamed } = difference;
  const [firstAdded] = added;
  const [firstMissing] = missing;
  const lacks = missing.length === 0 ? '' : `, and lacks ${quoted(missing)}`;
  const message =
    firstAdded === undefined
      ? `${what} has no column "${firstMissing}"${missing.length > 1 ? ` (and ${missing.length - 1} more of "${table}")` : ''}`
      : `${what} has a column "${firstAdded}" that "${table}" does not take${lacks}`;
  const guesses = renamed.map(({ was, is }) => `"${was}" seems to be called "${is}" now`);
  const way = `give it the name "${table}" has for it, or declare the table anew`;
  return new EverviewError('schema-mismatch', message, {
    hint: guesses.length > 0 ? `${guesses.join(', ')}: ${way}` : hint,
    data: { table, ...difference },
  });
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return `${shown.join(', ')}${names.length > 5 ? ', …' : ''}`;
}

/** What people are told of columns that came beside all that are wanted; null: none did. */
export function addedNotice(what: string, table: string, added: readonly string[]): string | null {
  if (added.length === 0) return null;
  const columns = `${added.length === 1 ? 'column' : 'columns'} ${quoted(added)}`;
  return `${what} has ${columns}, which "${table}" does not take and nothing was kept of`;
}
