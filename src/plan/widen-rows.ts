import { createDomain, type DomainInput, type Repeatability } from '../algebra/domain.ts';
import type { JoinInput } from '../algebra/join.ts';
import { columnsOf, type Relation } from '../algebra/node.ts';
import { columnParts, columnReference, type SqlNode } from '../core/sql-tree.ts';
import { isOnClock } from './clock-conditions.ts';
import { keyColumn, subqueryColumn } from './domain-columns.ts';
import { atAlias, innerDomain, inputOf, keyPlace } from './lower-block.ts';
import {
  aliasesIn,
  mapReferences,
  named,
  namedItem,
  qualifiedReferences,
  queryExpression,
  queryItem,
  queryOf,
  selectTree,
} from './lower-tree.ts';
import { expressionsOf, type LoweredSelect, mapSelect } from './lowered-select.ts';
import { bothRepeatable } from './repeatable.ts';

/** Where a column is found; null: it stays. */
export type MapColumn = (alias: string, column: string) => readonly [string, string] | null;

/** `outer expression = inner expression`. */
export type Tie = { readonly outer: SqlNode; readonly inner: SqlNode };

/** A subquery's value over rows of `right`, and what it takes to give the same again. */
export type SubqueryValue = { readonly value: SqlNode; readonly repeatable: Repeatability<SqlNode> };

export type Widening = {
  /** The alias by which the SELECT refers to the value so far. */
  readonly place: string;
  readonly pairs: readonly Tie[];
  /** The subquery's rows; their keys are `keyColumn`s. */
  readonly right: JoinInput<Relation<SqlNode>>;
  /** What others will ask of the SELECT's rows. */
  readonly alsoNeeded: readonly SqlNode[];
  readonly valueOver: (outer: MapColumn) => SubqueryValue;
};

/** Widens every row of the SELECT's FROM by the value of a subquery over the rows of `right` with the same key. */
export function widenRows(
  select: LoweredSelect,
  { place, pairs, right, alsoNeeded, valueOver }: Widening,
  nextAlias: () => string,
): { readonly select: LoweredSelect; readonly move: MapColumn } {
  const here = new Set(select.scope.nodes.map((node) => node.alias));
  const isReady = (condition: SqlNode) => [...aliasesIn(condition)].every((alias) => here.has(alias));
  const waiting = select.where.filter((condition) => !isReady(condition));
  const left = nextAlias();
  const ties = pairs.map((pair) => pair.outer);
  const needed = [
    ...expressionsOf(select),
    ...waiting,
    ...ties,
    valueOver((alias, column) => [alias, column]).value,
    ...alsoNeeded,
  ];
  const widened = rowsToWiden({ ...select, where: select.where.filter(isReady) }, ties, needed, left);
  const { value, repeatable } = valueOver(widened.move);
  const keys = pairs.map((_, at) => keyColumn(at));
  const list = [
    ...widened.columns.map(({ name, expression }) => named(expression, name)),
    named(value, subqueryColumn),
    ...ties.map((tie, at) => named(mapReferences(tie, widened.move), keyColumn(at))),
  ];
  const node = createDomain<Relation<SqlNode>, SqlNode>({
    inputs: [...widened.inputs, { ...right, keys }],
    body: queryExpression(selectTree({ list, from: widened.from, where: widened.where })),
    columns: list.map((item) => String(item['alias'])),
    keys,
    repeatable: bothRepeatable(widened.repeatable, repeatable),
  });
  const alias = nextAlias();
  const move: MapColumn = (of, column) => {
    if (of === place) return [alias, subqueryColumn];
    const found = widened.nameOf(of, column);
    return found === null ? null : [alias, found];
  };
  const moved = mapSelect({ ...select, where: waiting }, (expression) => mapReferences(expression, move));
  return {
    select: { ...moved, scope: { nodes: [{ alias, node }], inputs: [], merged: [], conditions: [] } },
    move,
  };
}

/** The rows a subquery is put beside, as the body of the domain reads them. */
type Widened = {
  readonly inputs: readonly DomainInput<Relation<SqlNode>>[];
  readonly from: SqlNode;
  readonly where: readonly SqlNode[];
  readonly columns: readonly { readonly name: string; readonly expression: SqlNode }[];
  /** Where the body finds a column of the SELECT's FROM. */
  readonly move: MapColumn;
  /** What the domain calls it. */
  readonly nameOf: (alias: string, column: string) => string | null;
  readonly repeatable: Repeatability<SqlNode>;
};

/** The rows as an input of their own; those of a single domain with the same ties as its body, which it stays. */
function rowsToWiden(
  select: LoweredSelect,
  ties: readonly SqlNode[],
  needed: readonly SqlNode[],
  alias: string,
): Widened {
  const inner = innerDomain(select);
  const places = inner === null ? [] : ties.flatMap((tie) => keyPlace(inner.node, tie) ?? []);
  if (inner === null || places.length < ties.length || select.where.some(isOnClock)) {
    return inputToWiden(select, ties, needed, alias);
  }
  const move: MapColumn = (of, column) => (of === inner.alias ? [alias, column] : null);
  const columns = [
    ...new Set(
      needed
        .flatMap(qualifiedReferences)
        .map((reference) => columnParts(reference))
        .flatMap(([of, column]) => (of === inner.alias && column !== undefined ? [column] : [])),
    ),
  ];
  const names = new Map(columns.map((column, place) => [column, `__ev_c${place}`]));
  const conditions = [...select.scope.conditions, ...select.where];
  return {
    inputs: inner.node.inputs.map((input) => ({
      ...input,
      keys: places.map((place) => input.keys[place] ?? ''),
    })),
    from: queryItem(queryOf(inner.node.body), alias),
    where: conditions.map((condition) => mapReferences(condition, move)),
    columns: columns.map((column) => ({
      name: names.get(column) ?? column,
      expression: columnReference(alias, column),
    })),
    move,
    nameOf: (of, column) => (of === inner.alias ? (names.get(column) ?? null) : null),
    repeatable: inner.node.repeatable,
  };
}

function inputToWiden(
  select: LoweredSelect,
  ties: readonly SqlNode[],
  needed: readonly SqlNode[],
  alias: string,
): Widened {
  const input = inputOf(select, ties, needed);
  const move = atAlias(input.map, alias);
  return {
    inputs: [{ alias, node: input.node, keys: ties.map((_, at) => keyColumn(at)) }],
    from: namedItem(alias),
    where: [],
    columns: columnsOf(input.node)
      .slice(ties.length)
      .map((name) => ({ name, expression: columnReference(alias, name) })),
    move,
    nameOf: input.map,
    repeatable: { obstacle: null, exactOnly: [] },
  };
}
