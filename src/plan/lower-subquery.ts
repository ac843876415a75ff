import { createDomain } from '../algebra/domain.ts';
import type { JoinInput } from '../algebra/join.ts';
import type { Relation } from '../algebra/node.ts';
import { columnsOf } from '../algebra/node.ts';
import { isNode, rewrite, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn, subqueryColumn } from './domain-columns.ts';
import { atAlias, bodyTree, inputOf } from './lower-block.ts';
import type { SelectContext } from './lower-context.ts';
import { columnParts, columnReference } from './lower-expression.ts';
import { isAggregateCall } from './lower-group.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { type FromScope, resolveColumn } from './lower-scope.ts';
import {
  aliasesIn,
  call,
  emptyItem,
  equality,
  mapReferences,
  named,
  namedItem,
  nullConstant,
  qualifiedReferences,
  queryExpression,
  queryOf,
  selectTree,
  sidesOfEquality,
} from './lower-tree.ts';
import { expressionsOf, type LoweredSelect, mapSelect } from './lowered-select.ts';
import { repeatabilityOf } from './repeatable.ts';

/** A subquery in an expression, for which a reference to `place` stands until it is attached. */
export type PendingSubquery = {
  readonly place: string;
  readonly node: SqlNode;
  /** The left side of IN, lowered. */
  readonly child: SqlNode | null;
  readonly scope: FromScope;
};

/** The first part of a reference to the query around: `[outerMark, alias, column, …]`. */
const outerMark = '__ev_outer';

type Pair = { readonly outer: SqlNode; readonly inner: SqlNode };

/** A pending subquery with its SELECT lowered; null: it is no plain SELECT. */
type PreparedSubquery = PendingSubquery & { readonly query: SqlNode; readonly inner: LoweredSelect | null };

/** A SELECT, and the subqueries still to be attached to it. */
type Attaching = { readonly select: LoweredSelect; readonly rest: readonly PreparedSubquery[] };

/**
 * Makes every subquery a node of the SELECT's scope. One without ties to the SELECT is a row beside each; one tied by
 * an equality is a domain: for each value of the tie, the rows that have it and the subquery's rows that have it.
 *
 * @throws LowerRefusal for ties without an equality
 */
export function attachSubqueries(
  select: LoweredSelect,
  pending: readonly PendingSubquery[],
  context: SelectContext,
): LoweredSelect {
  const prepared = pending.map((subquery) => {
    const query = queryOf(subquery.node);
    return {
      ...subquery,
      query,
      inner: context.inner(query, (names) => outerReference(names, subquery.scope)),
    };
  });
  const alone = prepared.filter((subquery) => !isWidening(subquery));
  const joined = alone.reduce(
    (known, subquery) => attachAlone(known, subquery, context),
    groupedBy(select, pending),
  );
  let state: Attaching = { select: joined, rest: prepared.filter(isWidening) };
  for (let next = state.rest[0]; next !== undefined; next = state.rest[0]) {
    state = attachWidening({ select: state.select, rest: state.rest.slice(1) }, next, context);
  }
  return state.select;
}

/** A subquery beside groups has one value for each group: it is one more key of them. */
function groupedBy(select: LoweredSelect, pending: readonly PendingSubquery[]): LoweredSelect {
  const { group } = select;
  if (group === null || group.keys.length === 0) return select;
  const beside = [...expressionsOf(select)].flatMap(outsideAggregates);
  const keys = pending
    .filter(({ place }) => beside.some((reference) => columnParts(reference)[0] === place))
    .map(({ place }) => columnReference(place, subqueryColumn));
  return { ...select, group: { ...group, keys: [...group.keys, ...keys] } };
}

function outsideAggregates(expression: SqlNode): SqlNode[] {
  const kept = rewrite(expression, (node) => (isAggregateCall(node) ? nullConstant : null));
  return qualifiedReferences(kept);
}

/** Whether attaching it puts the SELECT's rows into a domain. */
function isWidening({ node, inner }: PreparedSubquery): boolean {
  return node['subquery_type'] === 'ANY' || (inner !== null && mentionsOuter(inner));
}

function attachWidening(state: Attaching, subquery: PreparedSubquery, context: SelectContext): Attaching {
  const { inner, node } = subquery;
  const isTied = inner !== null && mentionsOuter(inner);
  if (node['subquery_type'] !== 'ANY' && isTied) return attachTied(state, subquery, inner, context);
  if (isTied) throw new LowerRefusal('IN over a subquery that names columns of the query around it');
  return attachMembership(state, subquery, context);
}

function outerReference(names: readonly string[], scope: FromScope): SqlNode | null {
  const resolved = resolveColumn(scope, names);
  return resolved === null ? null : columnReference(outerMark, ...resolved);
}

function isOuter(expression: SqlNode): boolean {
  return aliasesIn(expression).has(outerMark);
}

function mentionsOuter(select: LoweredSelect): boolean {
  return [...select.where, ...select.scope.conditions, ...expressionsOf(select)].some(isOuter);
}

