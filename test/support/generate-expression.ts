import { generateLiteral } from './generate-table.ts';
import type { Random } from './random.ts';
import { type CompareOperator, type Expression, isExact } from './reference/expression.ts';
import type { RefType } from './reference/value.ts';

export type ColumnExpression = Extract<Expression, { kind: 'column' }>;

export function literalOf(random: Random, type: RefType): Expression {
  return { kind: 'literal', value: generateLiteral(random, type, null, { nonFinite: false }), type };
}

/** An expression of the type over the columns; null where there is no column to start from. */
export function generateExpression(
  random: Random,
  type: RefType,
  columns: readonly ColumnExpression[],
  depth: number,
): Expression | null {
  const own = columns.filter((column) => column.type === type);
  const plain = own.length === 0 ? null : random.pick(own);
  if (depth === 0 || random.chance(0.45)) return plain;
  const one = () => generateExpression(random, type, columns, depth - 1);
  const condition = () => generateCondition(random, columns, 1);
  switch (random.weighted({ arithmetic: 3, case: 2, coalesce: 2, special: 3 })) {
    case 'arithmetic': {
      const left = one();
      const right = random.chance(0.5) ? one() : literalOf(random, type);
      if (left === null || right === null || !/^(int|decimal|double)$/.test(type)) return plain;
      return { kind: 'arithmetic', operator: random.pick(['+', '-']), left, right, type };
    }
    case 'case': {
      const when = condition();
      const then = one();
      if (when === null || then === null) return plain;
      const otherwise = random.chance(0.3) ? null : (one() ?? literalOf(random, type));
      return { kind: 'case', when, then, otherwise, type };
    }
    case 'coalesce': {
      const first = one();
      return first === null ? plain : { kind: 'coalesce', arguments: [first, literalOf(random, type)], type };
    }
    case 'special':
      return generateSpecial(random, type, columns, depth) ?? plain;
  }
}

function generateSpecial(
  random: Random,
  type: RefType,
  columns: readonly ColumnExpression[],
  depth: number,
): Expression | null {
  switch (type) {
    case 'text': {
      const left = generateExpression(random, type, columns, depth - 1);
      const right = generateExpression(random, type, columns, depth - 1);
      return left === null || right === null ? null : { kind: 'concat', left, right, type };
    }
    case 'time': {
      const argument = generateExpression(random, type, columns, depth - 1);
      return argument === null ? null : { kind: 'day', argument, type };
    }
    case 'double': {
      const argument = generateExpression(random, random.pick(['int', 'decimal']), columns, depth - 1);
      return argument === null ? null : { kind: 'double-of', argument, type };
    }
    case 'bool':
      return generateCondition(random, columns, depth - 1);
    case 'int':
    case 'decimal':
      return null;
  }
}

const operators: readonly CompareOperator[] = [
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '=',
  'is distinct from',
  'is not distinct from',
];

/** A condition over columns whose values do not depend on rounding; null where there are none. */
export function generateCondition(
  random: Random,
  columns: readonly ColumnExpression[],
  depth: number,
): Expression | null {
  const exact = columns.filter(isExact);
  if (exact.length === 0) return null;
  if (depth > 0 && random.chance(0.35)) {
    const left = generateCondition(random, exact, depth - 1);
    const right = generateCondition(random, exact, depth - 1);
    if (left === null || right === null) return left;
    if (random.chance(0.2)) return { kind: 'not', argument: left, type: 'bool' };
    return { kind: 'logic', operator: random.pick(['and', 'or']), left, right, type: 'bool' };
  }
  const left = random.pick(exact);
  if (random.chance(0.15))
    return { kind: 'is-null', argument: left, negated: random.chance(0.6), type: 'bool' };
  const others = exact.filter((column) => column.type === left.type && column !== left);
  const right = others.length > 0 && random.chance(0.3) ? random.pick(others) : literalOf(random, left.type);
  return { kind: 'compare', operator: random.pick(operators), left, right, type: 'bool' };
}
