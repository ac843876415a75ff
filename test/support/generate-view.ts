import {
  type ColumnExpression,
  generateCondition,
  generateExpression,
  literalOf,
} from './generate-expression.ts';
import type { Random } from './random.ts';
import { type Aggregate, type Expression, isExact } from './reference/expression.ts';
import type { RefColumn } from './reference/value.ts';
import {
  type GroupQuery,
  type Output,
  type RowsQuery,
  rowNumberColumn,
  type Source,
  type UnionQuery,
  type ViewQuery,
  type WindowQuery,
} from './reference/view-query.ts';

/** A relation to draw from: `rows` is a guess of its size, so that joins of joins stay small. */
export type Available = {
  readonly name: string;
  readonly columns: readonly RefColumn[];
  readonly depth: number;
  readonly rows: number;
};

const largestJoin = 120;

export type Generated = { readonly query: ViewQuery; readonly rows: number };

export function generateQuery(random: Random, relations: readonly Available[]): Generated {
  const kind = random.weighted({ rows: 5, group: 9, union: 2, distinct: 0.6, window: 0.6, left: 0.6 });
  switch (kind) {
    case 'rows':
      return generateRows(random, relations, 'inner', false);
    case 'left':
      return generateRows(random, relations, 'left', false);
    case 'distinct':
      return generateRows(random, relations, 'inner', true);
    case 'group':
      return generateGroup(random, relations);
    case 'union':
      return generateUnion(random, relations);
    case 'window':
      return generateWindow(random, relations);
  }
}

type Drawn = {
  readonly source: Source;
  readonly columns: readonly ColumnExpression[];
  readonly rows: number;
};

function drawSource(random: Random, relations: readonly Available[], join: Source['join'], most = 3): Drawn {
  const wanted =
    join === 'left'
      ? 2
      : Math.min(most, random.weighted({ 1: 5, 2: 4, 3: 2 }) === '1' ? 1 : random.int(2, 3));
  const inputs: { alias: string; relation: string }[] = [];
  const columns: ColumnExpression[] = [];
  const on: Expression[] = [];
  let rows = 1;
  while (inputs.length < wanted) {
    const fitting = relations.filter((one) => inputs.length === 0 || (rows * one.rows) / 3 <= largestJoin);
    if (fitting.length === 0) break;
    // The newest relations are the deepest: prefer them a little, so that views stack.
    const chosen = random.chance(0.4) ? (fitting.at(-1) ?? random.pick(fitting)) : random.pick(fitting);
    const alias = `r${inputs.length}`;
    const own = chosen.columns.map(
      (column): ColumnExpression => ({ kind: 'column', input: alias, ...column }),
    );
    const condition = inputs.length === 0 ? null : joinCondition(random, columns, own);
    if (inputs.length > 0 && condition === null) break;
    if (condition !== null) on.push(condition);
    rows = inputs.length === 0 ? chosen.rows : Math.ceil((rows * chosen.rows) / 3);
    inputs.push({ alias, relation: chosen.name });
    columns.push(...own);
  }
  const where = random.chance(0.4) ? generateCondition(random, columns, 1) : null;
  const style = random.weighted({ join: 6, comma: join === 'left' ? 0 : 2, subquery: 1, cte: 1 });
  return { source: { inputs, on, where, style, join: inputs.length === 2 ? join : 'inner' }, columns, rows };
}

/** An equality of two columns, sometimes with one more condition; now and then of NULLs too. */
function joinCondition(
  random: Random,
  left: readonly ColumnExpression[],
  right: readonly ColumnExpression[],
): Expression | null {
  const exact = left.filter(isExact);
  const pairs = exact.flatMap((one) =>
    right.filter((other) => isExact(other) && other.type === one.type).map((other) => [one, other] as const),
  );
  const byName = pairs.filter(([one, other]) => one.name === other.name && one.type !== 'bool');
  if (pairs.length === 0) return null;
  const [one, other] = random.pick(byName.length > 0 && random.chance(0.7) ? byName : pairs);
  const operator = random.chance(0.12) ? 'is not distinct from' : '=';
  const equality: Expression = { kind: 'compare', operator, left: one, right: other, type: 'bool' };
  if (!random.chance(0.12)) return equality;
  const [lesser, greater] = random.pick(pairs);
  const more: Expression = { kind: 'compare', operator: '<=', left: lesser, right: greater, type: 'bool' };
  return { kind: 'logic', operator: 'and', left: equality, right: more, type: 'bool' };
}

