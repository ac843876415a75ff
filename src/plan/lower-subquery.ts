import { columnsOf } from '../algebra/node.ts';
import { columnParts, columnReference, isNode, rewrite, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn, subqueryColumn } from './domain-columns.ts';
import { atAlias, bodyTree, inputOf } from './lower-block.ts';
import type { SelectContext } from './lower-context.ts';
import { hasRowFunction } from './lower-expression.ts';
import { hasAggregate, isAggregateCall } from './lower-group.ts';
import { lowerMembership } from './lower-membership.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { type FromScope, resolveColumn } from './lower-scope.ts';
import {
  aliasesIn,
  constant,
  mapReferences,
  named,
  namedItem,
  nullConstant,
  qualifiedReferences,
  queryOf,
  selectTree,
  sidesOfEquality,
} from './lower-tree.ts';
import { expressionsOf, type LoweredSelect, mapSelect } from './lowered-select.ts';
import { matchSubquery, type Partners } from './match-subquery.ts';
import { repeatabilityOf } from './repeatable.ts';
import { wholeDomain, withNode } from './whole-domain.ts';
import { type MapColumn, type SubqueryValue, type Tie, type Widening, widenRows } from './widen-rows.ts';

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
  const all = pending.map((subquery) => {
    const query = queryOf(subquery.node);
    return {
      ...subquery,
      query,
      inner: context.inner(query, (names) => outerReference(names, subquery.scope)),
    };
  });
  const { select: matched, rest: prepared } = matchThose({ select, rest: all }, context);
  const alone = prepared.filter((subquery) => !isWidening(subquery));
  const joined = alone.reduce(
    (known, subquery) => attachAlone(known, subquery, context),
    groupedBy(matched, prepared),
  );
  let state: Attaching = { select: joined, rest: prepared.filter(isWidening) };
  for (let next = state.rest[0]; next !== undefined; next = state.rest[0]) {
    state = attachWidening({ select: state.select, rest: state.rest.slice(1) }, next, context);
  }
  return state.select;
}

/** Makes matches of the subqueries that ask for partners of one relation's rows, where such are asked for. */
function matchThose({ select, rest }: Attaching, context: SelectContext): Attaching {
  if (context.from.joins !== 'match') return { select, rest };
  let matched = select;
  const unmatched: PreparedSubquery[] = [];
  for (const subquery of rest) {
    const partners = partnersOf(subquery, context);
    const next = partners === null ? null : matchSubquery(matched, partners, () => context.from.nextAlias());
    if (next === null) unmatched.push(subquery);
    else matched = next;
  }
  return { select: matched, rest: unmatched };
}

/** What EXISTS by equalities alone, or IN, asks for; null: it is something else. */
function partnersOf(
  { place, node, child, query, inner }: PreparedSubquery,
  context: SelectContext,
): Partners | null {
  const isTied = inner !== null && mentionsOuter(inner);
  if (node['subquery_type'] === 'ANY') {
    if (isTied || child === null || node['comparison_type'] !== 'COMPARE_EQUAL') return null;
    const relation = context.from.query(query).node;
    const ties = [{ outer: child, column: columnsOf(relation)[0] ?? '' }];
    return { place, node: relation, ties, isNeverNull: false };
  }
  if (node['subquery_type'] !== 'EXISTS' || !isTied || !isOnlyRows(inner)) return null;
  const tied = inner.where.filter(isOuter);
  const pairs = tied.filter(({ type }) => type === 'COMPARE_EQUAL').flatMap(pairOf);
  const isElsewhere = [...inner.scope.conditions, ...expressionsOf(inner)].some(isOuter);
  const isMany = inner.items.some(({ expression }) => hasRowFunction(expression) || hasAggregate(expression));
  if (pairs.length === 0 || pairs.length < tied.length || isElsewhere || isMany) return null;
  const local = { ...inner, where: inner.where.filter((condition) => !isOuter(condition)) };
  const keys = pairs.map((pair) => pair.inner);
  const ties = pairs.map((pair, at) => ({ outer: pair.outer, column: keyColumn(at) }));
  return { place, node: inputOf(local, keys, []).node, ties, isNeverNull: true };
}

/** A subquery beside groups has one value for each group: it is one more key of them. */
function groupedBy(select: LoweredSelect, pending: readonly PendingSubquery[]): LoweredSelect {
  const { group } = select;
  if (group === null || group.keys.length === 0) return select;
  const beside = [...expressionsOf(select)].flatMap(outsideAggregates);
  const keys = pending
    .filter(({ place }) => beside.some((reference) => columnParts(reference)[0] === place))
    .map(({ place }) => columnReference(place, subqueryColumn));
  if (keys.length > 0 && group.sets !== null) throw new LowerRefusal('a subquery beside grouping sets');
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
  const { select, widening } = lowerMembership(state.select, subquery, context);
  return widen({ ...state, select }, widening, context);
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
  const isExistence = subquery.node['subquery_type'] === 'EXISTS' && isOnlyRows(inner);
  const local = {
    ...inner,
    where: inner.where.filter((condition) => !isOuter(condition)),
    // Whether there is a row does not depend on what it holds.
    items: isExistence ? [{ expression: constant('t', 'BOOLEAN'), name: null, alias: null }] : inner.items,
  };
  const right = inputOf(
    local,
    pairs.map((pair) => pair.inner),
    [...expressionsOf(local), ...tied],
  );
  const valueOver = (outer: MapColumn): SubqueryValue => {
    const move = (expression: SqlNode) =>
      mapOuter(mapReferences(expression, atAlias(right.map, alias)), outer);
    const moved = mapSelect(local, move);
    const from = namedItem(alias);
    const list = moved.items.map((item) => item.expression);
    const body = bodyTree(moved, list, from, tied.map(move));
    return {
      value: { ...subquery.node, subquery: { node: body, named_param_map: [] } },
      repeatable: repeatabilityOf(moved, from, []),
    };
  };
  return widen(
    state,
    { place: subquery.place, pairs, right: { alias, node: right.node }, valueOver },
    context,
  );
}

/** Whether there are as many rows as FROM and WHERE leave, whatever the list says. */
function isOnlyRows(select: LoweredSelect): boolean {
  return (
    select.group === null &&
    select.distinct === null &&
    select.limit === null &&
    select.qualify === null &&
    !select.items.some((item) => hasRowFunction(item.expression))
  );
}

/** `outer expression = inner expression`. */
function pairOf(condition: SqlNode): Tie[] {
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

function widen(state: Attaching, widening: Omit<Widening, 'alsoNeeded'>, context: SelectContext): Attaching {
  const { select, move } = widenRows(
    state.select,
    { ...widening, alsoNeeded: state.rest.flatMap(neededBy) },
    () => context.from.nextAlias(),
  );
  return { select, rest: state.rest.map((subquery) => movedSubquery(subquery, move)) };
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
