import { columnParts, columnReference, isNode, type SqlNode, walk } from '../core/sql-tree.ts';
import { subqueryColumn } from './domain-columns.ts';
import { placeClockConditions } from './lower-clock.ts';
import type { SelectContext } from './lower-context.ts';
import { type ExpressionContext, expressionKey, lowerExpression } from './lower-expression.ts';
import { lowerFrom } from './lower-from.ts';
import { hasAggregate } from './lower-group.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf } from './lower-relations.ts';
import { bareColumn, type FromScope } from './lower-scope.ts';
import {
  distinctExpressions,
  hasColumn,
  ordinalItem,
  type SelectItem,
  starItems,
} from './lower-select-list.ts';
import { attachSubqueries, type PendingSubquery } from './lower-subquery.ts';
import { conjuncts } from './lower-tree.ts';
import type { LoweredDistinct, LoweredGrouping, LoweredSelect } from './lowered-select.ts';

/** @throws LowerRefusal */
export function lowerSelect(query: SqlNode, context: SelectContext): LoweredSelect {
  return new SelectLowering(query, context).lower();
}

const nothing = { aggregates: false, windows: false, unnest: false };

class SelectLowering {
  readonly #query: SqlNode;
  readonly #context: SelectContext;
  readonly #pending: PendingSubquery[] = [];

  constructor(query: SqlNode, context: SelectContext) {
    this.#query = query;
    this.#context = context;
  }

