import { createFilter } from '../algebra/filter.ts';
import { stateColumns } from '../algebra/group.ts';
import { createJoin } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { isNode, type SqlNode, walk } from '../core/sql-tree.ts';
import {
  columnParts,
  columnReference,
  type ExpressionContext,
  expressionKey,
  lowerExpression,
} from './lower-expression.ts';
import { type FromContext, lowerFrom, type NamedRelation, stringsOf } from './lower-from.ts';
import { hasAggregate, type LoweredGroup, lowerGroup } from './lower-group.ts';
import { LowerRefusal, type UnresolvedColumn } from './lower-refusal.ts';
import { type BoundQuery, cteEntries, nodesOf, type RelationRead } from './lower-relations.ts';
import { bareColumn, type FromScope } from './lower-scope.ts';
import {
  distinctExpressions,
  hasColumn,
  ordinalItem,
  type SelectItem,
  starItems,
} from './lower-select-list.ts';

/** A query taken apart; expressions are still trees, to be printed together. */
export type LoweredQuery =
  | {
      readonly kind: 'rows';
      readonly node: Relation<SqlNode>;
      /** By position; null: whatever DuckDB calls the expression. */
      readonly names: readonly (string | null)[];
    }
  | {
      readonly kind: 'group';
      /** Columns: the keys (`stateColumns.key(i)`), then the arguments (`argumentColumn(i)`). */
      readonly input: Relation<SqlNode>;
      readonly group: LoweredGroup;
      readonly names: readonly (string | null)[];
    }
  | { readonly kind: 'full-only'; readonly detail: string; readonly unresolved: UnresolvedColumn | null };

export const argumentColumn = (place: number): string => `__ev_a${place}`;

/**
 * Finds the incremental form of a query, or says what stands in the way.
 */
export function lowerQuery(bound: BoundQuery): LoweredQuery {
  try {
    return new QueryLowering(bound.reads).lowerTop(bound.query, emptyCtes);
  } catch (refusal) {
    if (!(refusal instanceof LowerRefusal)) throw refusal;
    return { kind: 'full-only', detail: refusal.detail, unresolved: refusal.unresolved };
  }
}

type Ctes = ReadonlyMap<
  string,
  { readonly query: SqlNode; readonly aliases: readonly string[]; readonly ctes: Ctes }
>;

const emptyCtes: Ctes = new Map();

/** A SELECT with its FROM, WHERE and list lowered, not yet projected or grouped. */
type LoweredSelect = {
  readonly scope: FromScope;
  readonly input: Scope<SqlNode>;
  readonly items: readonly SelectItem[];
  readonly isGrouped: boolean;
};

class QueryLowering {
  readonly #reads: readonly RelationRead[];
  #aliases = 0;

  constructor(reads: readonly RelationRead[]) {
    this.#reads = reads;
  }

  lowerTop(query: SqlNode, outer: Ctes): LoweredQuery {
    if (query['type'] !== 'SELECT_NODE') return { kind: 'rows', ...this.#relation(query, outer) };
    const ctes = this.#ctes(query, outer);
    const select = this.#select(query, ctes);
    if (!select.isGrouped) return { kind: 'rows', ...projection(select) };
    return this.#group(query, select);
  }

  #relation(query: SqlNode, outer: Ctes): NamedRelation {
    if (query['type'] === 'SET_OPERATION_NODE') return this.#union(query, outer);
    if (query['type'] !== 'SELECT_NODE') throw new LowerRefusal(queryKind(query));
    const select = this.#select(query, this.#ctes(query, outer));
    if (select.isGrouped) throw new LowerRefusal('grouping inside another query');
    return projection(select);
  }

  #union(query: SqlNode, outer: Ctes): NamedRelation {
    checkModifiers(query);
    const { left, right } = query;
    if (query['setop_type'] !== 'UNION' || query['setop_all'] !== true || !isNode(left) || !isNode(right)) {
      throw new LowerRefusal(setOperationName(query));
    }
    const ctes = this.#ctes(query, outer);
    const sides = [this.#relation(left, ctes), this.#relation(right, ctes)] as const;
    const columns = columnsOf(sides[0].node);
    if (columnsOf(sides[1].node).length !== columns.length) {
      throw new LowerRefusal('UNION of different column counts');
    }
    const inputs = sides.map((side) => renameColumns(side.node, columns));
    return { node: createUnionAll(inputs, columns), names: sides[0].names };
  }

