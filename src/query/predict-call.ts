import { EverviewError, type TextPlace } from '../core/errors.ts';
import { type ModelFunction, modelFunctionOf } from '../core/model-functions.ts';
import { nearestHint } from '../core/nearest.ts';
import { type CteScope, type RelationReference, relationNode } from '../core/relation-references.ts';
import type { Schema } from '../core/schema.ts';
import { isNode, type SqlJson, type SqlNode, walk } from '../core/sql-tree.ts';
import { explainedPredictionSql } from '../model/contributions-sql.ts';
import { predictionSql } from '../model/predict-sql.ts';
import type { ModelParameters } from '../model/scorer.ts';
import type { Catalog } from './catalog.ts';
import { placeInQuery } from './query-place.ts';

export function isPredict(reference: RelationReference): boolean {
  return reference.kind === 'function' && modelFunctionOf(reference.name) !== null;
}

export type PredictCall = {
  readonly function: ModelFunction;
  readonly model: string;
  readonly input:
    | { readonly kind: 'query'; readonly query: SqlNode }
    | { readonly kind: 'relation'; readonly name: string; readonly location: SqlJson };
};

/** @throws EverviewError `invalid-query`, `unknown-relation`, `wrong-kind`, with the place of the call. */
export function predictCall(
  reference: Extract<RelationReference, { kind: 'function' }>,
  text: string,
  catalog: Catalog,
): PredictCall {
  const at = placeInQuery(text, reference.offset, reference.name.length);
  const called = modelFunctionOf(reference.name) ?? 'predict';
  const word = called.toUpperCase();
  const usage = `${word} takes a model and its input: ${word}(m, (SELECT …)) or ${word}(m, v)`;
  const [first, second, ...more] = reference.args;
  const model = columnName(first);
  if (model === null || second === undefined || more.length > 0) {
    throw new EverviewError(
      'invalid-query',
      `${word} is called with other arguments than a model and an input`,
      {
        at,
        hint: usage,
      },
    );
  }
  const entry = catalog.get(model);
  if (entry?.kind !== 'model') {
    const models = catalog.entries().filter((known) => known.kind === 'model');
    throw new EverviewError(
      entry === undefined ? 'unknown-relation' : 'wrong-kind',
      `"${model}" is no model`,
      {
        at,
        hint:
          nearestHint(
            model,
            models.map((known) => known.declared.definition.name),
          ) ?? usage,
      },
    );
  }
  const name = entry.declared.definition.name;
  const relation = columnName(second);
  if (relation !== null)
    return {
      function: called,
      model: name,
      input: { kind: 'relation', name: relation, location: second.query_location ?? 0 },
    };
  const subquery = isNode(second.subquery) ? second.subquery.node : undefined;
  if (second.type !== 'SUBQUERY' || !isNode(subquery)) {
    throw new EverviewError('invalid-query', `the input of ${word} is neither a query nor a name`, {
      at,
      hint: usage,
    });
  }
  return { function: called, model: name, input: { kind: 'query', query: subquery } };
}

/** The name a bare column reference consists of; null for anything else. */
export function columnName(node: SqlNode | undefined): string | null {
  const names = node?.type === 'COLUMN_REF' ? node.column_names : undefined;
  return Array.isArray(names) && names.length === 1 ? String(names[0]) : null;
}

/** The query that gives the input's rows, with the CTEs around the call that it names. */
export function inputQueryOf(call: PredictCall, scope: CteScope): SqlNode {
  const { input } = call;
  return withCtes(input.kind === 'query' ? input.query : selectAll(input.name, input.location), scope);
}

/** The input of PREDICT with the CTEs of the queries around it that it names, directly or through each other. */
function withCtes(input: SqlNode, scope: CteScope): SqlNode {
  const named = new Set<string>();
  const outer: SqlNode[] = [];
  collectNames(input, named);
  for (const [name, entry] of [...scope].reverse()) {
    if (entry === null || !named.has(name)) continue;
    collectNames(entry, named);
    outer.unshift(entry);
  }
  if (outer.length === 0) return input;
  const own = isNode(input.cte_map) && Array.isArray(input.cte_map.map) ? input.cte_map.map : [];
  return { ...input, cte_map: { map: [...outer, ...own] } };
}

/** Every name a FROM entry inside could mean a CTE by: no name too few, though perhaps one too many. */
function collectNames(tree: SqlNode, names: Set<string>): void {
  walk(tree, (node) => {
    if (typeof node.table_name === 'string') names.add(node.table_name.toLowerCase());
    const column = columnName(node);
    if (column !== null) names.add(column.toLowerCase());
  });
}

function selectAll(name: string, location: SqlJson): SqlNode {
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    select_list: [
      {
        class: 'STAR',
        type: 'STAR',
        alias: '',
        query_location: 0,
        relation_name: '',
        exclude_list: [],
        replace_list: [],
        columns: false,
        expr: null,
        qualified_exclude_list: [],
        rename_list: [],
      },
    ],
    from_table: relationNode({ query_location: location }, '', name, ''),
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
  };
}

/** As `predictionSql`, or `explainedPredictionSql`; what the input lacks is told at the call. */
export function predictionAt(
  called: ModelFunction,
  { scorer }: ModelParameters,
  input: string,
  schema: Schema,
  at: TextPlace | undefined,
): string {
  try {
    return called === 'explain_predict'
      ? explainedPredictionSql(scorer, input, schema)
      : predictionSql(scorer, input, schema);
  } catch (failure) {
    if (!(failure instanceof EverviewError) || failure.at !== undefined) throw failure;
    throw new EverviewError(failure.code, failure.message, {
      at,
      hint: failure.hint,
      data: failure.data,
      cause: failure,
    });
  }
}
