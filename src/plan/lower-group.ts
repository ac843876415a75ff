import { stateColumns } from '../algebra/group.ts';
import { isNode, type SqlJson, type SqlNode, walk } from '../core/sql-tree.ts';
import { aggregateFunctions } from './aggregate-functions.ts';
import { columnParts, columnReference, expressionKey } from './lower-expression.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { mapValues, nodesOf } from './lower-relations.ts';

export type AggregateName = 'count' | 'sum' | 'avg' | 'min' | 'max';

/** One aggregate of the query over the state: `argument` null is the row count. */
export type FinalAggregate = {
  readonly name: string;
  readonly aggregate: AggregateName;
  readonly argument: number | null;
};

export type LoweredArgument = {
  readonly expression: SqlNode;
  readonly uses: ReadonlySet<AggregateName>;
};

export type LoweredGroup = {
  readonly keys: readonly SqlNode[];
  readonly arguments: readonly LoweredArgument[];
  readonly finals: readonly FinalAggregate[];
  /** Over `stateColumns.key(i)` and the names of `finals`. */
  readonly outputs: readonly SqlNode[];
  readonly having: SqlNode | null;
};

const aggregateNames: Readonly<Record<string, AggregateName>> = {
  count_star: 'count',
  count: 'count',
  sum: 'sum',
  avg: 'avg',
  mean: 'avg',
  min: 'min',
  max: 'max',
};

export function hasAggregate(node: SqlNode): boolean {
  let found = false;
  walk(node, (inner) => {
    found ||= isAggregateCall(inner);
  });
  return found;
}

function isAggregateCall(node: SqlNode): boolean {
  return node['class'] === 'FUNCTION' && aggregateFunctions.has(String(node['function_name']).toLowerCase());
}

/**
 * Splits grouped expressions into what is kept (keys and aggregate arguments) and what is computed from it.
 *
 * @param keys, outputs, having lowered expressions: every column qualified
 * @throws LowerRefusal for an aggregate without a rule
 */
export function lowerGroup(
  keys: readonly SqlNode[],
  outputs: readonly SqlNode[],
  having: SqlNode | null,
): LoweredGroup {
  const keyPlaces = new Map(keys.map((key, place) => [expressionKey(key), place]));
  const argumentPlaces = new Map<string, number>();
  const args: { expression: SqlNode; uses: Set<AggregateName> }[] = [];
  const finals = new Map<string, FinalAggregate>();

  function argumentOf(expression: SqlNode, use: AggregateName): number {
    if (hasAggregate(expression)) throw new LowerRefusal('nested aggregates');
    const key = expressionKey(expression);
    const place = argumentPlaces.get(key) ?? args.length;
    if (place === args.length) {
      argumentPlaces.set(key, place);
      args.push({ expression, uses: new Set() });
    }
    args[place]?.uses.add(use);
    return place;
  }

  function lowerAggregate(call: SqlNode): SqlNode {
    const called = String(call['function_name']).toLowerCase();
    const aggregate = aggregateNames[called];
    const written = called === 'count_star' ? 'count' : called;
    const children = nodesOf(call['children']);
    const orders = isNode(call['order_bys']) ? nodesOf(call['order_bys']['orders']) : [];
    if (call['distinct'] === true) throw new LowerRefusal(`${written}(DISTINCT …)`);
    if (isNode(call['filter'])) throw new LowerRefusal(`${written}(…) FILTER (…)`);
    if (orders.length > 0) throw new LowerRefusal(`${written}(… ORDER BY …)`);
    const [argument] = children;
    const isRowCount = aggregate === 'count' && argument === undefined;
    if (aggregate === undefined || children.length > 1 || (argument === undefined && !isRowCount)) {
      throw new LowerRefusal(`${written}()`);
    }
    const place = argument === undefined ? null : argumentOf(argument, aggregate);
    const key = `${aggregate} ${place}`;
    const final = finals.get(key) ?? { name: `__ev_f${finals.size}`, aggregate, argument: place };
    finals.set(key, final);
    return { ...columnReference(final.name), alias: call['alias'] ?? '' };
  }

  function overState(json: SqlJson): SqlJson {
    if (Array.isArray(json)) return json.map(overState);
    return isNode(json) ? nodeOverState(json) : json;
  }

  function nodeOverState(node: SqlNode): SqlNode {
    const key = 'class' in node ? keyPlaces.get(expressionKey(node)) : undefined;
    if (key !== undefined) return { ...columnReference(stateColumns.key(key)), alias: node['alias'] ?? '' };
    if (isAggregateCall(node)) return lowerAggregate(node);
    if (node['class'] === 'COLUMN_REF' && columnParts(node).length > 1) {
      throw new LowerRefusal(`column "${columnParts(node).slice(1).join('.')}" outside of GROUP BY`);
    }
    return mapValues(node, overState);
  }

  return {
    keys,
    outputs: outputs.map(nodeOverState),
    having: having === null ? null : nodeOverState(having),
    arguments: args,
    finals: [...finals.values()],
  };
}
