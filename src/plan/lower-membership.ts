import { createJoin, type JoinInput } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { columnParts, columnReference, isNode, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn, subqueryColumn } from './domain-columns.ts';
import type { SelectContext } from './lower-context.ts';
import { LowerRefusal } from './lower-refusal.ts';
import {
  call,
  constant,
  equality,
  isNotNull,
  mapReferences,
  named,
  namedItem,
  queryExpression,
  selectTree,
} from './lower-tree.ts';
import type { LoweredSelect } from './lowered-select.ts';
import { wholeDomain, withNode } from './whole-domain.ts';
import type { Widening } from './widen-rows.ts';

/** `x IN (SELECT …)` as it stands in a SELECT, its value still to be attached. */
export type Membership = {
  readonly place: string;
  readonly node: SqlNode;
  /** x, lowered. */
  readonly child: SqlNode | null;
  readonly query: SqlNode;
};

/** `x IN (SELECT …)` and `x NOT IN (SELECT …)` where the SELECT keeps the rows for which it is true. */
export function lowerMembership(
  select: LoweredSelect,
  { child, place, node, query }: Membership,
  context: SelectContext,
): { readonly select: LoweredSelect; readonly widening: Omit<Widening, 'alsoNeeded'> } {
  if (child === null || node['comparison_type'] !== 'COMPARE_EQUAL')
    throw new LowerRefusal('ANY or ALL over a subquery');
  const isValue = (expression: SqlNode) => columnParts(expression)[0] === place;
  const isIn = select.where.some(isValue);
  const isNotIn = select.where.some((condition) => isNegated(condition, isValue));
  if (!isIn && !isNotIn) throw new LowerRefusal('IN over a subquery that is not a condition of its own');
  const relation = context.from.query(query);
  const column = columnsOf(relation.node)[0] ?? '';
  const inside = context.from.nextAlias();
  const name = context.from.nextAlias();
  const members = createProject<Scope<SqlNode>, SqlNode>(
    createJoin([{ alias: inside, node: relation.node }], []),
    [{ name: keyColumn(0), expression: columnReference(inside, column) }],
  );
  const guarded = isNotIn ? withNode(select, nullGuard(relation.node, column, place, context)) : select;
  return {
    select: isNotIn ? replaceNegated(guarded, isValue, place, child) : guarded,
    widening: {
      place,
      pairs: [{ outer: child, inner: columnReference(inside, column) }],
      right: { alias: name, node: members },
      valueOver: (outer) => {
        const same = equality(mapReferences(child, outer), columnReference(name, keyColumn(0)));
        const found = selectTree({
          list: [columnReference(name, keyColumn(0))],
          from: namedItem(name),
          where: [same],
        });
        return { value: existence(found), repeatable: { obstacle: null, exactOnly: [] } };
      },
    },
  };
}

function existence(query: SqlNode): SqlNode {
  return queryExpression(query, { subquery_type: 'EXISTS', child: null, comparison_type: 'INVALID' });
}

function isNegated(condition: SqlNode, isValue: (expression: SqlNode) => boolean): boolean {
  const children = condition['children'];
  const [only] = Array.isArray(children) ? children : [];
  return condition['type'] === 'OPERATOR_NOT' && isNode(only) && isValue(only);
}

const guardColumn = { any: '__ev_any', nulls: '__ev_nulls' } as const;

/** Whether a subquery has a row, and one that is NULL: with any NULL, `x NOT IN` is never true. */
function nullGuard(
  node: Relation<SqlNode>,
  column: string,
  place: string,
  context: SelectContext,
): JoinInput<Relation<SqlNode>> {
  const input = context.from.nextAlias();
  const isNull: SqlNode = {
    class: 'OPERATOR',
    type: 'OPERATOR_IS_NULL',
    alias: '',
    query_location: 0,
    children: [columnReference(input, column)],
  };
  const list = [
    named(call('bool_or', [constant('t', 'BOOLEAN')]), guardColumn.any),
    named(call('bool_or', [isNull]), guardColumn.nulls),
  ];
  return { alias: `${place}_g`, node: wholeDomain(node, input, list, namedItem(input)) };
}

/** `NOT (x IN …)` as: no row at all; or x is there, no row is NULL, and none is x. */
function replaceNegated(
  select: LoweredSelect,
  isValue: (expression: SqlNode) => boolean,
  place: string,
  child: SqlNode,
): LoweredSelect {
  const guard = `${place}_g`;
  const not = (expression: SqlNode): SqlNode => ({
    class: 'OPERATOR',
    type: 'OPERATOR_NOT',
    alias: '',
    query_location: 0,
    children: [expression],
  });
  const present = isNotNull(child);
  const isEmpty: SqlNode = {
    class: 'OPERATOR',
    type: 'OPERATOR_IS_NULL',
    alias: '',
    query_location: 0,
    children: [columnReference(guard, guardColumn.any)],
  };
  const unmatched: SqlNode = {
    class: 'CONJUNCTION',
    type: 'CONJUNCTION_AND',
    alias: '',
    query_location: 0,
    children: [
      present,
      not(columnReference(guard, guardColumn.nulls)),
      not(columnReference(place, subqueryColumn)),
    ],
  };
  const condition: SqlNode = {
    class: 'CONJUNCTION',
    type: 'CONJUNCTION_OR',
    alias: '',
    query_location: 0,
    children: [isEmpty, unmatched],
  };
  return {
    ...select,
    where: select.where.map((known) => (isNegated(known, isValue) ? condition : known)),
  };
}
