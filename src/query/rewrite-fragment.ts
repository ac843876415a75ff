import type { SqlNode } from '../core/sql-tree.ts';
import { type QueryReads, type RewriteContext, readsOf, rewriteQuery } from './rewrite-query.ts';

/** What a piece of a DML statement is, and so how it is made a whole SELECT to be taken apart. */
export type FragmentKind = 'query' | 'expression' | 'from';

const wrappers: Readonly<Record<FragmentKind, { readonly before: string; readonly printed: string }>> = {
  query: { before: '', printed: '' },
  expression: { before: 'SELECT ', printed: 'SELECT ' },
  from: { before: 'SELECT 1 FROM ', printed: 'SELECT 1 FROM ' },
};

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
  const { before, printed } = wrappers[kind];
  const { sql } = await rewriteQuery(await context.parser.parse(before + text), before + text, context);
  // DuckDB prints a VALUES list as a SELECT over it, and an INSERT treats the two differently.
  const values = /^SELECT \* FROM \((VALUES .*)\) AS valueslist\s*$/s.exec(sql)?.[1];
  if (values !== undefined) return values;
  return sql.startsWith(printed) ? sql.slice(printed.length) : sql;
}

/** What a piece reads, so that it can be fresh. */
export async function readsOfFragment(
  text: string,
  kind: FragmentKind,
  context: Pick<RewriteContext, 'parser' | 'catalog' | 'system'>,
): Promise<QueryReads> {
  if (kind !== 'from' && !needsRewriting.test(text)) return { relations: [], models: [] };
  const whole = wrappers[kind].before + text;
  const tree: SqlNode = await context.parser.parse(whole);
  return readsOf(tree, whole, context.catalog, context.system);
}
