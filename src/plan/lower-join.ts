import { createDomain } from '../algebra/domain.ts';
import type { Relation } from '../algebra/node.ts';
import { sameName } from '../core/schema.ts';
import { columnReference, isNode, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn } from './domain-columns.ts';
import {
  isLeftOnly,
  isOver,
  joinedScope,
  keptMerged,
  mergedColumn,
  mergedOf,
  type OuterJoin,
  type Side,
  sideOf,
  type UsingPair,
} from './join-side.ts';
import { placeClockConditions } from './lower-clock.ts';
import type { FromContext } from './lower-context.ts';
import { tryMatch } from './lower-match.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { stringsOf } from './lower-relations.ts';
import { bareColumn, type FromScope, joinScopes, type QualifiedColumn } from './lower-scope.ts';
import {
  coalesce,
  conjuncts,
  equality,
  mapReferences,
  named,
  namedItem,
  queryExpression,
  selectTree,
  sidesOfEquality,
} from './lower-tree.ts';

/**
 * A join of two scopes. Inner joins widen the scope; of the others those that have a rule of their own are matches
 * (where the context asks for them), and the rest are domains, which fall apart by the values that an equality of
 * their condition compares.
 *
 * @throws LowerRefusal without such an equality
 */
export function lowerJoin(from: SqlNode, left: FromScope, right: FromScope, context: FromContext): FromScope {
  const both = joinScopes(left, right);
  const using = usingNames(from, left, right).map((name) => usingPair(name, left, right));
  const on = isNode(from['condition']) ? conjuncts(context.condition(from['condition'], both)) : [];
  const reference = String(from['ref_type']);
  const isPlain = reference === 'REGULAR' || reference === 'CROSS' || reference === 'NATURAL';
  if (from['join_type'] === 'INNER' && isPlain) {
    const conditions = [...both.conditions, ...using.map(comparison), ...on];
    return {
      ...both,
      merged: [...keptMerged(both, using), ...using.map((pair) => mergedOf(pair.left, pair))],
      ...placeClockConditions({ nodes: both.nodes, conditions }, context.reads),
    };
  }
  const kind = reference === 'ASOF' ? `ASOF ${from['join_type']}` : String(from['join_type']);
  if (!domainJoins.has(kind)) throw new LowerRefusal(`${kind} JOIN`);
  const join = { from, kind, left, right, conditions: [...using.map(comparison), ...on], using };
  const matched = context.joins === 'match' ? tryMatch(join, context) : null;
  return matched ?? new DomainJoin(join, context).scope();
}

function usingNames(from: SqlNode, left: FromScope, right: FromScope): string[] {
  if (from['ref_type'] !== 'NATURAL') return stringsOf(from['using_columns']);
  const namesOf = (scope: FromScope) =>
    scope.inputs.flatMap((input) => input.columns.flatMap(({ visible }) => visible ?? []));
  const others = namesOf(right);
  return namesOf(left).filter((name) => others.some((other) => sameName(name, other)));
}

function usingPair(name: string, leftScope: FromScope, rightScope: FromScope): UsingPair {
  const left = bareColumn(leftScope, name);
  const right = bareColumn(rightScope, name);
  if (left === null || right === null) throw new LowerRefusal(`USING ("${name}")`);
  return { left, right };
}

function comparison({ left, right }: UsingPair): SqlNode {
  return equality(referenceTo(left), referenceTo(right));
}

function referenceTo({ alias, column }: QualifiedColumn): SqlNode {
  return columnReference(alias, column.column);
}

const domainJoins = new Set(['LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI', 'ASOF INNER', 'ASOF LEFT']);

class DomainJoin {
  readonly #join: OuterJoin;
  readonly #context: FromContext;

  constructor(join: OuterJoin, context: FromContext) {
    this.#join = join;
    this.#context = context;
  }

  scope(): FromScope {
    const keys = this.#keys();
    const side = (name: 'left' | 'right') =>
      sideOf(
        this.#join[name],
        name,
        keys.map((key) => key[name]),
        this.#context,
      );
    const left = side('left');
    const right = side('right');
    const node = this.#node(left, right, keys.length);
    return joinedScope(this.#join, { left, right }, node, this.#context.nextAlias());
  }

  /** The equalities between the sides. */
  #keys(): { left: SqlNode; right: SqlNode }[] {
    const { kind, left, right, conditions } = this.#join;
    const keys = conditions.flatMap((condition) => {
      const sides = sidesOfEquality(condition);
      if (sides === null) return [];
      const [one, other] = sides;
      if (isOver(left, one) && isOver(right, other)) return [{ left: one, right: other }];
      if (isOver(right, one) && isOver(left, other)) return [{ left: other, right: one }];
      return [];
    });
    if (keys.length === 0) throw new LowerRefusal(`${kind} JOIN without an equality between its sides`);
    return keys;
  }

  #node(left: Side, right: Side, keyCount: number): Relation<SqlNode> {
    const keys = Array.from({ length: keyCount }, (_, place) => this.#key(left, right, place));
    const ofSide = (side: Side) =>
      side.columns.map((column) => named(columnReference(side.alias, column), column));
    const merged =
      this.#join.kind === 'FULL'
        ? this.#join.using.map((pair, place) =>
            named(
              coalesce([this.#moved(left, right, pair.left), this.#moved(left, right, pair.right)]),
              mergedColumn(place),
            ),
          )
        : [];
    const list = [...ofSide(left), ...(isLeftOnly(this.#join) ? [] : ofSide(right)), ...merged, ...keys];
    const join: SqlNode = {
      ...this.#join.from,
      left: namedItem(left.alias),
      right: namedItem(right.alias),
      condition: null,
      using_columns: [],
      ref_type: this.#join.from['ref_type'] === 'ASOF' ? 'ASOF' : 'REGULAR',
    };
    const condition = selectTree({
      list: [],
      from: join,
      where: this.#join.conditions.map((one) => this.#move(left, right, one)),
    });
    const body = selectTree({ list, from: { ...join, condition: condition['where_clause'] ?? null } });
    return createDomain<Relation<SqlNode>, SqlNode>({
      inputs: [left, right].map((side) => ({ alias: side.alias, node: side.node, keys: side.keys })),
      body: queryExpression(body),
      columns: list.map((item) => String(item['alias'])),
      keys: keys.map((_, place) => keyColumn(place)),
      repeatable: {
        obstacle: this.#join.kind.startsWith('ASOF') ? 'ASOF JOIN, where rows may tie' : null,
        exactOnly: [],
      },
    });
  }

  #key(left: Side, right: Side, place: number): SqlNode {
    const of = (side: Side) => columnReference(side.alias, side.keys[place] ?? '');
    switch (this.#join.kind) {
      case 'FULL':
        return named(coalesce([of(left), of(right)]), keyColumn(place));
      case 'RIGHT':
      case 'ASOF RIGHT':
        return named(of(right), keyColumn(place));
      default:
        return named(of(left), keyColumn(place));
    }
  }

  #moved(left: Side, right: Side, column: QualifiedColumn): SqlNode {
    return this.#move(left, right, referenceTo(column));
  }

  #move(left: Side, right: Side, expression: SqlNode): SqlNode {
    return mapReferences(expression, (alias, column) => {
      const inLeft = left.columnOf(alias, column);
      if (inLeft !== null) return [left.alias, inLeft];
      const inRight = right.columnOf(alias, column);
      return inRight === null ? null : [right.alias, inRight];
    });
  }
}