  lower(): LoweredSelect {
    const query = this.#query;
    if (isNode(query['sample'])) throw new LowerRefusal('SAMPLE');
    if (!isNode(query['from_table'])) throw new LowerRefusal('no FROM clause');
    const scope = lowerFrom(query['from_table'], this.#context.from);
    const items = this.#items(nodesOf(query['select_list']), scope);
    const whereContext = this.#expressions(scope, items, nothing);
    const where = isNode(query['where_clause'])
      ? conjuncts(lowerExpression(query['where_clause'], whereContext))
      : [];
    const placed = placeClockConditions({ nodes: scope.nodes, conditions: where }, this.#context.from.reads);
    const select: LoweredSelect = {
      scope: { ...scope, nodes: placed.nodes },
      where: placed.conditions,
      items,
      group: this.#group(scope, items),
      qualify: isNode(query['qualify'])
        ? lowerExpression(query['qualify'], this.#expressions(scope, items, afterGrouping))
        : null,
      ...this.#modifiers(scope, items),
    };
    return attachSubqueries(select, this.#pending, this.#context);
  }

  #expressions(
    scope: FromScope,
    items: readonly SelectItem[],
    allow: ExpressionContext['allow'],
  ): ExpressionContext {
    return {
      scope,
      allow,
      outer: this.#context.outer,
      subquery: (node) => {
        const place = this.#context.from.nextAlias();
        const child = isNode(node['child'])
          ? lowerExpression(node['child'], this.#expressions(scope, items, nothing))
          : null;
        this.#pending.push({ place, node, child, scope });
        return columnReference(place, subqueryColumn);
      },
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
        const context = this.#expressions(scope, items, inList);
        items.push(...starItems(node, scope, (replacement) => lowerExpression(replacement, context)));
        continue;
      }
      const alias = node['alias'] === '' || typeof node['alias'] !== 'string' ? null : node['alias'];
      const expression = lowerExpression(node, this.#expressions(scope, items, inList));
      const isColumn = node['class'] === 'COLUMN_REF';
      items.push({
        expression,
        alias,
        name: alias ?? (isColumn ? (columnParts(node).at(-1) ?? null) : null),
      });
    }
    return items;
  }

  #group(scope: FromScope, items: readonly SelectItem[]): LoweredGrouping | null {
    const query = this.#query;
    const sets = Array.isArray(query['group_sets']) ? query['group_sets'] : [];
    const isGrouped =
      nodesOf(query['group_expressions']).length > 0 ||
      sets.length > 0 ||
      query['aggregate_handling'] !== 'STANDARD_HANDLING' ||
      isNode(query['having']) ||
      items.some((item) => hasAggregate(item.expression));
    if (!isGrouped) return null;
    const having = isNode(query['having']) ? this.#having(query['having'], scope, items) : null;
    if (sets.length > 1) return { ...this.#groupingSets(scope, items), having };
    return { keys: this.#keys(scope, items), sets: null, having };
  }

  #keys(scope: FromScope, items: readonly SelectItem[]): SqlNode[] {
    const query = this.#query;
    const written = nodesOf(query['group_expressions']);
    if (written.length === 0 && query['aggregate_handling'] === 'FORCE_AGGREGATES') return keysOfAll(items);
    if (query['aggregate_handling'] === 'NO_AGGREGATES_ALLOWED') throw new LowerRefusal('GROUP BY');
    return distinctExpressions(this.#writtenKeys(scope, items));
  }

  #writtenKeys(scope: FromScope, items: readonly SelectItem[]): SqlNode[] {
    const context = this.#expressions(scope, items, nothing);
    return nodesOf(this.#query['group_expressions'])
      .map((node) => ordinalItem(node, items) ?? lowerExpression(node, context))
      .map((key) => {
        if (hasAggregate(key)) throw new LowerRefusal('aggregate in GROUP BY');
        return key;
      });
  }

  #groupingSets(scope: FromScope, items: readonly SelectItem[]): Pick<LoweredGrouping, 'keys' | 'sets'> {
    const keys = this.#writtenKeys(scope, items);
    if (distinctExpressions(keys).length < keys.length)
      throw new LowerRefusal('grouping sets with a key twice');
    const sets = this.#query['group_sets'];
    return {
      keys,
      sets: (Array.isArray(sets) ? sets : []).map((set) => (Array.isArray(set) ? set.map(Number) : [])),
    };
  }

  /** In HAVING an alias hides a column of the same name; where the two differ nothing is assumed. */
  #having(having: SqlNode, scope: FromScope, items: readonly SelectItem[]): SqlNode {
    const mentioned = firstParts(having);
    for (const item of items) {
      if (item.alias === null || !mentioned.has(item.alias.toLowerCase())) continue;
      const column = bareColumn(scope, item.alias);
      const isSame =
        column === null ||
        expressionKey(item.expression) === expressionKey(columnReference(column.alias, column.column.column));
      if (!isSame) throw new LowerRefusal(`HAVING beside an alias that is also a column, "${item.alias}"`);
    }
    return lowerExpression(having, this.#expressions(scope, items, { ...nothing, aggregates: true }));
  }

  #modifiers(
    scope: FromScope,
    items: readonly SelectItem[],
  ): Pick<LoweredSelect, 'distinct' | 'orders' | 'limit'> {
    let distinct: LoweredDistinct | null = null;
    let orders: SqlNode[] = [];
    let limit: SqlNode | null = null;
    const context = this.#expressions(scope, items, afterGrouping);
    // A name alone means the alias here, where everywhere else a column comes before it.
    const aliased = (node: SqlNode) => {
      const [name, ...more] = node['class'] === 'COLUMN_REF' ? columnParts(node) : [];
      return name === undefined || more.length > 0 ? null : context.alias(name);
    };
    const lowered = (node: SqlNode) =>
      ordinalItem(node, items) ?? aliased(node) ?? lowerExpression(node, context);
    for (const modifier of nodesOf(this.#query['modifiers'])) {
      switch (modifier['type']) {
        case 'ORDER_MODIFIER':
          orders = nodesOf(modifier['orders']).map((order) => ({
            ...order,
            expression: isNode(order['expression']) ? lowered(order['expression']) : null,
          }));
          break;
        case 'DISTINCT_MODIFIER': {
          const on = nodesOf(modifier['distinct_on_targets']);
          distinct = { on: on.length === 0 ? null : on.map(lowered) };
          break;
        }
        default:
          limit = modifier;
      }
    }
    // ORDER BY alone does not change a bag.
    return { distinct, limit, orders: distinct?.on || limit !== null ? orders : [] };
  }
}

const inList = { aggregates: true, windows: true, unnest: true };

const afterGrouping = { aggregates: true, windows: true, unnest: false };

/** GROUP BY ALL: what holds no aggregate. DuckDB does not group by constants, which matters when nothing else is. */
function keysOfAll(items: readonly SelectItem[]): SqlNode[] {
  const free = items.map((item) => item.expression).filter((expression) => !hasAggregate(expression));
  const keys = free.filter(hasColumn);
  if (keys.length === 0 && free.length > 0) throw new LowerRefusal('GROUP BY ALL over constants alone');
  return distinctExpressions(keys);
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