/** The references to the outer query alone, as that writes them. */
function outerReferencesIn(expressions: readonly SqlNode[]): SqlNode[] {
  return expressions
    .flatMap(qualifiedReferences)
    .filter((reference) => columnParts(reference)[0] === outerMark)
    .map((reference) => columnReference(...columnParts(reference).slice(1)));
}

type MapColumn = (alias: string, column: string) => readonly [string, string] | null;

/** The expression with its references to the outer query put elsewhere; `mark` stands before them. */
function mapOuter(expression: SqlNode, map: MapColumn, mark: readonly string[] = []): SqlNode {
  const mapped = rewrite(expression, (node) => {
    if (node['class'] !== 'COLUMN_REF') return null;
    const [first, alias, column, ...fields] = columnParts(node);
    if (first !== outerMark || alias === undefined || column === undefined) return node;
    const to = map(alias, column);
    if (to === null) return node;
    return { ...columnReference(...mark, ...to, ...fields), alias: node['alias'] ?? '' };
  });
  return isNode(mapped) ? mapped : expression;
}

const asWritten: MapColumn = (alias, column) => [alias, column];

/** A subquery of its own: one row with its value, joined to every row. */
function attachAlone(
  select: LoweredSelect,
  subquery: PreparedSubquery,
  context: SelectContext,
): LoweredSelect {
  const relation = context.from.query(subquery.query);
  const input = context.from.nextAlias();
  const isScalar = subquery.node['subquery_type'] === 'SCALAR';
  const first = columnsOf(relation.node)[0] ?? '';
  const inside = selectTree({
    list: [columnReference(input, first)],
    from: namedItem(input),
  });
  const value = { ...subquery.node, subquery: { node: inside, named_param_map: [] }, child: null };
  if (isScalar && relation.names.length !== 1) throw new LowerRefusal('scalar subquery of several columns');
  return withNode(select, {
    alias: subquery.place,
    node: wholeDomain(relation.node, input, [named(value, subqueryColumn)]),
  });
}

