import { createJoin } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { columnReference, type SqlNode } from '../core/sql-tree.ts';
import { named } from './lower-tree.ts';

/** The first columns of a relation under other names, by position. */
export function renameColumns(node: Relation<SqlNode>, names: readonly string[]): Relation<SqlNode> {
  switch (node.kind) {
    case 'scan':
    case 'domain':
    case 'domain-change':
    case 'match':
    case 'match-change':
    case 'predict': {
      const alias = '__ev_named';
      const own = columnsOf(node);
      return createProject<Scope<SqlNode>, SqlNode>(
        createJoin([{ alias, node }], []),
        names.map((name, place) => ({ name, expression: columnReference(alias, own[place] ?? name) })),
      );
    }
    case 'project':
      return createProject(
        node.input,
        names.map((name, place) => ({ name, expression: expressionAt(node, place) })),
      );
    case 'union-all':
      return createUnionAll(
        node.inputs.map((input) => renameColumns(input, names)),
        names,
        node.types,
      );
  }
}

function expressionAt(node: Extract<Relation<SqlNode>, { kind: 'project' }>, place: number): SqlNode {
  const column = node.columns[place];
  if (column === undefined) throw new RangeError(`no column ${place}`);
  return named(column.expression, '');
}
