import { stateColumns } from '../algebra/group.ts';
import {
  columnParts,
  columnReference,
  contains,
  isNode,
  rewriteItems,
  rewriteParts,
  type SqlJson,
  type SqlNode,
} from '../core/sql-tree.ts';
import { aggregateFunctions } from './aggregate-functions.ts';
import { expressionKey } from './lower-expression.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf } from './lower-relations.ts';
import { constant, isNotNull, nullConstant } from './lower-tree.ts';

export type AggregateName = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'bool_and' | 'bool_or';

export type MomentAggregate =
  | 'var_pop'
  | 'var_samp'
  | 'stddev_pop'
  | 'stddev_samp'
  | 'covar_pop'
  | 'covar_samp'
  | 'corr'
  | 'regr_count'
  | 'regr_avgx'
  | 'regr_avgy'
  | 'regr_sxx'
  | 'regr_syy'
  | 'regr_sxy'
  | 'regr_slope'
  | 'regr_intercept'
  | 'regr_r2';

/** One aggregate of the query over the state: `argument` null is the row count. */
export type FinalAggregate =
  | {
      readonly kind: 'argument';
      readonly name: string;
      readonly aggregate: AggregateName;
      readonly argument: number | null;
    }
  | {
      readonly kind: 'moments';
      readonly name: string;
      readonly aggregate: MomentAggregate;
      readonly moments: number;
    };

export type LoweredArgument = {
  readonly expression: SqlNode;
  readonly uses: ReadonlySet<AggregateName>;
};

/** Where it is of a pair both are NULL where either is. */
export type LoweredMoments = { readonly x: SqlNode; readonly y: SqlNode | null };

export type LoweredGroup = {
  readonly keys: readonly SqlNode[];
  readonly arguments: readonly LoweredArgument[];
  readonly moments: readonly LoweredMoments[];
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
  bool_and: 'bool_and',
  bool_or: 'bool_or',
  // As DuckDB has them: NULL over nothing.
  count_if: 'sum',
  countif: 'sum',
};

const momentAggregates: Readonly<Record<string, MomentAggregate>> = {
  var_pop: 'var_pop',
  var_samp: 'var_samp',
  variance: 'var_samp',
  stddev_pop: 'stddev_pop',
  stddev_samp: 'stddev_samp',
  stddev: 'stddev_samp',
  covar_pop: 'covar_pop',
  covar_samp: 'covar_samp',
  corr: 'corr',
  regr_count: 'regr_count',
  regr_avgx: 'regr_avgx',
  regr_avgy: 'regr_avgy',
  regr_sxx: 'regr_sxx',
  regr_syy: 'regr_syy',
  regr_sxy: 'regr_sxy',
  regr_slope: 'regr_slope',
  regr_intercept: 'regr_intercept',
  regr_r2: 'regr_r2',
};

/** Moments of one column; the others are of `f(y, x)`. */
const singleAggregates: ReadonlySet<MomentAggregate> = new Set([
  'var_pop',
  'var_samp',
  'stddev_pop',
  'stddev_samp',
]);

/** The input's column of a side of the moments at a place. */
export function momentArgument(axis: 'x' | 'y', place: number): string {
  return `__ev_a${axis}${place}`;
}

export function hasAggregate(node: SqlNode): boolean {
  return contains(node, isAggregateCall);
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
    moments: [...lowering.moments.values()],
    finals: [...lowering.finals.values()],
  };
}

type Argument = { readonly place: number; readonly expression: SqlNode; readonly uses: Set<AggregateName> };

type Moments = LoweredMoments & { readonly place: number };

/** Collects the aggregates and their arguments, each once, while it rewrites expressions over the state. */
class GroupLowering {
  readonly #keyPlaces: ReadonlyMap<string, number>;
  /** By the text that tells expressions apart. */
  readonly arguments = new Map<string, Argument>();
  readonly moments = new Map<string, Moments>();
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
    return rewriteParts(node, (value) => this.#anyOverState(value));
  }

