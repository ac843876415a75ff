import { createJoin, type JoinInput, type JoinNode, type JoinTie, type TiedValue } from '../algebra/join.ts';
import { columnsOf, type Relation, type Scope } from '../algebra/node.ts';
import { columnParts, type SqlNode, walk } from '../core/sql-tree.ts';
import { isOnClock } from './clock-conditions.ts';
import { aliasesIn, sidesOfEquality } from './lower-tree.ts';

type Input = JoinInput<Relation<SqlNode>>;

/** @param above conditions beside those of the join that all of its rows which matter meet */
export function tiedJoin(
  inputs: readonly Input[],
  conditions: readonly SqlNode[],
  above: readonly SqlNode[] = [],
): JoinNode<Relation<SqlNode>, SqlNode> {
  return createJoin(inputs, conditions, tiesOf(inputs, [...conditions, ...above]));
}

/** What the conditions say of stored columns of the inputs. Of two that are equal each is tied to the other. */
function tiesOf(inputs: readonly Input[], conditions: readonly SqlNode[]): JoinTie<SqlNode>[] {
  if (inputs.length < 2) return [];
  return conditions.flatMap((condition) => {
    // Where NULLs are the same, a range says nothing of them.
    const sides = condition['type'] === 'COMPARE_EQUAL' ? sidesOfEquality(condition) : null;
    const [left, right] = sides?.map(tiedValue) ?? [];
    if (!left || !right || left.alias === right.alias) return [];
    return [
      { column: left, equals: right },
      { column: right, equals: left },
    ].filter(
      ({ column, equals }) => isStored(inputs, column.expression) && isPlainlyComputed(equals.expression),
    );
  });
}

function tiedValue(expression: SqlNode): TiedValue<SqlNode> | null {
  const [alias, ...others] = aliasesIn(expression);
  return alias === undefined || others.length > 0 || isOnClock(expression) ? null : { alias, expression };
}

/** Sums, and how an INTERVAL is written. */
const plainFunctions = new Set(['+', '-', '*', 'trunc', 'to_days', 'to_weeks', 'to_months', 'to_years']);

/**
 * Whether the expression may be computed for rows that another condition leaves out: it fails on a row by a value that
 * its type does not hold, if at all, which TRY takes for NULL. Of other functions there are some that fail in spite of it.
 */
function isPlainlyComputed(expression: SqlNode): boolean {
  let isPlain = true;
  walk(expression, (node) => {
    const { class: kind } = node;
    const isKnown =
      kind === undefined ||
      kind === 'COLUMN_REF' ||
      kind === 'CONSTANT' ||
      (kind === 'CAST' && aliasesIn(node).size === 0) ||
      (kind === 'FUNCTION' && plainFunctions.has(String(node['function_name']).toLowerCase()));
    isPlain &&= isKnown;
  });
  return isPlain;
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
