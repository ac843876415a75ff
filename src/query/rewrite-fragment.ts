import { EverviewError } from '../core/errors.ts';
import { referencesOf } from '../core/relation-references.ts';
import type { SqlNode, SqlParser } from '../core/sql-tree.ts';
import { type QueryReads, readsOf } from './query-reads.ts';
import { type RewriteContext, rewriteQuery } from './rewrite-query.ts';

/** What a piece of a DML statement is, and so how it is made a whole SELECT to be taken apart. */
export type FragmentKind = 'query' | 'expression' | 'from';

/** What makes a piece a whole SELECT; the store prints it as it is written here. */
const before: Readonly<Record<FragmentKind, string>> = {
  query: '',
  // Not in the select list, where an expression is given a name.
  expression: 'SELECT 1 WHERE ',
  from: 'SELECT 1 FROM ',
};

/** Without one of these a text has no parameter, prediction or time, and ends where its SELECT ends. */
const needsPrinting =
  /[$?;]|\b((explain_)?predict|now|today|age|current_\w+|localtime\w*|get_current_\w+|transaction_timestamp)\b/i;

/** Words without which a text can name no relation and ask for no time: it then goes to the store as it is. */
const needsRewriting =
  /\$\d|\b(select|from|table|predict|now|today|age|current_\w+|localtime\w*|get_current_\w+|transaction_timestamp)\b/i;

/**
 * A piece of INSERT, UPDATE or DELETE over declared names → the same over physical relations.
 * @throws as `rewriteQuery`.
 */
export async function rewriteFragment(
  text: string,
  kind: FragmentKind,
  context: RewriteContext,
): Promise<string> {
  if (kind !== 'from' && !needsRewriting.test(text)) return text;
  const whole = before[kind] + text;
  const { tree, isPhysical } = await taken(whole, kind, context.parser).catch(toldWithin(kind));
  if (isPhysical) return text;
  const { sql } = await rewriteQuery(tree, whole, context).catch(toldWithin(kind));
  // DuckDB prints a VALUES list as a SELECT over it, and an INSERT treats the two differently.
  const values = /^SELECT \* FROM \((VALUES .*)\) AS valueslist\s*$/s.exec(sql)?.[1];
  if (values !== undefined) return values;
  if (sql.startsWith(before[kind])) return sql.slice(before[kind].length);
  throw new EverviewError('internal', `a piece of a statement was not printed as it was asked: ${sql}`);
}

/** The place of a failure in the whole SELECT, told within the piece. */
function toldWithin(kind: FragmentKind): (failure: unknown) => never {
  return (failure) => {
    if (!(failure instanceof EverviewError) || failure.at === undefined) throw failure;
    const { code, message, hint, cause, data, at } = failure;
    const shift = before[kind].length;
    const column = at.line === 1 ? Math.max(1, at.column - shift) : at.column;
    const place = { ...at, column, offset: Math.max(0, at.offset - shift) };
    throw new EverviewError(code, message, { at: place, hint, cause, data });
  };
}

/** What a piece reads, so that it can be fresh. */
export async function readsOfFragment(
  text: string,
  kind: FragmentKind,
  context: Pick<RewriteContext, 'parser' | 'catalog' | 'system'>,
): Promise<QueryReads> {
  if (kind !== 'from' && !needsRewriting.test(text)) return nothing;
  const whole = before[kind] + text;
  const { parser, catalog, system } = context;
  return taken(whole, kind, parser)
    .then(({ tree, isPhysical }) => (isPhysical ? nothing : readsOf(tree, whole, catalog, system)))
    .catch(toldWithin(kind));
}

const nothing: QueryReads = { relations: [], models: [], predicted: [] };

/** Words and, one by one, the digits that are in none. */
const wordOrDigit = /([\p{L}_][\p{L}\p{N}_]*)|\d/gu;

/** Longer pieces seldom come again, and take long to parse. */
const mostShaped = 2_000;

/** A piece taken apart. `isPhysical`: it reads no relation by name, so that there is nothing in it to replace. */
type Taken = { readonly tree: SqlNode; readonly isPhysical: boolean };

/**
 * Of a piece that is physical, the tree may be that of the same piece with other numbers: such pieces come again and
 * again, and one that was parsed lately is not parsed again. Not with CTEs: whether a name is one hangs on its digits.
 */
async function taken(whole: string, kind: FragmentKind, parser: SqlParser): Promise<Taken> {
  const mayBePhysical = kind === 'query' && !needsPrinting.test(whole);
  if (mayBePhysical && whole.length <= mostShaped && !/\bwith\b/i.test(whole)) {
    const shape = whole.replace(wordOrDigit, (_, word?: string) => word ?? '1');
    const tree = shape === whole ? null : await parser.parse(shape).catch(() => null);
    if (tree !== null && namesNothing(tree)) return { tree, isPhysical: true };
  }
  const tree = await parser.parse(whole);
  return { tree, isPhysical: mayBePhysical && namesNothing(tree) };
}

function namesNothing(tree: SqlNode): boolean {
  return referencesOf(tree).every(({ kind }) => kind === 'function');
}
