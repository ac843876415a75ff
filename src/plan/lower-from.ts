import { createJoin } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createPredict } from '../algebra/predict.ts';
import { createProject } from '../algebra/project.ts';
import { createScan } from '../algebra/scan.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { isPredict, predictArguments, queryOfInput } from '../core/prediction-call.ts';
import { referencesOf } from '../core/relation-references.ts';
import { sameName } from '../core/schema.ts';
import { columnReference, isNode, type SqlJson, type SqlNode } from '../core/sql-tree.ts';
import { tiedJoin } from './join-ties.ts';
import type { FromContext, NamedRelation } from './lower-context.ts';
import { lowerJoin } from './lower-join.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf, physicalSchema, stringsOf } from './lower-relations.ts';
import type { FromScope, QualifiedColumn } from './lower-scope.ts';
import { renameColumns } from './rename-columns.ts';

/** @throws LowerRefusal for what has no rule */
export function lowerFrom(from: SqlNode, context: FromContext): FromScope {
  switch (from['type']) {
    case 'BASE_TABLE':
      return lowerTable(from, context);
    case 'SUBQUERY': {
      const query = isNode(from['subquery']) ? from['subquery']['node'] : null;
      if (!isNode(query)) throw new LowerRefusal('subquery');
      return inputScope(from, context.query(query), context);
    }
    case 'JOIN': {
      const { left, right } = from;
      if (!isNode(left) || !isNode(right)) throw new LowerRefusal('join');
      const leftScope = lowerFrom(left, context);
      const lateral = lowerUnnest(right, leftScope, from, context);
      return lateral ?? lowerJoin(from, leftScope, lowerFrom(right, context), context);
    }
    case 'EMPTY':
      return { nodes: [], inputs: [], merged: [], conditions: [] };
    case 'TABLE_FUNCTION':
      return lowerPredict(from, context);
    case 'EXPRESSION_LIST':
      return inputScope(from, valuesRelation(from, context), context);
    default:
      throw new LowerRefusal(String(from['type']).toLowerCase());
  }
}

function lowerTable(from: SqlNode, context: FromContext): FromScope {
  const name = String(from['table_name']);
  if (from['schema_name'] === '') {
    const cte = context.cte(name);
    if (cte === null) throw new LowerRefusal(`recursive reference to "${name}"`);
    const names = cte.relation.names.map((column, place) => cte.aliases[place] ?? column);
    const alias = from['alias'] === '' ? name : (from['alias'] ?? name);
    return inputScope({ ...from, alias }, { node: cte.relation.node, names }, context);
  }
  const read = context.reads.find(
    (candidate) => candidate.name === name && physicalSchema[candidate.kind] === from['schema_name'],
  );
  if (read === undefined) throw new LowerRefusal(`relation "${name}"`);
  const columns = read.schema.map((column) => column.name);
  return inputScope(
    from,
    { node: createScan(read.name, read.kind, columns, read.isClocked), names: columns },
    context,
  );
}

/** PREDICT: the columns of its input by the names the model knows them by, and the model's. */
function lowerPredict(from: SqlNode, context: FromContext): FromScope {
  const [reference] = referencesOf(from);
  const call = reference !== undefined && isPredict(reference) ? predictArguments(reference) : 'arguments';
  if (typeof call === 'string') throw new LowerRefusal('table function');
  const model = context.models.find(({ name }) => sameName(name, call.model));
  if (model === undefined) throw new LowerRefusal(`model "${call.model}"`);
  const { node, names } = context.query(queryOfInput(call.input));
  const columns = columnsOf(node)
    .slice(0, names.length)
    .map((column, place) => names[place] ?? column);
  const { features, outputs } = model;
  if (new Set(columns.map((name) => name.toLowerCase())).size < columns.length)
    throw new LowerRefusal('duplicate column names in the input of PREDICT');
  const input = renameColumns(node, columns);
  const predicted = createPredict({ input, model: model.name, features, outputs, types: null, at: 'to' });
  const alias = from['alias'] === '' ? model.name : from['alias'];
  const shown = [...names, ...outputs.map((column) => column.name)];
  return inputScope({ ...from, alias: alias ?? model.name }, { node: predicted, names: shown }, context);
}

