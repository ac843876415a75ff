import { type ClockComparison, type ClockCondition, createClockFilter } from '../algebra/clock-filter.ts';
import { createFilter } from '../algebra/filter.ts';
import { createJoin, type JoinInput } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { findColumn } from '../core/schema.ts';
import { columnParts, columnReference, isNode, type SqlNode } from '../core/sql-tree.ts';
import { isOnClock } from './clock-conditions.ts';
import type { RelationRead } from './lower-relations.ts';
import { aliasesIn, conjunction } from './lower-tree.ts';

type Node = JoinInput<Relation<SqlNode>>;

/** Nodes and what must hold of their rows. */
type Conditioned = { readonly nodes: readonly Node[]; readonly conditions: readonly SqlNode[] };

/**
 * The same with every condition on the clock put onto the node it is about, beneath whatever is made of that, and with
 * it the other conditions on that node alone: what rows cross is then a question to one relation.
 */
export function placeClockConditions(
  { nodes, conditions }: Conditioned,
  reads: readonly RelationRead[],
): Conditioned {
  const about = (condition: SqlNode, alias: string) => {
    const aliases = aliasesIn(condition);
    return aliases.size === 1 && aliases.has(alias);
  };
  const clocked = nodes.filter(({ alias }) =>
    conditions.some((condition) => isOnClock(condition) && about(condition, alias)),
  );
  return {
    nodes: nodes.map((node) => {
      if (!clocked.includes(node)) return node;
      const own = conditions.filter((condition) => about(condition, node.alias));
      return { alias: node.alias, node: filtered(node, own, reads) };
    }),
    conditions: conditions.filter((condition) => !clocked.some(({ alias }) => about(condition, alias))),
  };
}

function filtered(
  node: Node,
  conditions: readonly SqlNode[],
  reads: readonly RelationRead[],
): Relation<SqlNode> {
  const scope = withConditions(createJoin([node], []), conditions, (alias, column) =>
    alias === node.alias ? storedType(node.node, column, reads) : null,
  );
  return createProject<Scope<SqlNode>, SqlNode>(
    scope,
    columnsOf(node.node).map((name) => ({ name, expression: columnReference(node.alias, name) })),
  );
}

/** The rows of a scope that meet the conditions; those on the clock come last. */
export function withConditions(
  scope: Scope<SqlNode>,
  conditions: readonly SqlNode[],
  typeOf: (alias: string, column: string) => string | null = () => null,
): Scope<SqlNode> {
  const plain = conjunction(conditions.filter((condition) => !isOnClock(condition)));
  let result = plain === null ? scope : createFilter<Scope<SqlNode>, SqlNode>(scope, plain);
  for (const condition of conditions.filter(isOnClock)) {
    const lowered = clockCondition(condition, typeOf);
    result =
      lowered === null
        ? createFilter<Scope<SqlNode>, SqlNode>(result, condition)
        : createClockFilter<Scope<SqlNode>, SqlNode>(result, lowered);
  }
  return result;
}

const comparisons: Readonly<Record<string, ClockComparison>> = {
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

/** Null: not of the form `markClock` gives. */
function clockCondition(
  condition: SqlNode,
  typeOf: (alias: string, column: string) => string | null,
): ClockCondition<SqlNode> | null {
  const { type, left, right } = condition;
  const comparison = comparisons[String(type)];
  if (comparison === undefined || !isNode(left) || !isNode(right) || isOnClock(left)) return null;
  const [alias, column, ...fields] = left['class'] === 'COLUMN_REF' ? columnParts(left) : [];
  const isStored = alias !== undefined && column !== undefined && fields.length === 0;
  return { value: left, comparison, bound: right, columnType: isStored ? typeOf(alias, column) : null };
}

function storedType(node: Relation<SqlNode>, column: string, reads: readonly RelationRead[]): string | null {
  if (node.kind !== 'scan') return null;
  const read = reads.find(({ name, kind }) => name === node.relation && kind === node.source);
  return findColumn(read?.schema ?? [], column)?.type ?? null;
}