  #ctes(query: SqlNode, outer: Ctes): Ctes {
    const ctes = new Map(outer);
    for (const entry of cteEntries(query)) {
      const aliases = stringsOf(entry.value['aliases']);
      ctes.set(entry.name.toLowerCase(), { query: entry.query, aliases, ctes: new Map(ctes) });
    }
    return ctes;
  }

  #select(query: SqlNode, ctes: Ctes): LoweredSelect {
    checkModifiers(query);
    if (isNode(query['qualify'])) throw new LowerRefusal('QUALIFY');
    if (isNode(query['sample'])) throw new LowerRefusal('SAMPLE');
    if (!isNode(query['from_table'])) throw new LowerRefusal('no FROM clause');
    const scope = lowerFrom(query['from_table'], this.#fromContext(ctes));
    const items = this.#items(nodesOf(query['select_list']), scope);
    const join = createJoin(
      scope.inputs.map(({ alias, node }) => ({ alias, node })),
      scope.conditions,
    );
    const where = query['where_clause'];
    const input = isNode(where)
      ? createFilter<Scope<SqlNode>, SqlNode>(
          join,
          lowerExpression(where, this.#context(scope, items, false)),
        )
      : join;
    const isGrouped =
      nodesOf(query['group_expressions']).length > 0 ||
      (Array.isArray(query['group_sets']) && query['group_sets'].length > 0) ||
      query['aggregate_handling'] !== 'STANDARD_HANDLING' ||
      isNode(query['having']) ||
      items.some((item) => hasAggregate(item.expression));
    return { scope, input, items, isGrouped };
  }

  #fromContext(ctes: Ctes): FromContext {
    return {
      reads: this.#reads,
      cte: (name) => {
        const found = ctes.get(name.toLowerCase());
        if (found === undefined) return null;
        return { relation: this.#relation(found.query, found.ctes), aliases: found.aliases };
      },
      query: (query) => this.#relation(query, ctes),
      condition: (condition, scope) => lowerExpression(condition, this.#context(scope, [], false)),
      nextAlias: () => `__ev_q${this.#aliases++}`,
    };
  }

  #context(scope: FromScope, items: readonly SelectItem[], allowAggregates: boolean): ExpressionContext {
    return {
      scope,
      allowAggregates,
      alias: (name) => {
        const found = items.filter((item) => item.alias?.toLowerCase() === name.toLowerCase());
        if (found.length > 1) throw new LowerRefusal(`ambiguous alias "${name}"`);
        return found[0]?.expression ?? null;
      },
    };
  }

  #items(list: readonly SqlNode[], scope: FromScope): SelectItem[] {
    const items: SelectItem[] = [];
    for (const node of list) {
      if (node['class'] === 'STAR') {
        items.push(...starItems(node, scope));
        continue;
      }
      const alias = node['alias'] === '' || typeof node['alias'] !== 'string' ? null : node['alias'];
      const expression = lowerExpression(node, this.#context(scope, items, true));
      const isColumn = node['class'] === 'COLUMN_REF';
      items.push({
        expression,
        alias,
        name: alias ?? (isColumn ? (columnParts(node).at(-1) ?? null) : null),
      });
    }
    return items;
  }

  #group(query: SqlNode, select: LoweredSelect): LoweredQuery {
    const keys = this.#keys(query, select);
    const having = isNode(query['having']) ? this.#having(query['having'], select) : null;
    const outputs = select.items.map((item) => item.expression);
    const group = lowerGroup(keys, outputs, having);
    const input = createProject<Scope<SqlNode>, SqlNode>(select.input, [
      ...group.keys.map((expression, place) => ({ name: stateColumns.key(place), expression })),
      ...group.arguments.map(({ expression }, place) => ({ name: argumentColumn(place), expression })),
    ]);
    return { kind: 'group', input, group, names: select.items.map((item) => item.name) };
  }

  #keys(query: SqlNode, select: LoweredSelect): SqlNode[] {
    const written = nodesOf(query['group_expressions']);
    const sets = Array.isArray(query['group_sets']) ? query['group_sets'] : [];
    if (sets.length > 1) throw new LowerRefusal('grouping sets');
    if (written.length === 0 && query['aggregate_handling'] === 'FORCE_AGGREGATES') {
      return this.#keysOfAll(select);
    }
    if (query['aggregate_handling'] === 'NO_AGGREGATES_ALLOWED') throw new LowerRefusal('GROUP BY');
    const context = this.#context(select.scope, select.items, false);
    return distinctExpressions(
      written.map((node) => ordinalItem(node, select.items) ?? lowerExpression(node, context)),
    ).map((key) => {
      if (hasAggregate(key)) throw new LowerRefusal('aggregate in GROUP BY');
      return key;
    });
  }

  /** GROUP BY ALL: what holds no aggregate. DuckDB does not group by constants, which matters when nothing else is. */
  #keysOfAll(select: LoweredSelect): SqlNode[] {
    const free = select.items
      .map((item) => item.expression)
      .filter((expression) => !hasAggregate(expression));
    const keys = free.filter(hasColumn);
    if (keys.length === 0 && free.length > 0) throw new LowerRefusal('GROUP BY ALL over constants alone');
    return distinctExpressions(keys);
  }

  /** In HAVING an alias hides a column of the same name; where the two differ nothing is assumed. */
  #having(having: SqlNode, select: LoweredSelect): SqlNode {
    const mentioned = firstParts(having);
    for (const item of select.items) {
      if (item.alias === null || !mentioned.has(item.alias.toLowerCase())) continue;
      const column = bareColumn(select.scope, item.alias);
      const isSame =
        column === null ||
        expressionKey(item.expression) === expressionKey(columnReference(column.alias, column.column.column));
      if (!isSame) throw new LowerRefusal(`HAVING beside an alias that is also a column, "${item.alias}"`);
    }
    return lowerExpression(having, this.#context(select.scope, select.items, true));
  }
}

