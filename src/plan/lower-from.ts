import { columnsOf, type Relation } from '../algebra/node.ts';
import { createScan } from '../algebra/scan.ts';
import { isNode, type SqlJson, type SqlNode } from '../core/sql-tree.ts';
import { columnReference } from './lower-expression.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { physicalSchema, type RelationRead } from './lower-relations.ts';
import { bareColumn, type FromScope, joinScopes, type QualifiedColumn } from './lower-scope.ts';

/** What the lowering of a FROM clause needs from the lowering of queries around it. */
export type FromContext = {
  readonly reads: readonly RelationRead[];
  /** A CTE in sight, lowered; null: none of that name. */
  readonly cte: (name: string) => { relation: NamedRelation; aliases: readonly string[] } | null;
  readonly query: (query: SqlNode) => NamedRelation;
  readonly condition: (condition: SqlNode, scope: FromScope) => SqlNode;
  /** Names an input the query gave no name. */
  readonly nextAlias: () => string;
};

/** A lowered subquery; `names` are those its columns may be called by (null: a generated name). */
export type NamedRelation = {
  readonly node: Relation<SqlNode>;
  readonly names: readonly (string | null)[];
};

/** @throws LowerRefusal for anything but inner joins of stored relations and select-project-join-union subqueries */
export function lowerFrom(from: SqlNode, context: FromContext): FromScope {
  switch (from['type']) {
    case 'BASE_TABLE':
      return lowerTable(from, context);
    case 'SUBQUERY': {
      const query = isNode(from['subquery']) ? from['subquery']['node'] : null;
      if (!isNode(query)) throw new LowerRefusal('subquery');
      return inputScope(from, context.query(query), context);
    }
    case 'JOIN':
      return lowerJoin(from, context);
    case 'EMPTY':
      throw new LowerRefusal('no FROM clause');
    case 'TABLE_FUNCTION':
      throw new LowerRefusal('table function');
    case 'EXPRESSION_LIST':
      throw new LowerRefusal('VALUES');
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
  return inputScope(from, { node: createScan(read.name, read.kind, columns), names: columns }, context);
}

function inputScope(from: SqlNode, relation: NamedRelation, context: FromContext): FromScope {
  const aliases = stringsOf(from['column_name_alias']);
  const alias = from['alias'] === '' ? context.nextAlias() : String(from['alias']);
  const columns = columnsOf(relation.node).map((column, place) => ({
    column,
    visible: aliases[place] ?? relation.names[place] ?? null,
  }));
  const visible = columns.flatMap((column) => column.visible?.toLowerCase() ?? []);
  if (new Set(visible).size < visible.length) throw new LowerRefusal('duplicate column names in a subquery');
  return { inputs: [{ alias, node: relation.node, columns }], merged: [], conditions: [] };
}

function lowerJoin(from: SqlNode, context: FromContext): FromScope {
  const { left, right } = from;
  if (!isNode(left) || !isNode(right)) throw new LowerRefusal('join');
  const kind = String(from['join_type']);
  const reference = String(from['ref_type']);
  if (kind !== 'INNER') throw new LowerRefusal(`${kind} JOIN`);
  if (reference !== 'REGULAR' && reference !== 'CROSS') throw new LowerRefusal(`${reference} JOIN`);
  const leftScope = lowerFrom(left, context);
  const rightScope = lowerFrom(right, context);
  const both = joinScopes(leftScope, rightScope);
  const using = stringsOf(from['using_columns']).map((name) => usingPair(name, leftScope, rightScope));
  const on = isNode(from['condition']) ? [context.condition(from['condition'], both)] : [];
  return {
    inputs: both.inputs,
    merged: [
      ...both.merged.filter((known) => !using.some((pair) => pair.left === known)),
      ...using.map((pair) => pair.left),
    ],
    conditions: [...both.conditions, ...using.map((pair) => pair.condition), ...on],
  };
}

function usingPair(
  name: string,
  leftScope: FromScope,
  rightScope: FromScope,
): { left: QualifiedColumn; condition: SqlNode } {
  const left = bareColumn(leftScope, name);
  const right = bareColumn(rightScope, name);
  if (left === null || right === null) throw new LowerRefusal(`USING ("${name}")`);
  const condition = {
    class: 'COMPARISON',
    type: 'COMPARE_EQUAL',
    alias: '',
    query_location: 0,
    left: columnReference(left.alias, left.column.column),
    right: columnReference(right.alias, right.column.column),
  };
  return { left, condition };
}

export function stringsOf(json: SqlJson | undefined): string[] {
  return Array.isArray(json) ? json.map(String) : [];
}
