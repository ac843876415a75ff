import { createDomain, type DomainNode } from '../algebra/domain.ts';
import type { Relation, Scope } from '../algebra/node.ts';
import { createProject, type ProjectedColumn } from '../algebra/project.ts';
import { columnParts, columnReference, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn, outputColumn } from './domain-columns.ts';
import { expressionKey, hasRowFunction, windowsIn } from './lower-expression.ts';
import { hasAggregate } from './lower-group.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf } from './lower-relations.ts';
import { hasColumn } from './lower-select-list.ts';
import {
  mapReferences,
  named,
  namedItem,
  qualifiedReferences,
  queryExpression,
  queryItem,
  queryOf,
  selectTree,
} from './lower-tree.ts';
import { expressionsOf, type LoweredSelect, mapSelect, scopeOf } from './lowered-select.ts';
import { bothRepeatable, repeatabilityOf } from './repeatable.ts';

/** A domain whose body is a SELECT: its items are the first columns, by position, its keys the last. */
export type SelectDomain = DomainNode<Relation<SqlNode>, SqlNode>;

/** Whether a SELECT is more than a projection. */
export function isBlock(select: LoweredSelect): boolean {
  return (
    select.group !== null ||
    select.qualify !== null ||
    select.distinct !== null ||
    select.items.some((item) => windowsIn(item.expression).length > 0)
  );
}

/**
 * The SELECT as a domain. Over a single domain it joins its body, where the keys allow: one domain by the keys both
 * have falls apart no less.
 *
 * @throws LowerRefusal when the rows do not fall apart by anything
 */
export function selectDomain(select: LoweredSelect, nextAlias: () => string): SelectDomain {
  if (select.limit !== null) throw new LowerRefusal('LIMIT');
  const keys = isBlock(select) ? keysOf(select) : null;
  const inner = innerDomain(select);
  if (inner !== null) {
    const joined = overDomain(select, inner, keys);
    if (joined !== null) return joined;
  }
  if (keys === null) throw new LowerRefusal('rows without a key');
  return overInput(select, keys, nextAlias());
}

/** The single domain a SELECT reads, if that is all it reads. */
export function innerDomain(select: LoweredSelect): { alias: string; node: SelectDomain } | null {
  const [first, ...more] = select.scope.nodes;
  if (first === undefined || more.length > 0 || first.node.kind !== 'domain') return null;
  return first.node.keys.length === 0 ? null : { alias: first.alias, node: first.node };
}

function overInput(select: LoweredSelect, keys: readonly SqlNode[], alias: string): SelectDomain {
  const { node, map } = inputOf(select, keys, expressionsOf(select));
  const moved = mapSelect(select, (expression) => mapReferences(expression, atAlias(map, alias)));
  const from = namedItem(alias);
  const movedKeys = keys.map((key) => mapReferences(key, atAlias(map, alias)));
  return createDomain<Relation<SqlNode>, SqlNode>({
    inputs: [{ alias, node, keys: keys.map((_, place) => keyColumn(place)) }],
    ...bodyOf(moved, movedKeys, from, []),
    repeatable: repeatabilityOf(moved, from, []),
  });
}

/** One body over the inner one's, by the keys of the outer that are keys of the inner; null: there are none. */
function overDomain(
  select: LoweredSelect,
  { alias, node }: { alias: string; node: SelectDomain },
  keys: readonly SqlNode[] | null,
): SelectDomain | null {
  const from = queryItem(queryOf(node.body), alias);
  const where = [...select.scope.conditions, ...select.where];
  const places = keys === null ? node.keys.map((_, place) => place) : sharedKeys(keys, alias, node);
  if (places.length === 0) return null;
  const kept = places.map((place) => columnReference(alias, node.keys[place] ?? ''));
  return createDomain<Relation<SqlNode>, SqlNode>({
    inputs: node.inputs.map((input) => ({
      ...input,
      keys: places.map((place) => input.keys[place] ?? ''),
    })),
    ...bodyOf(withKeysAs(select, kept, alias, node), kept, from, where),
    repeatable: bothRepeatable(node.repeatable, repeatabilityOf(select, from, where)),
  });
}

/** Places in `node.keys` of the keys that are among the outer ones. */
function sharedKeys(keys: readonly SqlNode[], alias: string, node: SelectDomain): number[] {
  return node.keys.flatMap((_, place) => {
    const names = namesOfKey(node, place).map((column) => expressionKey(columnReference(alias, column)));
    return keys.some((key) => names.includes(expressionKey(key))) ? [place] : [];
  });
}

function namesOfKey(node: SelectDomain, place: number): string[] {
  return sameColumns(node, node.keys[place] ?? '');
}

/** The columns of a domain that are the same as one of its keys, itself among them. */
export function sameColumns(node: SelectDomain, key: string): string[] {
  const list = nodesOf(queryOf(node.body)['select_list']);
  const wanted = list.find((item) => item['alias'] === key);
  if (wanted === undefined) return [key];
  return list
    .filter((item) => expressionKey(item) === expressionKey(wanted))
    .map((item) => String(item['alias']));
}

/** The place among a domain's keys of an expression over its columns; null: it is none of them. */
export function keyPlace(node: SelectDomain, expression: SqlNode): number | null {
  const [, column, ...fields] = expression['class'] === 'COLUMN_REF' ? columnParts(expression) : [];
  if (column === undefined || fields.length > 0) return null;
  const place = node.keys.findIndex((key) => key === column || sameColumns(node, key).includes(column));
  return place < 0 ? null : place;
}