function drawOutputs(random: Random, columns: readonly ColumnExpression[], count: number): Output[] {
  const outputs: Output[] = [];
  for (let place = 0; place < count; place++) {
    const expression = generateExpression(random, random.pick(columns).type, columns, 2);
    if (expression !== null) outputs.push({ name: nameAt(outputs, expression), expression });
  }
  return outputs;
}

/** A column that is passed on keeps its name where it can: later joins find it. */
function nameAt(outputs: readonly Output[], expression: Expression, prefix = 'x'): string {
  const taken = new Set(outputs.map((output) => output.name));
  if (expression.kind === 'column' && !taken.has(expression.name)) return expression.name;
  for (let place = outputs.length; ; place++) {
    if (!taken.has(`${prefix}${place}`)) return `${prefix}${place}`;
  }
}

function generateRows(
  random: Random,
  relations: readonly Available[],
  join: Source['join'],
  distinct: boolean,
): Generated {
  const { source, columns, rows } = drawSource(random, relations, join);
  const usable = distinct ? columns.filter(isExact) : columns;
  const outputs = drawOutputs(random, usable.length > 0 ? usable : columns, random.int(2, 4));
  const query: RowsQuery = { kind: 'rows', source, outputs, distinct: distinct && usable.length > 0 };
  return { query, rows };
}

function generateUnion(random: Random, relations: readonly Available[]): Generated {
  const first = drawSource(random, relations, 'inner', 2);
  const outputs = drawOutputs(random, first.columns, random.int(1, 3));
  const branches: RowsQuery[] = [{ kind: 'rows', source: first.source, outputs, distinct: false }];
  let rows = first.rows;
  for (let count = random.int(1, 2); count > 0; count--) {
    const drawn = drawSource(random, relations, 'inner', 2);
    const others = outputs.map(({ name, expression }): Output => {
      const { type } = expression;
      return {
        name,
        expression: generateExpression(random, type, drawn.columns, 1) ?? literalOf(random, type),
      };
    });
    branches.push({ kind: 'rows', source: drawn.source, outputs: others, distinct: false });
    rows += drawn.rows;
  }
  const query: UnionQuery = { kind: 'union-all', branches };
  return { query, rows };
}

function generateWindow(random: Random, relations: readonly Available[]): Generated {
  const { source, columns, rows } = drawSource(random, relations, 'inner', 2);
  const exact = columns.filter(isExact);
  if (exact.length === 0) return generateRows(random, relations, 'inner', false);
  const outputs = drawOutputs(random, exact, random.int(1, 3)).map((output) =>
    output.name === rowNumberColumn ? { ...output, name: 'place' } : output,
  );
  const partition = random.chance(0.8) ? [random.pick(exact)] : [];
  const query: WindowQuery = { kind: 'window', source, outputs, partition };
  return { query, rows };
}

function generateGroup(random: Random, relations: readonly Available[]): Generated {
  const { source, columns, rows } = drawSource(random, relations, random.chance(0.03) ? 'left' : 'inner');
  const keys = drawKeys(random, columns);
  const keyOutputs: Output[] = [];
  for (const [index, key] of keys.entries()) {
    const expression: Expression = { kind: 'key', index, type: key.type, exact: true };
    keyOutputs.push({ name: nameAt(keyOutputs, key, 'g'), expression });
  }
  const shownKeys = random.chance(0.1) ? keyOutputs.slice(1) : keyOutputs;
  const outputs = [...shownKeys];
  for (let count = random.int(1, 3); count > 0; count--) {
    const expression = drawMeasure(random, columns);
    outputs.push({ name: nameAt(outputs, expression, 'm'), expression });
  }
  const having = random.chance(0.2) ? drawHaving(random, columns) : null;
  const groupByAll = keys.length > 0 && shownKeys.length === keys.length && random.chance(0.25);
  const query: GroupQuery = { kind: 'group', source, keys, outputs, having, groupByAll };
  return { query, rows: keys.length === 0 ? 1 : Math.min(rows, 8) };
}

