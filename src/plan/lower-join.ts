import { createDomain } from '../algebra/domain.ts';
import { createJoin } from '../algebra/join.ts';
import type { Relation, Scope } from '../algebra/node.ts';
import { createProject, type ProjectedColumn } from '../algebra/project.ts';
import { sameName } from '../core/schema.ts';
import { isNode, type SqlNode } from '../core/sql-tree.ts';
import { keyColumn } from './domain-columns.ts';
import type { FromContext } from './lower-context.ts';
import { placeClockConditions } from './lower-clock.ts';
import { columnReference, expressionKey } from './lower-expression.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { stringsOf } from './lower-relations.ts';
import {
  bareColumn,
  type FromScope,
  joinScopes,
  type QualifiedColumn,
  type ScopeInput,
} from './lower-scope.ts';
import {
  aliasesIn,
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

type UsingPair = { readonly left: QualifiedColumn; readonly right: QualifiedColumn };

/**
 * A join of two scopes. Inner joins widen the scope; the others are domains, which fall apart by the values that an
 * equality of their condition compares.
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
      merged: [...keptMerged(both, using), ...using.map((pair) => pair.left)],
      ...placeClockConditions({ nodes: both.nodes, conditions }, context.reads),
    };
  }
  const kind = reference === 'ASOF' ? `ASOF ${from['join_type']}` : String(from['join_type']);
  if (!domainJoins.has(kind)) throw new LowerRefusal(`${kind} JOIN`);
  return new DomainJoin(from, kind, left, right, [...using.map(comparison), ...on], using, context).scope();
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

/** What was merged before and is not merged again. */
function keptMerged(both: FromScope, using: readonly UsingPair[]): QualifiedColumn[] {
  return both.merged.filter((known) => !using.some((pair) => pair.left === known || pair.right === known));
}

type Side = {
  readonly alias: string;
  readonly node: Relation<SqlNode>;
  /** The side's column for a column of its scope. */
  readonly columnOf: (alias: string, column: string) => string | null;
  readonly columns: readonly string[];
  /** The columns with the values it is joined by. */
  readonly keys: readonly string[];
};

const leftOnly = new Set(['SEMI', 'ANTI']);

const domainJoins = new Set(['LEFT', 'RIGHT', 'FULL', ...leftOnly, 'ASOF INNER', 'ASOF LEFT']);

class DomainJoin {
  readonly #kind: string;
  readonly #from: SqlNode;
  readonly #left: FromScope;
  readonly #right: FromScope;
  readonly #conditions: readonly SqlNode[];
  readonly #using: readonly UsingPair[];
  readonly #context: FromContext;

  constructor(
    from: SqlNode,
    kind: string,
    left: FromScope,
    right: FromScope,
    conditions: readonly SqlNode[],
    using: readonly UsingPair[],
    context: FromContext,
  ) {
    this.#from = from;
    this.#kind = kind;
    this.#left = left;
    this.#right = right;
    this.#conditions = conditions;
    this.#using = using;
    this.#context = context;
  }

  scope(): FromScope {
    const keys = this.#keys();
    const left = sideOf(
      this.#left,
      keys.map((key) => key.left),
      'l',
      this.#context,
    );
    const right = sideOf(
      this.#right,
      keys.map((key) => key.right),
      'r',
      this.#context,
    );
    const node = this.#node(left, right, keys.length);
    const alias = this.#context.nextAlias();
    const isLeftOnly = leftOnly.has(this.#kind);
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
    const merged = this.#using.map((pair, place): QualifiedColumn => {
      if (this.#kind === 'RIGHT') return move(right, pair.right);
      if (this.#kind !== 'FULL') return move(left, pair.left);
      return { alias, column: { visible: pair.left.column.visible, column: mergedColumn(place) } };
    });
    const keptLeft = keptMerged(this.#left, this.#using).map((column) => move(left, column));
    const keptRight = keptMerged(this.#right, this.#using).map((column) => move(right, column));
    return {
      nodes: [{ alias, node }],
      inputs: [
        ...this.#left.inputs.map(moveInput(left)),
        ...(isLeftOnly ? [] : this.#right.inputs.map(moveInput(right))),
      ],
      merged: [...keptLeft, ...(isLeftOnly ? [] : keptRight), ...merged],
      conditions: [],
    };
  }

  /** The equalities between the sides. */
  #keys(): { left: SqlNode; right: SqlNode }[] {
    const isOf = (scope: FromScope, expression: SqlNode) => {
      const aliases = aliasesIn(expression);
      return aliases.size > 0 && [...aliases].every((one) => scope.nodes.some(({ alias }) => alias === one));
    };
    const keys = this.#conditions.flatMap((condition) => {
      const sides = sidesOfEquality(condition);
      if (sides === null) return [];
      const [one, other] = sides;
      if (isOf(this.#left, one) && isOf(this.#right, other)) return [{ left: one, right: other }];
      if (isOf(this.#right, one) && isOf(this.#left, other)) return [{ left: other, right: one }];
      return [];
    });
    if (keys.length === 0) throw new LowerRefusal(`${this.#kind} JOIN without an equality between its sides`);
    return keys;
  }

  #node(left: Side, right: Side, keyCount: number): Relation<SqlNode> {
    const keys = Array.from({ length: keyCount }, (_, place) => this.#key(left, right, place));
    const ofSide = (side: Side) =>
      side.columns.map((column) => named(columnReference(side.alias, column), column));
    const merged =
      this.#kind === 'FULL'
        ? this.#using.map((pair, place) =>
            named(
              coalesce([this.#moved(left, right, pair.left), this.#moved(left, right, pair.right)]),
              mergedColumn(place),
            ),
          )
        : [];
    const list = [...ofSide(left), ...(leftOnly.has(this.#kind) ? [] : ofSide(right)), ...merged, ...keys];
    const join: SqlNode = {
      ...this.#from,
      left: namedItem(left.alias),
      right: namedItem(right.alias),
      condition: null,
      using_columns: [],
      ref_type: this.#from['ref_type'] === 'ASOF' ? 'ASOF' : 'REGULAR',
    };
    const condition = selectTree({
      list: [],
      from: join,
      where: this.#conditions.map((one) => this.#move(left, right, one)),
    });
    const body = selectTree({ list, from: { ...join, condition: condition['where_clause'] ?? null } });
    return createDomain<Relation<SqlNode>, SqlNode>({
      inputs: [left, right].map((side) => ({ alias: side.alias, node: side.node, keys: side.keys })),
      body: queryExpression(body),
      columns: list.map((item) => String(item['alias'])),
      keys: keys.map((_, place) => keyColumn(place)),
      repeatable: {
        obstacle: this.#kind.startsWith('ASOF') ? 'ASOF JOIN, where rows may tie' : null,
        exactOnly: [],
      },
    });
  }

  #key(left: Side, right: Side, place: number): SqlNode {
    const of = (side: Side) => columnReference(side.alias, side.keys[place] ?? '');
    switch (this.#kind) {
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

const mergedColumn = (place: number): string => `__ev_m${place}`;

/** Everything a scope holds as one relation, with the values it is joined by. */
function sideOf(scope: FromScope, keys: readonly SqlNode[], letter: 'l' | 'r', context: FromContext): Side {
  const places = new Map<string, ProjectedColumn<SqlNode>>();
  const placeKey = (alias: string, column: string) => JSON.stringify([alias, column]);
  for (const { of, columns } of scope.inputs) {
    for (const { column } of columns) {
      const key = placeKey(of, column);
      if (places.has(key)) continue;
      places.set(key, { name: `__ev_${letter}${places.size}`, expression: columnReference(of, column) });
    }
  }
  for (const { alias, column } of scope.merged) {
    const key = placeKey(alias, column.column);
    if (places.has(key)) continue;
    places.set(key, {
      name: `__ev_${letter}${places.size}`,
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
    node: createProject<Scope<SqlNode>, SqlNode>(createJoin(scope.nodes, scope.conditions), [
      ...added,
      ...columns,
    ]),
    columnOf: (alias, column) => places.get(placeKey(alias, column))?.name ?? null,
    columns: columns.map((column) => column.name),
    keys: keyNames,
  };
}
