import { columnReference, contains, isNode, type SqlNode } from '../core/sql-tree.ts';
import { expressionKey } from './lower-expression.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf, stringsOf } from './lower-relations.ts';
import { type FromScope, starColumns } from './lower-scope.ts';

/** One column of a SELECT list: lowered, with the name it is known to get and the alias others may call it by. */
export type SelectItem = {
  readonly expression: SqlNode;
  readonly name: string | null;
  readonly alias: string | null;
};

/** What `*` or `alias.*` stands for; `lower` lowers the expressions of its REPLACE. */
export function starItems(
  star: SqlNode,
  scope: FromScope,
  lower: (expression: SqlNode) => SqlNode,
): SelectItem[] {
  const plain =
    star['columns'] === false &&
    star['expr'] === null &&
    ['qualified_exclude_list', 'rename_list'].every((list) => stringsOf(star[list]).length === 0);
  if (!plain) throw new LowerRefusal('* with RENAME or COLUMNS');
  const excluded = new Set(stringsOf(star['exclude_list']).map((name) => name.toLowerCase()));
  const replaced = new Map(
    nodesOf(star['replace_list']).flatMap((entry) =>
      isNode(entry['value']) ? [[String(entry['key']).toLowerCase(), entry['value']] as const] : [],
    ),
  );
  return starColumns(scope, String(star['relation_name']))
    .filter(({ column }) => column.visible === null || !excluded.has(column.visible.toLowerCase()))
    .map(({ alias, column }) => {
      const replacement = replaced.get(column.visible?.toLowerCase() ?? '');
      return {
        expression: replacement === undefined ? columnReference(alias, column.column) : lower(replacement),
        name: column.visible,
        alias: null,
      };
    });
}

export function hasColumn(expression: SqlNode): boolean {
  return contains(expression, (node) => node['class'] === 'COLUMN_REF');
}

export function ordinalItem(node: SqlNode, items: readonly SelectItem[]): SqlNode | null {
  const value = node['class'] === 'CONSTANT' && isNode(node['value']) ? node['value']['value'] : null;
  if (typeof value !== 'number' || !Number.isInteger(value)) return null;
  const item = items[value - 1];
  if (item === undefined) throw new LowerRefusal(`GROUP BY ${value}`);
  return item.expression;
}

export function distinctExpressions(expressions: readonly SqlNode[]): SqlNode[] {
  return [...new Map(expressions.map((expression) => [expressionKey(expression), expression])).values()];
}
