import type { Relation, Scope } from '../algebra/node.ts';
import { createProject, type ProjectedColumn } from '../algebra/project.ts';
import { columnReference, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn } from './domain-columns.ts';
import { tiedJoin } from './join-ties.ts';
import type { FromContext } from './lower-context.ts';
import { expressionKey } from './lower-expression.ts';
import {
  type FromScope,
  type MergedColumn,
  type QualifiedColumn,
  type ScopeInput,
  sidesOf,
} from './lower-scope.ts';
import { aliasesIn } from './lower-tree.ts';

/** A join that is more than a wider scope. */
export type OuterJoin = {
  /** As written. */
  readonly from: SqlNode;
  /** `LEFT`, `SEMI`, `ASOF LEFT`, … */
  readonly kind: string;
  readonly left: FromScope;
  readonly right: FromScope;
  /** All of which must hold, those of USING among them. */
  readonly conditions: readonly SqlNode[];
  readonly using: readonly UsingPair[];
};

export type UsingPair = { readonly left: QualifiedColumn; readonly right: QualifiedColumn };

/** A side of a join as one relation. */
export type Side = {
  readonly alias: string;
  readonly node: Relation<SqlNode>;
  /** The side's column for a column of its scope. */
  readonly columnOf: (alias: string, column: string) => string | null;
  readonly columns: readonly string[];
  /** The columns with the values it is joined by. */
  readonly keys: readonly string[];
};

/** Whether an expression is over columns of a scope, and no others. */
export function isOver(scope: FromScope, expression: SqlNode): boolean {
  const aliases = aliasesIn(expression);
  return aliases.size > 0 && [...aliases].every((one) => scope.nodes.some(({ alias }) => alias === one));
}

/** Whether a join shows nothing of its right side. */
export function isLeftOnly({ kind }: Pick<OuterJoin, 'kind'>): boolean {
  return kind === 'SEMI' || kind === 'ANTI';
}

/** What both columns of a pair are in sight as. */
export function mergedOf(shown: QualifiedColumn, { left, right }: UsingPair): MergedColumn {
  return { ...shown, sides: [...sidesOf(left), ...sidesOf(right)] };
}

export const mergedColumn = (place: number): string => `__ev_m${place}`;

/** What is in sight once `node`, which has the columns of both sides, stands for the join. */
export function joinedScope(
  join: OuterJoin,
  sides: { readonly left: Side; readonly right: Side },
  node: Relation<SqlNode>,
  alias: string,
): FromScope {
  const { kind, using } = join;
  const { left, right } = sides;
  const move = (side: Side, column: QualifiedColumn): QualifiedColumn => ({
    alias,
    column: {
      ...column.column,
      column: side.columnOf(column.alias, column.column.column) ?? column.column.column,
    },
  });
  const moveInput = (side: Side) => (input: ScopeInput) => ({
    alias: input.alias,
    of: alias,
    columns: input.columns.map((column) => move(side, { alias: input.of, column }).column),
  });
  const shownOf = (pair: UsingPair, place: number): QualifiedColumn => {
    if (kind === 'RIGHT') return move(right, pair.right);
    if (kind !== 'FULL') return move(left, pair.left);
    return { alias, column: { visible: pair.left.column.visible, column: mergedColumn(place) } };
  };
  const moveMerged = (side: Side) => (column: MergedColumn) => ({
    ...move(side, column),
    sides: column.sides.map((one) => move(side, one)),
  });
  const merged = using.map((pair, place) => ({
    ...shownOf(pair, place),
    sides: [
      ...sidesOf(pair.left).map((one) => move(left, one)),
      ...sidesOf(pair.right).map((one) => move(right, one)),
    ],
  }));
  const keptLeft = keptMerged(join.left, using).map(moveMerged(left));
  const keptRight = keptMerged(join.right, using).map(moveMerged(right));
  return {
    nodes: [{ alias, node }],
    inputs: [
      ...join.left.inputs.map(moveInput(left)),
      ...(isLeftOnly(join) ? [] : join.right.inputs.map(moveInput(right))),
    ],
    merged: [...keptLeft, ...(isLeftOnly(join) ? [] : keptRight), ...merged],
    conditions: [],
  };
}

/** What was merged before and is not merged again. */
export function keptMerged(both: FromScope, using: readonly UsingPair[]): MergedColumn[] {
  return both.merged.filter((known) => !using.some((pair) => pair.left === known || pair.right === known));
}

/**
 * Everything a scope holds as one relation, with the values it is joined by.
 *
 * @param where which of its rows
 */
export function sideOf(
  scope: FromScope,
  side: 'left' | 'right',
  keys: readonly SqlNode[],
  context: FromContext,
  where: readonly SqlNode[] = [],
): Side {
  const prefix = side === 'left' ? '__ev_l' : '__ev_r';
  const places = new Map<string, ProjectedColumn<SqlNode>>();
  const placeKey = (alias: string, column: string) => JSON.stringify([alias, column]);
  for (const { of, columns } of scope.inputs) {
    for (const { column } of columns) {
      const key = placeKey(of, column);
      if (places.has(key)) continue;
      places.set(key, { name: `${prefix}${places.size}`, expression: columnReference(of, column) });
    }
  }
  for (const { alias, column } of scope.merged) {
    const key = placeKey(alias, column.column);
    if (places.has(key)) continue;
    places.set(key, {
      name: `${prefix}${places.size}`,
      expression: columnReference(alias, column.column),
    });
  }
  const columns = [...places.values()];
  const added: ProjectedColumn<SqlNode>[] = [];
  const keyNames = keys.map((expression, place) => {
    const known = columns.find((column) => expressionKey(column.expression) === expressionKey(expression));
    if (known !== undefined) return known.name;
    added.push({ name: keyColumn(place), expression });
    return keyColumn(place);
  });
  return {
    alias: context.nextAlias(),
    node: createProject<Scope<SqlNode>, SqlNode>(tiedJoin(scope.nodes, [...scope.conditions, ...where]), [
      ...added,
      ...columns,
    ]),
    columnOf: (alias, column) => places.get(placeKey(alias, column))?.name ?? null,
    columns: columns.map((column) => column.name),
    keys: keyNames,
  };
}
