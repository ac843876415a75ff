import { createDomain } from '../algebra/domain.ts';
import type { JoinInput } from '../algebra/join.ts';
import type { Relation } from '../algebra/node.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import { emptyItem, queryExpression, selectTree } from './lower-tree.ts';
import type { LoweredSelect } from './lowered-select.ts';

/** One row of values over a whole relation, which the values read as `input`. */
export function wholeDomain(
  node: Relation<SqlNode>,
  input: string,
  list: readonly SqlNode[],
  from: SqlNode = emptyItem(),
): Relation<SqlNode> {
  return createDomain<Relation<SqlNode>, SqlNode>({
    inputs: [{ alias: input, node, keys: [] }],
    body: queryExpression(selectTree({ list, from })),
    columns: list.map((item) => String(item['alias'])),
    keys: [],
    repeatable: { obstacle: null, exactOnly: [] },
  });
}

/** The SELECT with one more relation in its FROM. */
export function withNode(select: LoweredSelect, node: JoinInput<Relation<SqlNode>>): LoweredSelect {
  return { ...select, scope: { ...select.scope, nodes: [...select.scope.nodes, node] } };
}
