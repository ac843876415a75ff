import { createDomain, type DomainInput } from '../algebra/domain.ts';
import { createJoin, type JoinInput } from '../algebra/join.ts';
import type { Relation, Scope } from '../algebra/node.ts';
import { createProject, type ProjectedColumn } from '../algebra/project.ts';
import { columnParts, columnReference, type SqlNode } from '../core/sql-tree.ts';
import { isOnClock } from './clock-conditions.ts';
import { keyColumn } from './domain-columns.ts';
import { keyPlace, type SelectDomain } from './lower-block.ts';
import { expressionKey } from './lower-expression.ts';
import {
  aliasesIn,
  crossItem,
  mapReferences,
  named,
  namedItem,
  qualifiedReferences,
  queryExpression,
  queryItem,
  queryOf,
  selectTree,
  sidesOfEquality,
} from './lower-tree.ts';
import { expressionsOf, type LoweredSelect, mapSelect } from './lowered-select.ts';
import { bothRepeatable } from './repeatable.ts';

type Node = JoinInput<Relation<SqlNode>>;

/** An expression of each node of a group, all equal in every row of the join. */
type SharedKey = ReadonlyMap<string, SqlNode>;

/**
 * Joins a domain with whatever is joined to it by its key: together they fall apart by that key, and a change of one
 * reads of the others only what has the keys it touches.
 */
export function joinDomains(select: LoweredSelect, nextAlias: () => string): LoweredSelect {
  for (const node of select.scope.nodes) {
    if (node.node.kind !== 'domain' || node.node.keys.length === 0) continue;
    const keys = largestGroup(sharedKeys(select), node.alias);
    if (keys.length > 0) return joinDomains(joinGroup(select, keys, nextAlias), nextAlias);
  }
  return select;
}

/** What equalities tie together: for each, the nodes it reaches, each with an expression it may fall apart by. */
function sharedKeys(select: LoweredSelect): SharedKey[] {
  const classes: Map<string, SqlNode>[] = [];
  for (const condition of [...select.scope.conditions, ...select.where]) {
    const sides = sidesOfEquality(condition);
    if (sides === null || sides.some((side) => aliasesIn(side).size !== 1)) continue;
    const texts = sides.map(expressionKey);
    const known = classes.filter((one) => texts.some((text) => one.has(text)));
    const merged = new Map(known.flatMap((one) => [...one]));
    for (const [place, side] of sides.entries()) merged.set(texts[place] ?? '', side);
    for (const one of known) classes.splice(classes.indexOf(one), 1);
    classes.push(merged);
  }
  const nodes = new Map(select.scope.nodes.map((node) => [node.alias, node.node]));
  return classes.map((members) => {
    const keys = new Map<string, SqlNode>();
    for (const expression of members.values()) {
      const [alias = ''] = aliasesIn(expression);
      const node = nodes.get(alias);
      if (node === undefined || keys.has(alias)) continue;
      if (node.kind !== 'domain' || keyPlace(node, expression) !== null) keys.set(alias, expression);
    }
    return keys;
  });
}

/** All keys of the largest group of nodes that one key ties to a domain. */
function largestGroup(keys: readonly SharedKey[], domain: string): SharedKey[] {
  const reaching = keys.filter((key) => key.has(domain) && key.size > 1);
  const [largest] = reaching.toSorted((one, other) => other.size - one.size);
  if (largest === undefined) return [];
  return reaching.filter((key) => [...largest.keys()].every((alias) => key.has(alias)));
}

/** A member of the group as the joint body reads it. */
type Member = {
  readonly from: SqlNode;
  readonly inputs: readonly DomainInput<Relation<SqlNode>>[];
  readonly move: (column: string) => readonly [string, string];
  readonly domain: SelectDomain | null;
};

