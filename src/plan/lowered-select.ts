import type { Scope } from '../algebra/node.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import { isOnClock } from './clock-conditions.ts';
import { tiedJoin } from './join-ties.ts';
import { withConditions } from './lower-clock.ts';
import type { FromScope } from './lower-scope.ts';
import type { SelectItem } from './lower-select-list.ts';

/** A SELECT with every expression lowered: columns as `[alias of a scope's node, column]`. */
export type LoweredSelect = {
  readonly scope: FromScope;
  /** Conditions of WHERE, all of which must hold. */
  readonly where: readonly SqlNode[];
  readonly items: readonly SelectItem[];
  /** Null: not grouped. */
  readonly group: LoweredGrouping | null;
  readonly qualify: SqlNode | null;
  readonly distinct: LoweredDistinct | null;
  /** ORDER BY, where DISTINCT ON or LIMIT makes it matter; lowered. */
  readonly orders: readonly SqlNode[];
  /** LIMIT and OFFSET; only a subquery that is computed whole may have one. */
  readonly limit: SqlNode | null;
};

export type LoweredGrouping = {
  readonly keys: readonly SqlNode[];
  /** Of GROUPING SETS, ROLLUP, CUBE: for each set the places of its keys; null: one set of all. */
  readonly sets: readonly (readonly number[])[] | null;
  readonly having: SqlNode | null;
};

export type LoweredDistinct = { readonly on: readonly SqlNode[] | null };

/** The rows a SELECT starts from. */
export function scopeOf(select: Pick<LoweredSelect, 'scope' | 'where'>): Scope<SqlNode> {
  const { nodes, conditions } = select.scope;
  const join = tiedJoin(
    nodes,
    conditions.filter((condition) => !isOnClock(condition)),
    select.where,
  );
  return withConditions(join, [...select.where, ...conditions.filter(isOnClock)]);
}

/** The same SELECT with every expression replaced. */
export function mapSelect(select: LoweredSelect, map: (expression: SqlNode) => SqlNode): LoweredSelect {
  const mapAll = (list: readonly SqlNode[]) => list.map(map);
  const mapOne = (expression: SqlNode | null) => (expression === null ? null : map(expression));
  return {
    ...select,
    where: mapAll(select.where),
    items: select.items.map((item) => ({ ...item, expression: map(item.expression) })),
    group:
      select.group === null
        ? null
        : { ...select.group, keys: mapAll(select.group.keys), having: mapOne(select.group.having) },
    qualify: mapOne(select.qualify),
    distinct:
      select.distinct === null
        ? null
        : { on: select.distinct.on === null ? null : mapAll(select.distinct.on) },
    orders: mapAll(select.orders),
  };
}

/** Every expression of a SELECT but its WHERE. */
export function expressionsOf(select: LoweredSelect): SqlNode[] {
  return [
    ...select.items.map((item) => item.expression),
    ...(select.group?.keys ?? []),
    ...(select.group?.having ? [select.group.having] : []),
    ...(select.qualify === null ? [] : [select.qualify]),
    ...(select.distinct?.on ?? []),
    ...select.orders,
  ];
}
