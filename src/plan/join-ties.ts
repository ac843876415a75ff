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
      ({ column, equals }) =>
        isStored(inputs, column.expression, 'anyhow') && isPlainlyComputed(inputs, equals.expression),
    );
  });
}

function tiedValue(expression: SqlNode): TiedValue<SqlNode> | null {
  const [alias, ...others] = aliasesIn(expression);
  return alias === undefined || others.length > 0 || isOnClock(expression) ? null : { alias, expression };
}

/** Sums, and how an INTERVAL is written. */
const plainFunctions = new Set([
  '+',
  '-',
  '*',
  'trunc',
  'to_hours',
  'to_minutes',
  'to_seconds',
  'to_days',
  'to_weeks',
  'to_months',
  'to_years',
]);

/**
 * Whether the expression may be computed for rows that a condition leaves out: on a stored value it fails only where its
 * type does not hold the result, which TRY takes for NULL. There are functions that fail in spite of it, such as `error`.
 */
function isPlainlyComputed(inputs: readonly Input[], expression: SqlNode): boolean {
  let isPlain = true;
  walk(expression, (node) => {
    const { class: kind } = node;
    const isKnown =
      kind === undefined ||
      kind === 'CONSTANT' ||
      (kind === 'COLUMN_REF' && isStored(inputs, node, 'whole')) ||
      (kind === 'CAST' && aliasesIn(node).size === 0) ||
      (kind === 'FUNCTION' && plainFunctions.has(String(node['function_name']).toLowerCase()));
    isPlain &&= isKnown;
  });
  return isPlain;
}

/** `whole`: of all rows of relations, so that nothing is computed to read them; `anyhow`: of some, whichever. */
type Stored = 'whole' | 'anyhow';

/** Whether the values are some relation's as they are stored: to look at more of them, or at fewer, fails nowhere. */
function isStored(inputs: readonly Input[], expression: SqlNode, stored: Stored): boolean {
  if (expression['class'] !== 'COLUMN_REF') return false;
  const [alias, name, ...fields] = columnParts(expression);
  const input = inputs.find((one) => one.alias === alias);
  return (
    input !== undefined && name !== undefined && fields.length === 0 && isStoredIn(input.node, name, stored)
  );
}

function isStoredIn(node: Relation<SqlNode>, name: string, stored: Stored): boolean {
  switch (node.kind) {
    case 'scan':
      return true;
    case 'project': {
      const column = node.columns.find((one) => one.name === name);
      if (column === undefined || (stored === 'whole' && !isWhole(node.input))) return false;
      return isStored(inputsOf(node.input), column.expression, stored);
    }
    case 'union-all': {
      const place = node.columns.indexOf(name);
      return node.inputs.every((input) => isStoredIn(input, columnsOf(input)[place] ?? '', stored));
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

function isWhole(scope: Scope<SqlNode>): boolean {
  return scope.kind === 'join' && scope.conditions.length === 0;
}