function projection(select: LoweredSelect): NamedRelation {
  const columns = select.items.map((item, place) => ({
    name: `__ev_o${place}`,
    expression: item.expression,
  }));
  return {
    node: createProject<Scope<SqlNode>, SqlNode>(select.input, columns),
    names: select.items.map((item) => item.name),
  };
}

/** Names that column references start with, in lower case. */
function firstParts(expression: SqlNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(expression, (node) => {
    const [first] = node['class'] === 'COLUMN_REF' ? columnParts(node) : [];
    if (first !== undefined) names.add(first.toLowerCase());
  });
  return names;
}

/** ORDER BY alone does not change a bag. */
function checkModifiers(query: SqlNode): void {
  for (const modifier of nodesOf(query['modifiers'])) {
    const kind = String(modifier['type']);
    if (kind !== 'ORDER_MODIFIER')
      throw new LowerRefusal(kind.replace('_MODIFIER', '').replace('_PERCENT', ''));
  }
}

function queryKind(query: SqlNode): string {
  return query['type'] === 'RECURSIVE_CTE_NODE' ? 'recursive CTE' : String(query['type']).toLowerCase();
}

function setOperationName(query: SqlNode): string {
  const name = String(query['setop_type']).replace('_', ' ');
  return query['setop_all'] === true ? `${name} ALL` : name;
}

/** The same rows under other column names, by position. */
export function renameColumns<E>(node: Relation<E>, names: readonly string[]): Relation<E> {
  switch (node.kind) {
    case 'scan':
      return node;
    case 'project':
      return createProject(
        node.input,
        node.columns.map(({ name, expression }, place) => ({ name: names[place] ?? name, expression })),
      );
    case 'union-all':
      return createUnionAll(
        node.inputs.map((input) => renameColumns(input, names)),
        names,
        node.types,
      );
    case 'domain':
    case 'domain-change':
      throw new RangeError('a domain keeps the names its body gives');
  }
}