/** Grouping must name the key columns the body adds, as its list does. */
function withKeysAs(
  select: LoweredSelect,
  kept: readonly SqlNode[],
  alias: string,
  node: SelectDomain,
): LoweredSelect {
  const keyOf = new Map(
    kept.flatMap((key) => {
      const place = node.keys.indexOf(columnParts(key)[1] ?? '');
      return namesOfKey(node, place).map((column) => [column, columnParts(key)[1] ?? column] as const);
    }),
  );
  return mapSelect(select, (expression) =>
    mapReferences(expression, (of, column) => {
      const key = of === alias ? keyOf.get(column) : undefined;
      return key === undefined ? null : [alias, key];
    }),
  );
}

function bodyOf(
  select: LoweredSelect,
  keys: readonly SqlNode[],
  from: SqlNode,
  where: readonly SqlNode[],
): Pick<SelectDomain, 'body' | 'columns' | 'keys'> {
  const names = keys.map((_, place) => keyColumn(place));
  const items = select.items.map((item, place) => named(item.expression, outputColumn(place)));
  const list = [...items, ...keys.map((key, place) => named(key, names[place] ?? ''))];
  return {
    body: queryExpression(bodyTree(select, list, from, where)),
    columns: list.map((item) => String(item['alias'])),
    keys: names,
  };
}

/** The SELECT over another FROM. */
export function bodyTree(
  select: LoweredSelect,
  list: readonly SqlNode[],
  from: SqlNode,
  where: readonly SqlNode[],
): SqlNode {
  const { group, distinct } = select;
  return selectTree({
    list,
    from,
    where,
    ...(group === null || group.keys.length === 0
      ? {}
      : {
          group: {
            group_expressions: group.keys,
            group_sets: [group.keys.map((_, place) => place)],
          },
        }),
    having: group?.having ?? null,
    qualify: select.qualify,
    modifiers: [
      ...(distinct === null ? [] : [{ type: 'DISTINCT_MODIFIER', distinct_on_targets: distinct.on ?? [] }]),
      ...(select.orders.length === 0 ? [] : [{ type: 'ORDER_MODIFIER', orders: select.orders }]),
      ...(select.limit === null ? [] : [select.limit]),
    ],
  });
}

/** The columns that expressions need of a SELECT's FROM and WHERE, as a relation, after the columns of its keys. */
export function inputOf(
  select: LoweredSelect,
  keys: readonly SqlNode[],
  expressions: readonly SqlNode[],
): { node: Relation<SqlNode>; map: (alias: string, column: string) => string | null } {
  const places = new Map<string, ProjectedColumn<SqlNode>>();
  const aliases = new Set(select.scope.nodes.map((node) => node.alias));
  const keyOf = (alias: string, column: string) => JSON.stringify([alias, column]);
  for (const reference of expressions.flatMap(qualifiedReferences)) {
    const [alias = '', column = ''] = columnParts(reference);
    const key = keyOf(alias, column);
    if (!aliases.has(alias) || places.has(key)) continue;
    places.set(key, { name: `__ev_c${places.size}`, expression: columnReference(alias, column) });
  }
  const node = createProject<Scope<SqlNode>, SqlNode>(scopeOf(select), [
    ...keys.map((expression, place) => ({ name: keyColumn(place), expression })),
    ...places.values(),
  ]);
  return { node, map: (alias, column) => places.get(keyOf(alias, column))?.name ?? null };
}

export function atAlias(
  map: (alias: string, column: string) => string | null,
  to: string,
): (alias: string, column: string) => [string, string] | null {
  return (alias, column) => {
    const found = map(alias, column);
    return found === null ? null : [to, found];
  };
}

/** Expressions of the SELECT's FROM by which its rows fall apart. */
function keysOf(select: LoweredSelect): SqlNode[] {
  const items = select.items.map((item) => item.expression);
  let keys: readonly SqlNode[] | null = select.group === null ? null : select.group.keys.filter(hasColumn);
  if (keys !== null && keys.length === 0) return wholeOf(select);
  const windows = [...items, ...(select.qualify === null ? [] : [select.qualify])].flatMap(windowsIn);
  for (const window of windows) {
    const partition = nodesOf(window['partitions']).filter(isKey);
    keys = keys === null ? partition : common(keys, partition);
    if (keys.length === 0) throw new LowerRefusal(noPartition(window, partition));
  }
  if (select.distinct !== null) {
    const by = (select.distinct.on ?? items).filter(isKey);
    keys = keys === null ? by : common(keys, by);
    if (keys.length === 0) throw new LowerRefusal('DISTINCT over no key');
  }
  if (keys === null) throw new LowerRefusal('rows without a key');
  return [...keys];
}

/** Without keys the whole is one domain; only an aggregate is small enough for that. */
function wholeOf(select: LoweredSelect): SqlNode[] {
  const isPlain =
    select.distinct === null &&
    select.items.every((item) => windowsIn(item.expression).length === 0) &&
    select.group?.keys.length === 0;
  if (!isPlain) throw new LowerRefusal('grouping by constants alone');
  return [];
}

function noPartition(window: SqlNode, partition: readonly SqlNode[]): string {
  const name = String(window['function_name']);
  return partition.length === 0
    ? `${name}() OVER without PARTITION BY`
    : `${name}() OVER a partition that has nothing in common with the rest`;
}

function isKey(expression: SqlNode): boolean {
  return (
    hasColumn(expression) &&
    !hasAggregate(expression) &&
    !hasRowFunction(expression) &&
    windowsIn(expression).length === 0
  );
}

function common(one: readonly SqlNode[], other: readonly SqlNode[]): SqlNode[] {
  const known = new Set(other.map(expressionKey));
  return one.filter((expression) => known.has(expressionKey(expression)));
}