function drawKeys(random: Random, columns: readonly ColumnExpression[]): Expression[] {
  const exact = columns.filter(isExact);
  const count = random.weighted({ none: 1, one: 6, two: 3 });
  if (count === 'none' || exact.length === 0) return [];
  return random.sample(exact, count === 'one' ? 1 : 2).map((column): Expression => {
    if (column.type === 'time' && random.chance(0.6)) return { kind: 'day', argument: column, type: 'time' };
    if (random.chance(0.85)) return column;
    const computed = generateExpression(random, column.type, exact, 1) ?? column;
    return computed.kind === 'literal' ? column : computed;
  });
}

function drawAggregate(random: Random, columns: readonly ColumnExpression[]): Aggregate {
  const filter = random.chance(0.03) ? generateCondition(random, columns, 0) : null;
  const common = { kind: 'aggregate', filter, distinct: false } as const;
  const name = random.weighted({ rows: 3, count: 2, sum: 5, avg: 2, min: 3, max: 3, distinct: 0.4 });
  const numeric = columns.filter((column) => /^(int|decimal|double)$/.test(column.type));
  switch (name) {
    case 'rows':
      return { ...common, function: 'count', argument: null, type: 'int' };
    case 'distinct': {
      const exact = columns.filter(isExact);
      const argument = exact.length === 0 ? null : random.pick(exact);
      return { ...common, function: 'count', argument, distinct: argument !== null, type: 'int' };
    }
    case 'count':
      return { ...common, function: 'count', argument: random.pick(columns), type: 'int' };
    case 'sum':
    case 'avg': {
      const argument =
        numeric.length === 0 ? null : generateExpression(random, random.pick(numeric).type, columns, 1);
      if (argument === null) return { ...common, function: 'count', argument: null, type: 'int' };
      return { ...common, function: name, argument, type: name === 'avg' ? 'double' : argument.type };
    }
    case 'min':
    case 'max': {
      const argument = random.pick(columns);
      return { ...common, function: name, argument, type: argument.type };
    }
  }
}

function drawMeasure(random: Random, columns: readonly ColumnExpression[]): Expression {
  const aggregate = drawAggregate(random, columns);
  const { type } = aggregate;
  if (!random.chance(0.2)) return aggregate;
  if (/^(int|double)$/.test(type) && random.chance(0.5)) {
    const other = drawAggregate(random, columns);
    const right = other.type === type ? other : literalOf(random, type);
    return { kind: 'arithmetic', operator: '+', left: aggregate, right, type };
  }
  return { kind: 'coalesce', arguments: [aggregate, literalOf(random, type)], type };
}

function drawHaving(random: Random, columns: readonly ColumnExpression[]): Expression {
  const aggregate = drawAggregate(random, columns);
  const counted: Aggregate = {
    kind: 'aggregate',
    function: 'count',
    argument: null,
    distinct: false,
    filter: null,
    type: 'int',
  };
  const left = isExact(aggregate) && aggregate.type !== 'bool' ? aggregate : counted;
  const right: Expression =
    left === counted
      ? { kind: 'literal', value: BigInt(random.int(1, 3)), type: 'int' }
      : literalOf(random, left.type);
  return { kind: 'compare', operator: random.pick(['>', '<=', '<>']), left, right, type: 'bool' };
}

/** The same columns of the same kinds, from other rows: what CREATE OR REPLACE under dependents may bring. */
export function replaceCondition(
  random: Random,
  query: ViewQuery,
  columnsOf: (relation: string) => readonly RefColumn[],
): ViewQuery {
  const replaced = (source: Source): Source => {
    const columns = source.inputs.flatMap(({ alias, relation }) =>
      columnsOf(relation).map((column): ColumnExpression => ({ kind: 'column', input: alias, ...column })),
    );
    return { ...source, where: random.chance(0.2) ? null : generateCondition(random, columns, 1) };
  };
  if (query.kind !== 'union-all') return { ...query, source: replaced(query.source) };
  return {
    ...query,
    branches: query.branches.map((branch) => ({ ...branch, source: replaced(branch.source) })),
  };
}