  #anyOverState(json: SqlJson): SqlJson {
    if (Array.isArray(json)) return rewriteItems(json, (item) => this.#anyOverState(item));
    return isNode(json) ? this.overState(json) : json;
  }

  #aggregate(call: SqlNode): SqlNode {
    const called = String(call['function_name']).toLowerCase();
    const written = called === 'count_star' ? 'count' : called;
    const orders = isNode(call['order_bys']) ? nodesOf(call['order_bys']['orders']) : [];
    if (call['distinct'] === true) throw new LowerRefusal(`${written}(DISTINCT …)`);
    if (orders.length > 0) throw new LowerRefusal(`${written}(… ORDER BY …)`);
    const [first, ...more] = filteredArguments(call);
    const moment = momentAggregates[called];
    const final =
      moment === undefined
        ? this.#ofArgument(written, aggregateNames[called], first, more)
        : this.#ofMoments(moment, first, more);
    return { ...columnReference(final.name), alias: call['alias'] ?? '' };
  }

  #ofArgument(
    written: string,
    aggregate: AggregateName | undefined,
    argument: SqlNode | undefined,
    more: readonly SqlNode[],
  ): FinalAggregate {
    if (aggregate === undefined || more.length > 0 || (argument === undefined && aggregate !== 'count')) {
      throw new LowerRefusal(`${written}()`);
    }
    const place = argument === undefined ? null : this.#argument(argument, aggregate);
    return this.#final(`${aggregate} ${place}`, (name) => ({
      kind: 'argument',
      name,
      aggregate,
      argument: place,
    }));
  }

  #ofMoments(
    aggregate: MomentAggregate,
    first: SqlNode | undefined,
    more: readonly SqlNode[],
  ): FinalAggregate {
    const isSingle = singleAggregates.has(aggregate);
    const [second] = more;
    if (first === undefined || more.length !== (isSingle ? 0 : 1)) throw new LowerRefusal(`${aggregate}()`);
    const moments = this.#momentsOf(first, second ?? null);
    return this.#final(`${aggregate} of ${moments}`, (name) => ({
      kind: 'moments',
      name,
      aggregate,
      moments,
    }));
  }

  #final(key: string, create: (name: string) => FinalAggregate): FinalAggregate {
    const final = this.finals.get(key) ?? create(`__ev_f${this.finals.size}`);
    this.finals.set(key, final);
    return final;
  }

  #argument(expression: SqlNode, use: AggregateName): number {
    if (hasAggregate(expression)) throw new LowerRefusal('nested aggregates');
    const key = expressionKey(expression);
    const known = this.arguments.get(key) ?? { place: this.arguments.size, expression, uses: new Set() };
    known.uses.add(use);
    this.arguments.set(key, known);
    return known.place;
  }

  /** @param second the x of a pair, whose y comes first */
  #momentsOf(first: SqlNode, second: SqlNode | null): number {
    if (hasAggregate(first) || (second !== null && hasAggregate(second)))
      throw new LowerRefusal('nested aggregates');
    const key = `${expressionKey(first)}, ${second === null ? '' : expressionKey(second)}`;
    const sides =
      second === null
        ? { x: first, y: null }
        : { x: where(isNotNull(first), second), y: where(isNotNull(second), first) };
    const known = this.moments.get(key) ?? { place: this.moments.size, ...sides };
    this.moments.set(key, known);
    return known.place;
  }
}

/** What the aggregate gets: under FILTER, NULL for the rows that do not meet it. */
function filteredArguments(call: SqlNode): SqlNode[] {
  const [first, ...more] = nodesOf(call['children']);
  const filter = call['filter'];
  if (!isNode(filter)) return first === undefined ? [] : [first, ...more];
  return [where(filter, first ?? constant('1', 'INTEGER')), ...more];
}

function where(condition: SqlNode, expression: SqlNode): SqlNode {
  return {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: '',
    query_location: 0,
    case_checks: [{ when_expr: condition, then_expr: expression }],
    else_expr: nullConstant,
  };
}
