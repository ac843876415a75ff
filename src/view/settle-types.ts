import { createJoin, type JoinNode, type JoinTie } from '../algebra/join.ts';
import type { Relation, Scope } from '../algebra/node.ts';
import { createPredict } from '../algebra/predict.ts';
import { createProject } from '../algebra/project.ts';
import { createUnionAll } from '../algebra/union-all.ts';
import { numericKindOf } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { hasRange } from '../store/key-range.ts';
import { renderRelation } from '../store/render-algebra.ts';

/** Settles the types of every union on those of all its inputs together, and tells each PREDICT those of its input. */
export async function withTypes(session: Session, node: Relation): Promise<Relation> {
  switch (node.kind) {
    case 'scan':
      return node;
    case 'project':
      return createProject(await typedScope(session, node.input), node.columns);
    case 'union-all': {
      const inputs: Relation[] = [];
      for (const input of node.inputs) inputs.push(await withTypes(session, input));
      const union = createUnionAll(inputs, node.columns);
      return createUnionAll(inputs, node.columns, await typesOf(session, union));
    }
    case 'predict': {
      const input = await withTypes(session, node.input);
      const schema = await session.describe(renderRelation(input, { kind: 'probe' }));
      return createPredict({ ...node, input, types: schema.map(({ type }) => type) });
    }
    case 'domain': {
      const inputs = [];
      for (const input of node.inputs) inputs.push({ ...input, node: await withTypes(session, input.node) });
      return { ...node, inputs };
    }
    case 'match': {
      const left = await withTypes(session, node.left);
      return { ...node, left, right: await withTypes(session, node.right) };
    }
    case 'domain-change':
    case 'match-change':
      return node;
  }
}

/** As SQL tells them: `Session.describe` says VARCHAR of JSON. */
async function typesOf(session: Session, relation: Relation): Promise<string[]> {
  const rows = await session.rows(`DESCRIBE ${renderRelation(relation, { kind: 'probe' })}`);
  return rows.map(({ column_type: type }) =>
    type === '"NULL"' || type === 'NULL' ? 'INTEGER' : String(type),
  );
}

async function typedScope(session: Session, scope: Scope): Promise<Scope> {
  if (scope.kind !== 'join') return { ...scope, input: await typedScope(session, scope.input) };
  const inputs = [];
  for (const { alias, node } of scope.inputs) inputs.push({ alias, node: await withTypes(session, node) });
  const typed = createJoin(inputs, scope.conditions, scope.ties);
  return { ...typed, ties: await rangedTies(session, typed) };
}

/** The ties of values that have ranges, and are compared as what they are. */
async function rangedTies(session: Session, join: JoinNode<Relation, string>): Promise<JoinTie<string>[]> {
  if (join.ties.length === 0) return [];
  const columns = join.ties
    .flatMap(({ column, equals }) => [column.expression, equals.expression])
    .map((expression, place) => ({ name: `t${place}`, expression }));
  const types = await typesOf(session, createProject<Scope, string>(join, columns));
  return join.ties.filter((_, place) => {
    const [column, equals] = types.slice(2 * place, 2 * place + 2);
    return column !== undefined && equals !== undefined && hasSameRange(column, equals);
  });
}

function hasSameRange(one: string, other: string): boolean {
  return hasRange(one) && (one === other || [one, other].every((type) => numericKindOf(type) === 'integer'));
}