function inputScope(from: SqlNode, relation: NamedRelation, context: FromContext): FromScope {
  const aliases = stringsOf(from['column_name_alias']);
  const alias = from['alias'] === '' ? context.nextAlias() : String(from['alias']);
  const visible = relation.names.map((name, place) => aliases[place] ?? name);
  const columns = columnsOf(relation.node).flatMap((column, place) =>
    place < visible.length ? [{ column, visible: visible[place] ?? null }] : [],
  );
  const names = columns.flatMap((column) => column.visible?.toLowerCase() ?? []);
  if (new Set(names).size < names.length) throw new LowerRefusal('duplicate column names in a subquery');
  return {
    nodes: [{ alias, node: relation.node }],
    inputs: [{ alias, of: alias, columns }],
    merged: [],
    conditions: [],
  };
}

/** Rows of constants, which never change. */
function valuesRelation(from: SqlNode, context: FromContext): NamedRelation {
  const nothing = { nodes: [], inputs: [], merged: [], conditions: [] };
  const rows = Array.isArray(from['values']) ? from['values'] : [];
  const branches = rows.map((row: SqlJson) =>
    createProject<Scope<SqlNode>, SqlNode>(
      createJoin([], []),
      nodesOf(row).map((expression, place) => ({
        name: `__ev_o${place}`,
        expression: context.condition(expression, nothing),
      })),
    ),
  );
  const [first] = branches;
  if (first === undefined) throw new LowerRefusal('VALUES');
  const columns = first.columns.map((column) => column.name);
  const written = stringsOf(from['expected_names']);
  const names = columns.map((_, place) => written[place] ?? `col${place}`);
  return {
    node: branches.length === 1 ? first : createUnionAll<Relation<SqlNode>>(branches, columns),
    names,
  };
}

/** `… , UNNEST(list)`: each row of the left as often as its list has elements, with one of them. */
function lowerUnnest(right: SqlNode, left: FromScope, join: SqlNode, context: FromContext): FromScope | null {
  const called = isNode(right['function']) ? right['function'] : null;
  if (right['type'] !== 'TABLE_FUNCTION' || called?.['function_name'] !== 'unnest') return null;
  const [list, ...more] = nodesOf(called['children']);
  const isPlain =
    list !== undefined &&
    more.length === 0 &&
    join['join_type'] === 'INNER' &&
    !isNode(join['condition']) &&
    right['with_ordinality'] !== 'WITH_ORDINALITY';
  if (!isPlain) throw new LowerRefusal('UNNEST in this form');
  const node = context.nextAlias();
  const alias = right['alias'] === '' ? 'unnest' : String(right['alias']);
  const known = left.inputs.flatMap((input) => input.columns.map((column) => ({ of: input.of, column })));
  const columns = known.map(({ of, column }, place) => ({
    name: `__ev_c${place}`,
    expression: columnReference(of, column.column),
  }));
  const element = { ...called, children: [context.unnested(list, left)] };
  const placeOf = (of: string, column: string) =>
    columns[known.findIndex((one) => one.of === of && one.column.column === column)]?.name ?? column;
  const moved = ({ alias: of, column }: QualifiedColumn): QualifiedColumn => ({
    alias: node,
    column: { ...column, column: placeOf(of, column.column) },
  });
  return {
    nodes: [
      {
        alias: node,
        node: createProject<Scope<SqlNode>, SqlNode>(tiedJoin(left.nodes, left.conditions), [
          ...columns,
          { name: '__ev_u', expression: element },
        ]),
      },
    ],
    inputs: [
      ...left.inputs.map((input) => ({
        alias: input.alias,
        of: node,
        columns: input.columns.map(({ visible, column }) => ({
          visible,
          column: placeOf(input.of, column),
        })),
      })),
      {
        alias,
        of: node,
        columns: [{ visible: stringsOf(right['column_name_alias'])[0] ?? 'unnest', column: '__ev_u' }],
      },
    ],
    merged: left.merged.map((merged) => ({
      ...moved(merged),
      sides: merged.sides.map(moved),
    })),
    conditions: [],
  };
}