function joinGroup(
  select: LoweredSelect,
  keys: readonly SharedKey[],
  nextAlias: () => string,
): LoweredSelect {
  const inGroup = new Set(keys[0]?.keys());
  const isInside = (condition: SqlNode) =>
    !isOnClock(condition) && [...aliasesIn(condition)].every((alias) => inGroup.has(alias));
  const conditions = [...select.scope.conditions, ...select.where];
  const inside = conditions.filter(isInside);
  const outside = conditions.filter((condition) => !isInside(condition));
  const needed = [
    ...expressionsOf(select),
    ...outside,
    ...inside,
    ...keys.flatMap((key) => [...key.values()]),
  ]
    .flatMap(qualifiedReferences)
    .map((reference) => columnParts(reference));
  const members = new Map(
    select.scope.nodes
      .filter((node) => inGroup.has(node.alias))
      .map((node) => [node.alias, memberOf(node, keys, needed, nextAlias)] as const),
  );
  const move = (alias: string, column: string) => members.get(alias)?.move(column) ?? null;
  const columns = jointColumns(needed.filter(([alias = '']) => inGroup.has(alias)));
  const alias = nextAlias();
  const [first] = inGroup;
  const keyItems = keys.map((key, place) =>
    named(mapReferences(key.get(first ?? '') ?? columnReference(''), move), keyColumn(place)),
  );
  const list = [
    ...[...columns.values()].map(({ name, of }) => named(mapReferences(columnReference(...of), move), name)),
    ...keyItems,
  ];
  const body = selectTree({
    list,
    from: crossItem([...members.values()].map((member) => member.from)),
    where: inside.map((condition) => mapReferences(condition, move)),
  });
  const node = createDomain<Relation<SqlNode>, SqlNode>({
    inputs: [...members.values()].flatMap((member) => member.inputs),
    body: queryExpression(body),
    columns: list.map((item) => String(item['alias'])),
    keys: keyItems.map((item) => String(item['alias'])),
    repeatable: [...members.values()].reduce(
      (known, { domain }) => (domain === null ? known : bothRepeatable(known, domain.repeatable)),
      { obstacle: null, exactOnly: [] } as SelectDomain['repeatable'],
    ),
  });
  const outer = mapSelect({ ...select, where: outside }, (expression) =>
    mapReferences(expression, (of, column) => {
      const found = columns.get(JSON.stringify([of, column]));
      return found === undefined ? null : [alias, found.name];
    }),
  );
  const others = select.scope.nodes.filter((known) => !inGroup.has(known.alias));
  return {
    ...outer,
    scope: { nodes: [{ alias, node }, ...others], inputs: [], merged: [], conditions: [] },
  };
}

function jointColumns(
  references: readonly (readonly string[])[],
): Map<string, { name: string; of: readonly [string, string] }> {
  const columns = new Map<string, { name: string; of: readonly [string, string] }>();
  for (const [alias = '', column = ''] of references) {
    const key = JSON.stringify([alias, column]);
    if (!columns.has(key)) columns.set(key, { name: `__ev_c${columns.size}`, of: [alias, column] });
  }
  return columns;
}

function memberOf(
  { alias, node }: Node,
  keys: readonly SharedKey[],
  needed: readonly (readonly string[])[],
  nextAlias: () => string,
): Member {
  const to = nextAlias();
  const own = keys.map((key) => key.get(alias) ?? columnReference(alias, ''));
  if (node.kind === 'domain') {
    const places = own.map((expression) => keyPlace(node, expression) ?? 0);
    return {
      from: queryItem(queryOf(node.body), to),
      inputs: node.inputs.map((input) => ({
        ...input,
        keys: places.map((place) => input.keys[place] ?? ''),
      })),
      move: (column) => [to, column],
      domain: node,
    };
  }
  const names = [...new Set(needed.flatMap(([of, column = '']) => (of === alias ? [column] : [])))];
  const columns: ProjectedColumn<SqlNode>[] = names.map((name, place) => ({
    name: `__ev_c${place}`,
    expression: columnReference(alias, name),
  }));
  const added = own.map((expression, place) => ({ name: keyColumn(place), expression }));
  const input = createProject<Scope<SqlNode>, SqlNode>(createJoin([{ alias, node }], []), [
    ...added,
    ...columns,
  ]);
  return {
    from: namedItem(to),
    inputs: [{ alias: to, node: input, keys: added.map((column) => column.name) }],
    move: (column) => [to, `__ev_c${names.indexOf(column)}`],
    domain: null,
  };
}
