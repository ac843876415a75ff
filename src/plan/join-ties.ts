import type { JoinInput, JoinTie, TiedValue } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { columnParts, type SqlNode } from '../core/sql-tree.ts';
import { isOnClock } from './clock-conditions.ts';
import { aliasesIn, sidesOfEquality } from './lower-tree.ts';

type Input = JoinInput<Relation<SqlNode>>;

/** What the conditions, all of which hold, say of stored columns of the inputs. Of two that are equal each is tied to the other. */
export function joinTies(inputs: readonly Input[], conditions: readonly SqlNode[]): JoinTie<SqlNode>[] {
  if (inputs.length < 2) return [];
  return conditions.flatMap((condition) => {
    // Where NULLs are the same, a range says nothing of them.
    const sides = condition['type'] === 'COMPARE_EQUAL' ? sidesOfEquality(condition) : null;
    const [left, right] = sides?.map(tiedValue) ?? [];
    if (!left || !right || left.alias === right.alias) return [];
    return [
      { column: left, equals: right },
      { column: right, equals: left },
    ].filter(({ column }) => isStored(inputs, column.expression));
  });
}

function tiedValue(expression: SqlNode): TiedValue<SqlNode> | null {
  const [alias, ...others] = aliasesIn(expression);
  return alias === undefined || others.length > 0 || isOnClock(expression) ? null : { alias, expression };
}

/** Whether the values are some relation's as they are stored: to look at more of them, or at fewer, fails nowhere. */
function isStored(inputs: readonly Input[], expression: SqlNode): boolean {
  if (expression['class'] !== 'COLUMN_REF') return false;
  const [alias, name, ...fields] = columnParts(expression);
  const input = inputs.find((one) => one.alias === alias);
  return input !== undefined && name !== undefined && fields.length === 0 && isStoredIn(input.node, name);
}

function isStoredIn(node: Relation<SqlNode>, name: string): boolean {
  switch (node.kind) {
    case 'scan':
      return true;
    case 'project': {
      const column = node.columns.find((one) => one.name === name);
      return column !== undefined && isStored(inputsOf(node.input), column.expression);
    }
    case 'union-all': {
      const place = node.columns.indexOf(name);
      return node.inputs.every((input) => isStoredIn(input, columnsOf(input)[place] ?? ''));
    }
    case 'predict':
    case 'domain':
    case 'domain-change':
    case 'match':
    case 'match-change':
      return false;
  }
}

function inputsOf(scope: Scope<SqlNode>): readonly Input[] {
  return scope.kind === 'join' ? scope.inputs : inputsOf(scope.input);
}