function wholeDomain(
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

function withNode(select: LoweredSelect, node: JoinInput<Relation<SqlNode>>): LoweredSelect {
  return { ...select, scope: { ...select.scope, nodes: [...select.scope.nodes, node] } };
}

function attachTied(
  state: Attaching,
  subquery: PreparedSubquery,
  inner: LoweredSelect,
  context: SelectContext,
): Attaching {
  if (inner.scope.conditions.some(isOuter)) throw new LowerRefusal('a subquery tied inside its FROM');
  if (inner.group?.sets) throw new LowerRefusal('grouping sets in a subquery');
  const tied = inner.where.filter(isOuter);
  const pairs = tied.flatMap(pairOf);
  if (pairs.length === 0)
    throw new LowerRefusal('a subquery tied to the query around it without an equality');
  const alias = context.from.nextAlias();
  const local = { ...inner, where: inner.where.filter((condition) => !isOuter(condition)) };
  const right = inputOf(
    local,
    pairs.map((pair) => pair.inner),
    [...expressionsOf(inner), ...tied],
  );
  return attachDomain(state, subquery.place, pairs, { alias, node: right.node }, context, (outer) => {
    const move = (expression: SqlNode) =>
      mapOuter(mapReferences(expression, atAlias(right.map, alias)), outer);
    const moved = mapSelect(local, move);
    const from = namedItem(alias);
    const where = tied.map(move);
    const list = moved.items.map((item) => item.expression);
    return {
      value: {
        ...subquery.node,
        subquery: { node: bodyTree(moved, list, from, where), named_param_map: [] },
      },
      repeatable: repeatabilityOf(moved, from, []),
    };
  });
}

/** `outer expression = inner expression`. */
function pairOf(condition: SqlNode): Pair[] {
  const sides = sidesOfEquality(condition);
  if (sides === null) return [];
  const isPure = (side: SqlNode) => [...aliasesIn(side)].every((alias) => alias === outerMark);
  const [one, other] = sides;
  if (isOuter(one) && isPure(one) && !isOuter(other))
    return [{ outer: mapOuter(one, asWritten), inner: other }];
  if (isOuter(other) && isPure(other) && !isOuter(one))
    return [{ outer: mapOuter(other, asWritten), inner: one }];
  return [];
}

type Body = {
  readonly value: SqlNode;
  readonly repeatable: ReturnType<typeof repeatabilityOf>;
};

/** Widens every row of the SELECT's FROM by the value of a subquery over the rows of `right` with the same key. */
function attachDomain(
  { select, rest }: Attaching,
  place: string,
  pairs: readonly Pair[],
  right: JoinInput<Relation<SqlNode>>,
  context: SelectContext,
  valueOver: (outer: MapColumn) => Body,
): Attaching {
  const here = new Set(select.scope.nodes.map((node) => node.alias));
  const isReady = (condition: SqlNode) => [...aliasesIn(condition)].every((alias) => here.has(alias));
  const waiting = select.where.filter((condition) => !isReady(condition));
  const left = context.from.nextAlias();
  const ties = pairs.map((pair) => pair.outer);
  const needed = [
    ...expressionsOf(select),
    ...waiting,
    ...ties,
    valueOver(asWritten).value,
    ...rest.flatMap(neededBy),
  ];
  const input = inputOf({ ...select, where: select.where.filter(isReady) }, ties, needed);
  const { value, repeatable } = valueOver(atAlias(input.map, left));
  const keys = pairs.map((_, at) => keyColumn(at));
  const columns = columnsOf(input.node).slice(ties.length);
  const list = [
    ...columns.map((column) => named(columnReference(left, column), column)),
    named(value, subqueryColumn),
    ...ties.map((tie, at) => named(mapReferences(tie, atAlias(input.map, left)), keyColumn(at))),
  ];
  const node = createDomain<Relation<SqlNode>, SqlNode>({
    inputs: [
      { alias: left, node: input.node, keys },
      { ...right, keys },
    ],
    body: queryExpression(selectTree({ list, from: namedItem(left) })),
    columns: list.map((item) => String(item['alias'])),
    keys,
    repeatable,
  });
  const alias = context.from.nextAlias();
  const toDomain: MapColumn = (of, column) => {
    if (of === place) return [alias, subqueryColumn];
    const found = input.map(of, column);
    return found === null ? null : [alias, found];
  };
  const moved = mapSelect({ ...select, where: waiting }, (expression) => mapReferences(expression, toDomain));
  return {
    select: { ...moved, scope: { nodes: [{ alias, node }], inputs: [], merged: [], conditions: [] } },
    rest: rest.map((subquery) => movedSubquery(subquery, toDomain)),
  };
}

/** What a subquery still to be attached needs of the rows it will be attached to. */
function neededBy({ child, inner }: PreparedSubquery): SqlNode[] {
  const inside = inner === null ? [] : outerReferencesIn([...inner.where, ...expressionsOf(inner)]);
  return child === null ? inside : [...inside, child];
}

function movedSubquery(subquery: PreparedSubquery, map: MapColumn): PreparedSubquery {
  const { child, inner } = subquery;
  return {
    ...subquery,
    child: child === null ? null : mapReferences(child, map),
    inner: inner === null ? null : mapSelect(inner, (expression) => mapOuter(expression, map, [outerMark])),
  };
}

/** `x IN (SELECT …)` and `x NOT IN (SELECT …)` where the SELECT keeps the rows for which it is true. */
function attachMembership(
  { select, rest }: Attaching,
  subquery: PreparedSubquery,
  context: SelectContext,
): Attaching {
  const { child, place, node, query } = subquery;
  if (child === null || node['comparison_type'] !== 'COMPARE_EQUAL')
    throw new LowerRefusal('ANY or ALL over a subquery');
  const isValue = (expression: SqlNode) => columnParts(expression)[0] === place;
  const isIn = select.where.some(isValue);
  const isNotIn = select.where.some((condition) => isNegated(condition, isValue));
  if (!isIn && !isNotIn) throw new LowerRefusal('IN over a subquery that is not a condition of its own');
  const relation = context.from.query(query);
  const alias = context.from.nextAlias();
  const column = columnsOf(relation.node)[0] ?? '';
  const item = columnReference(alias, column);
  const right = inputOf(
    emptySelect({ nodes: [{ alias, node: relation.node }], inputs: [], merged: [], conditions: [] }),
    [item],
    [],
  );
  const name = context.from.nextAlias();
  const guarded = isNotIn ? withNode(select, nullGuard(relation.node, column, place, context)) : select;
  const before = isNotIn ? replaceNegated(guarded, isValue, place, child) : guarded;
  return attachDomain(
    { select: before, rest },
    place,
    [{ outer: child, inner: item }],
    { alias: name, node: right.node },
    context,
    (outer) => {
      const same = equality(mapReferences(child, outer), columnReference(name, keyColumn(0)));
      const inside = selectTree({
        list: [columnReference(name, keyColumn(0))],
        from: namedItem(name),
        where: [same],
      });
      return {
        value: queryExpression(inside, { subquery_type: 'EXISTS', child: null, comparison_type: 'INVALID' }),
        repeatable: { obstacle: null, exactOnly: [] },
      };
    },
  );
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
    named(call('bool_or', [trueConstant]), guardColumn.any),
    named(call('bool_or', [isNull]), guardColumn.nulls),
  ];
  return { alias: `${place}_g`, node: wholeDomain(node, input, list, namedItem(input)) };
}

const trueConstant: SqlNode = {
  class: 'CAST',
  type: 'OPERATOR_CAST',
  alias: '',
  query_location: 0,
  child: {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    query_location: 0,
    value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: 't' },
  },
  cast_type: { id: 'BOOLEAN', type_info: null },
  try_cast: false,
};

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
  const present: SqlNode = {
    class: 'OPERATOR',
    type: 'OPERATOR_IS_NOT_NULL',
    alias: '',
    query_location: 0,
    children: [child],
  };
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

function emptySelect(scope: FromScope): LoweredSelect {
  return {
    scope,
    where: [],
    items: [],
    group: null,
    qualify: null,
    distinct: null,
    orders: [],
    limit: null,
  };
}
