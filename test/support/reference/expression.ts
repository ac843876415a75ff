import { compareValues, type RefRow, type RefType, type RefValue } from './value.ts';

/** Scalar expressions over the columns of one or more inputs; `type` is the result's. */
export type Expression =
  | {
      readonly kind: 'column';
      readonly input: string;
      readonly name: string;
      readonly type: RefType;
      readonly exact: boolean;
    }
  | { readonly kind: 'literal'; readonly value: RefValue; readonly type: RefType }
  | {
      readonly kind: 'arithmetic';
      readonly operator: '+' | '-';
      readonly left: Expression;
      readonly right: Expression;
      readonly type: RefType;
    }
  | { readonly kind: 'double-of'; readonly argument: Expression; readonly type: 'double' }
  | {
      readonly kind: 'compare';
      readonly operator: CompareOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly type: 'bool';
    }
  | {
      readonly kind: 'logic';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
      readonly type: 'bool';
    }
  | { readonly kind: 'not'; readonly argument: Expression; readonly type: 'bool' }
  | {
      readonly kind: 'is-null';
      readonly argument: Expression;
      readonly negated: boolean;
      readonly type: 'bool';
    }
  | {
      readonly kind: 'case';
      readonly when: Expression;
      readonly then: Expression;
      readonly otherwise: Expression | null;
      readonly type: RefType;
    }
  | { readonly kind: 'coalesce'; readonly arguments: readonly Expression[]; readonly type: RefType }
  | { readonly kind: 'concat'; readonly left: Expression; readonly right: Expression; readonly type: 'text' }
  | { readonly kind: 'day'; readonly argument: Expression; readonly type: 'time' }
  /** A key of the GROUP BY, in what is selected from it. */
  | { readonly kind: 'key'; readonly index: number; readonly type: RefType; readonly exact: boolean }
  | Aggregate;

export type CompareOperator =
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'is distinct from'
  | 'is not distinct from';

export type AggregateFunction = 'count' | 'sum' | 'avg' | 'min' | 'max';

export type Aggregate = {
  readonly kind: 'aggregate';
  readonly function: AggregateFunction;
  /** Null: `count(*)`. */
  readonly argument: Expression | null;
  readonly distinct: boolean;
  readonly filter: Expression | null;
  readonly type: RefType;
};

/** Where columns, keys and aggregates find their values. */
export type Scope = {
  column(input: string, name: string): RefValue;
  key(index: number): RefValue;
  aggregate(aggregate: Aggregate): RefValue;
};

export function evaluate(expression: Expression, scope: Scope): RefValue {
  switch (expression.kind) {
    case 'column':
      return scope.column(expression.input, expression.name);
    case 'literal':
      return expression.value;
    case 'key':
      return scope.key(expression.index);
    case 'aggregate':
      return scope.aggregate(expression);
    case 'arithmetic':
      return arithmetic(
        expression.operator,
        evaluate(expression.left, scope),
        evaluate(expression.right, scope),
      );
    case 'double-of': {
      const value = evaluate(expression.argument, scope);
      if (value === null) return null;
      return expression.argument.type === 'decimal' ? Number(value) / 100 : Number(value);
    }
    case 'compare':
      return compare(
        expression.operator,
        evaluate(expression.left, scope),
        evaluate(expression.right, scope),
      );
    case 'logic':
      return logic(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'not': {
      const value = evaluate(expression.argument, scope);
      return value === null ? null : !value;
    }
    case 'is-null':
      return (evaluate(expression.argument, scope) === null) !== expression.negated;
    case 'case': {
      if (evaluate(expression.when, scope) === true) return evaluate(expression.then, scope);
      return expression.otherwise === null ? null : evaluate(expression.otherwise, scope);
    }
    case 'coalesce': {
      for (const argument of expression.arguments) {
        const value = evaluate(argument, scope);
        if (value !== null) return value;
      }
      return null;
    }
    case 'concat': {
      const left = evaluate(expression.left, scope);
      const right = evaluate(expression.right, scope);
      return left === null || right === null ? null : `${left}${right}`;
    }
    case 'day': {
      const value = evaluate(expression.argument, scope);
      if (typeof value !== 'bigint') return null;
      return value - (((value % dayUs) + dayUs) % dayUs);
    }
  }
}

const dayUs = 86_400_000_000n;

function arithmetic(operator: '+' | '-', left: RefValue, right: RefValue): RefValue {
  if (typeof left === 'bigint' && typeof right === 'bigint')
    return operator === '+' ? left + right : left - right;
  if (typeof left === 'number' && typeof right === 'number')
    return operator === '+' ? left + right : left - right;
  return null;
}

function compare(operator: CompareOperator, left: RefValue, right: RefValue): RefValue {
  if (left === null || right === null) {
    if (operator === 'is distinct from') return left !== right;
    if (operator === 'is not distinct from') return left === right;
    return null;
  }
  const order = compareValues(left, right);
  switch (operator) {
    case '=':
    case 'is not distinct from':
      return order === 0;
    case '<>':
    case 'is distinct from':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function logic(operator: 'and' | 'or', left: RefValue, right: RefValue): RefValue {
  const decisive = operator === 'or';
  if (left === decisive || right === decisive) return decisive;
  return left === null || right === null ? null : !decisive;
}

/** One aggregate over the rows of a group; `scopes` has one scope for each row. */
export function evaluateAggregate(aggregate: Aggregate, scopes: readonly Scope[]): RefValue {
  const { filter, argument } = aggregate;
  const taken = filter === null ? scopes : scopes.filter((scope) => evaluate(filter, scope) === true);
  if (argument === null) return BigInt(taken.length);
  const all = taken.map((scope) => evaluate(argument, scope)).filter((value) => value !== null);
  const values = aggregate.distinct ? [...new Set(all)] : all;
  switch (aggregate.function) {
    case 'count':
      return BigInt(values.length);
    case 'sum':
      return sumOf(values);
    case 'avg': {
      const sum = sumOf(values);
      if (sum === null) return null;
      return Number(sum) / values.length / (argument.type === 'decimal' ? 100 : 1);
    }
    case 'min':
      return values.reduce<RefValue>((a, b) => (a === null || compareValues(b, a) < 0 ? b : a), null);
    case 'max':
      return values.reduce<RefValue>((a, b) => (a === null || compareValues(b, a) > 0 ? b : a), null);
  }
}

function sumOf(values: RefRow): RefValue {
  if (values.length === 0) return null;
  return values.reduce<RefValue>((a, b) => (a === null ? b : arithmetic('+', a, b)), null);
}

/** Whether the value is the same however sums of floating-point numbers are rounded. */
export function isExact(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'key':
      return expression.exact;
    case 'literal':
      return true;
    case 'arithmetic':
    case 'compare':
    case 'logic':
    case 'concat':
      return isExact(expression.left) && isExact(expression.right);
    case 'double-of':
    case 'not':
    case 'is-null':
    case 'day':
      return isExact(expression.argument);
    case 'case':
      return [expression.when, expression.then, expression.otherwise].every(
        (part) => part === null || isExact(part),
      );
    case 'coalesce':
      return expression.arguments.every(isExact);
    case 'aggregate': {
      if (expression.function === 'count') return true;
      const argument = expression.argument;
      if (argument === null || !isExact(argument)) return false;
      return expression.function !== 'avg' && (expression.function !== 'sum' || argument.type !== 'double');
    }
  }
}
