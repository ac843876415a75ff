import { createDomain } from '../algebra/domain.ts';
import { createJoin } from '../algebra/join.ts';
import { createMatch } from '../algebra/match.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createPredict } from '../algebra/predict.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { sameName } from '../core/schema.ts';
import { columnParts, contains, type SqlNode } from '../core/sql-tree.ts';
import { hasRowFunction } from './lower-expression.ts';
import { nodesOf } from './lower-relations.ts';
import { qualifiedReferences, queryExpression, queryOf } from './lower-tree.ts';

/**
 * The relation with only those columns, throughout, that something above asks for. What is computed again and netted
 * is grouped by every column it has: one that nobody reads costs as much as one that is the point of the view.
 *
 * @param needed columns of the relation; at least one column stays
 */
export function pruneColumns(node: Relation<SqlNode>, needed: ReadonlySet<string>): Relation<SqlNode> {
  switch (node.kind) {
    case 'scan':
      return { ...node, columns: kept(node.columns, needed) };
    case 'project': {
      // A function of several rows decides how often a row stands there, whoever reads it.
      const repeating = node.columns.filter((column) => hasRowFunction(column.expression));
      const names = kept(columnsOf(node), new Set([...needed, ...repeating.map((column) => column.name)]));
      const columns = node.columns.filter((column) => names.includes(column.name));
      const scope = pruneScope(
        node.input,
        columns.map((column) => column.expression),
      );
      return createProject(scope, columns);
    }
    case 'union-all':
      return pruneUnion(node, needed);
    case 'domain':
      return pruneDomain(node, needed);
    case 'match':
      return pruneMatch(node, needed);
    case 'predict': {
      const read = columnsOf(node.input).filter((column) =>
        node.features.some((feature) => sameName(feature, column)),
      );
      return createPredict({ ...node, input: pruneColumns(node.input, new Set([...needed, ...read])) });
    }
    case 'domain-change':
    case 'match-change':
      return node;
  }
}

function kept(columns: readonly string[], needed: ReadonlySet<string>): readonly string[] {
  const found = columns.filter((column) => needed.has(column));
  return found.length > 0 ? found : columns.slice(0, 1);
}

function pruneScope(scope: Scope<SqlNode>, read: readonly SqlNode[]): Scope<SqlNode> {
  switch (scope.kind) {
    case 'filter':
      return { ...scope, input: pruneScope(scope.input, [...read, scope.condition]) };
    case 'clock-filter':
      return { ...scope, input: pruneScope(scope.input, [...read, scope.condition.value]) };
    case 'join': {
      const expressions = [...read, ...scope.conditions];
      const inputs = scope.inputs.map(({ alias, node }) => ({
        alias,
        node: pruneColumns(node, columnsRead(expressions, alias)),
      }));
      return createJoin(inputs, scope.conditions, scope.ties);
    }
  }
}

function columnsRead(expressions: readonly SqlNode[], alias: string): ReadonlySet<string> {
  const names = expressions
    .flatMap(qualifiedReferences)
    .map(columnParts)
    .flatMap(([of, column]) => (of === alias && column !== undefined ? [column] : []));
  return new Set(names);
}

/** By position: only projections, and unions of them, are sure to keep theirs. */
function pruneUnion(
  node: Extract<Relation<SqlNode>, { kind: 'union-all' }>,
  needed: ReadonlySet<string>,
): Relation<SqlNode> {
  if (!node.inputs.every((input) => input.kind === 'project' || input.kind === 'union-all')) return node;
  const columns = kept(node.columns, new Set([...needed, ...repeatingColumns(node)]));
  const places = columns.map((column) => node.columns.indexOf(column));
  const inputs = node.inputs.map((input) => {
    const own = columnsOf(input);
    return pruneColumns(input, new Set(places.map((place) => own[place] ?? '')));
  });
  const types = node.types === null ? null : places.map((place) => node.types?.[place] ?? 'INTEGER');
  return createUnionAll(inputs, columns, types);
}

/** The union's columns that are a function of several rows in one of its branches. */
function repeatingColumns(node: Extract<Relation<SqlNode>, { kind: 'union-all' }>): string[] {
  return node.inputs.flatMap((input) => {
    if (input.kind === 'union-all') {
      const own = repeatingColumns(input);
      return node.columns.filter((_, place) => own.includes(input.columns[place] ?? ''));
    }
    if (input.kind !== 'project') return [];
    return node.columns.filter((_, place) => {
      const column = input.columns[place];
      return column !== undefined && hasRowFunction(column.expression);
    });
  });
}

function pruneDomain(
  node: Extract<Relation<SqlNode>, { kind: 'domain' }>,
  needed: ReadonlySet<string>,
): Relation<SqlNode> {
  const query = queryOf(node.body);
  // Without keys it is one row because its list aggregates, whoever reads that.
  const isPlain =
    node.keys.length > 0 &&
    query['type'] === 'SELECT_NODE' &&
    nodesOf(query['modifiers']).every((modifier) => modifier['type'] !== 'DISTINCT_MODIFIER');
  const asked = new Set([...needed, ...node.keys]);
  // A function of several rows decides how often a row stands there, whoever reads it.
  const list = nodesOf(isPlain ? query['select_list'] : undefined).filter(
    (item) => asked.has(String(item['alias'])) || hasRowFunction(item),
  );
  const isPruned = isPlain && list.length > 0;
  const body = isPruned ? queryExpression({ ...query, select_list: list }) : node.body;
  const pruned = {
    ...node,
    body,
    columns: isPruned ? list.map((item) => String(item['alias'])) : node.columns,
  };
  const read = [body, ...node.repeatable.exactOnly];
  if (read.some(hasStar)) return createDomain<Relation<SqlNode>, SqlNode>(pruned);
  return createDomain<Relation<SqlNode>, SqlNode>({
    ...pruned,
    inputs: node.inputs.map((input) => ({
      ...input,
      node: pruneColumns(input.node, new Set([...columnsRead(read, input.alias), ...input.keys])),
    })),
  });
}

function pruneMatch(
  node: Extract<Relation<SqlNode>, { kind: 'match' }>,
  needed: ReadonlySet<string>,
): Relation<SqlNode> {
  const rightColumns = node.rightColumns.filter((column) => needed.has(column));
  const shown = node.leftColumns.filter((column) => needed.has(column));
  const leftColumns = shown.length + rightColumns.length > 0 ? shown : node.leftColumns.slice(0, 1);
  return createMatch({
    ...node,
    leftColumns,
    rightColumns,
    left: pruneColumns(node.left, new Set([...leftColumns, ...node.keys.map((key) => key.left)])),
    right: pruneColumns(node.right, new Set([...rightColumns, ...node.keys.map((key) => key.right)])),
  });
}

function hasStar(expression: SqlNode): boolean {
  return contains(expression, (node) => node['class'] === 'STAR');
}
