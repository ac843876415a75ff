import type { JoinInput } from '../algebra/join.ts';
import { createJoin } from '../algebra/join.ts';
import { createMatch } from '../algebra/match.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { columnParts, columnReference, isNode, type SqlNode } from '../core/sql-tree.ts';
import { aliasesIn } from './lower-tree.ts';
import { expressionsOf, type LoweredSelect } from './lowered-select.ts';

/** Whether a row has a partner: what EXISTS and IN ask for. */
export type Partners = {
  /** The reference that stands for the answer. */
  readonly place: string;
  readonly node: Relation<SqlNode>;
  /** Expressions over the rows, and the columns of `node` that they equal. */
  readonly ties: readonly { readonly outer: SqlNode; readonly column: string }[];
  /** Whether to ask for rows without a partner is to ask for this to be false: not so where it may be NULL. */
  readonly isNeverNull: boolean;
};

/**
 * The SELECT with the rows of one of its relations that have a partner, or lack one, in place of them all.
 *
 * @returns null where the answer is more than a condition of its own, or is about several relations at once
 */
export function matchSubquery(
  select: LoweredSelect,
  { place, node, ties, isNeverNull }: Partners,
  nextAlias: () => string,
): LoweredSelect | null {
  const how = howOf(select.where, place, isNeverNull);
  const others = select.where.filter((condition) => !aliasesIn(condition).has(place));
  const isElsewhere = expressionsOf(select).some((expression) => aliasesIn(expression).has(place));
  if (how === null || isElsewhere || others.length !== select.where.length - 1) return null;
  const [about = '', ...more] = new Set(ties.flatMap(({ outer }) => [...aliasesIn(outer)]));
  const target = select.scope.nodes.find(({ alias }) => alias === about);
  if (target === undefined || more.length > 0 || ties.some(({ outer }) => aliasesIn(outer).size === 0))
    return null;
  const left = withTies(
    target,
    ties.map(({ outer }) => outer),
    nextAlias,
  );
  const matched = createMatch<Relation<SqlNode>>({
    how,
    alias: nextAlias(),
    left: left.node,
    right: node,
    keys: ties.map(({ column }, at) => ({ left: left.keys[at] ?? '', right: column })),
    leftColumns: columnsOf(target.node),
    rightColumns: [],
  });
  const nodes = select.scope.nodes.map((known) =>
    known === target ? { alias: target.alias, node: matched } : known,
  );
  return { ...select, scope: { ...select.scope, nodes }, where: others };
}

function howOf(where: readonly SqlNode[], place: string, isNeverNull: boolean): 'semi' | 'anti' | null {
  const isPlace = (expression: SqlNode) =>
    expression['class'] === 'COLUMN_REF' && columnParts(expression)[0] === place;
  if (where.some(isPlace)) return 'semi';
  const isDenied = where.some(({ type, children }) => {
    const [only] = Array.isArray(children) ? children : [];
    return type === 'OPERATOR_NOT' && isNode(only) && isPlace(only);
  });
  return isDenied && isNeverNull ? 'anti' : null;
}

/** The relation with its columns as they were, and those the ties are compared by. */
function withTies(
  { alias, node }: JoinInput<Relation<SqlNode>>,
  ties: readonly SqlNode[],
  nextAlias: () => string,
): { readonly node: Relation<SqlNode>; readonly keys: readonly string[] } {
  const added = ties.map((expression) => {
    const isColumn = expression['class'] === 'COLUMN_REF' && columnParts(expression).length === 2;
    return isColumn ? null : { name: nextAlias(), expression };
  });
  const keys = ties.map((expression, at) => added[at]?.name ?? columnParts(expression)[1] ?? '');
  if (added.every((column) => column === null)) return { node, keys };
  const columns = columnsOf(node).map((name) => ({ name, expression: columnReference(alias, name) }));
  const project = createProject<Scope<SqlNode>, SqlNode>(createJoin([{ alias, node }], []), [
    ...columns,
    ...added.flatMap((column) => column ?? []),
  ]);
  return { node: project, keys };
}
