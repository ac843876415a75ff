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

export function isAggregateCall(node: SqlNode): boolean {
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
  const lowering = new GroupLowering(keys);
  return {
    keys,
    outputs: outputs.map((output) => lowering.overState(output)),
    having: having === null ? null : lowering.overState(having),
    arguments: [...lowering.arguments.values()],
    finals: [...lowering.finals.values()],
  };
}

type Argument = { readonly place: number; readonly expression: SqlNode; readonly uses: Set<AggregateName> };

/** Collects the aggregates and their arguments, each once, while it rewrites expressions over the state. */
class GroupLowering {
  readonly #keyPlaces: ReadonlyMap<string, number>;
  /** By the text that tells expressions apart. */
  readonly arguments = new Map<string, Argument>();
  readonly finals = new Map<string, FinalAggregate>();

  constructor(keys: readonly SqlNode[]) {
    this.#keyPlaces = new Map(keys.map((key, place) => [expressionKey(key), place]));
  }

  overState(node: SqlNode): SqlNode {
    const key = 'class' in node ? this.#keyPlaces.get(expressionKey(node)) : undefined;
    if (key !== undefined) return { ...columnReference(stateColumns.key(key)), alias: node['alias'] ?? '' };
    if (isAggregateCall(node)) return this.#aggregate(node);
    if (node['class'] === 'COLUMN_REF' && columnParts(node).length > 1) {
      throw new LowerRefusal(`column "${columnParts(node).slice(1).join('.')}" outside of GROUP BY`);
    }
    return mapValues(node, (value) => this.#anyOverState(value));
  }

  #anyOverState(json: SqlJson): SqlJson {
    if (Array.isArray(json)) return json.map((item: SqlJson) => this.#anyOverState(item));
    return isNode(json) ? this.overState(json) : json;
  }

  #aggregate(call: SqlNode): SqlNode {
    const called = String(call['function_name']).toLowerCase();
    const written = called === 'count_star' ? 'count' : called;
    const aggregate = aggregateNames[called];
    const orders = isNode(call['order_bys']) ? nodesOf(call['order_bys']['orders']) : [];
    if (call['distinct'] === true) throw new LowerRefusal(`${written}(DISTINCT …)`);
    if (isNode(call['filter'])) throw new LowerRefusal(`${written}(…) FILTER (…)`);
    if (orders.length > 0) throw new LowerRefusal(`${written}(… ORDER BY …)`);
    const [argument, ...more] = nodesOf(call['children']);
    if (aggregate === undefined || more.length > 0 || (argument === undefined && aggregate !== 'count')) {
      throw new LowerRefusal(`${written}()`);
    }
    const place = argument === undefined ? null : this.#argument(argument, aggregate);
    const key = `${aggregate} ${place}`;
    const final = this.finals.get(key) ?? {
      name: `__ev_f${this.finals.size}`,
      aggregate,
      argument: place,
    };
    this.finals.set(key, final);
    return { ...columnReference(final.name), alias: call['alias'] ?? '' };
  }

  #argument(expression: SqlNode, use: AggregateName): number {
    if (hasAggregate(expression)) throw new LowerRefusal('nested aggregates');
    const key = expressionKey(expression);
    const known = this.arguments.get(key) ?? { place: this.arguments.size, expression, uses: new Set() };
    known.uses.add(use);
    this.arguments.set(key, known);
    return known.place;
  }
}
