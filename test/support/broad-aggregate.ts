import { drawCondition, drawInteger, type ScopedColumn, type TypedText } from './broad-expression.ts';
import type { Operator } from './broad-operator.ts';
import { type Pen, stableOf } from './broad-pen.ts';
import type { BroadType } from './broad-value.ts';

export type Aggregate = TypedText & { readonly operators: readonly Operator[] };

/** An aggregate over the columns; null where they are of the wrong types for it. */
export function drawAggregate(
  pen: Pen,
  columns: readonly ScopedColumn[],
  key: string | null,
): Aggregate | null {
  const kind = pen.random.weighted({
    count: 3,
    sum: 4,
    avg: 2,
    extreme: 4,
    bool: 1,
    statistics: 2,
    quantile: 1.6,
    distinct: 1.2,
    ordered: 1.2,
    arg: 1.2,
  });
  const made = drawKind(pen, columns, key, kind);
  if (made === null || !pen.random.chance(0.12)) return made;
  const text = `${made.text} FILTER (WHERE ${drawCondition(pen.random, columns, 0)})`;
  return { ...made, text, operators: [...made.operators, 'aggregate-filter'] };
}

type Kind =
  | 'count'
  | 'sum'
  | 'avg'
  | 'extreme'
  | 'bool'
  | 'statistics'
  | 'quantile'
  | 'distinct'
  | 'ordered'
  | 'arg';

function drawKind(
  pen: Pen,
  columns: readonly ScopedColumn[],
  key: string | null,
  kind: Kind,
): Aggregate | null {
  const { random } = pen;
  const plain = (text: string, type: BroadType, stable = true): Aggregate => ({
    text,
    type,
    stable,
    operators: [],
  });
  const anyOf = (...types: BroadType[]) => {
    const fitting = columns.filter((column) => types.includes(column.type));
    return fitting.length === 0 ? null : random.pick(fitting);
  };
  switch (kind) {
    case 'count':
      return random.chance(0.5)
        ? plain('count(*)', 'bigint')
        : plain(`count(${random.pick(columns).text})`, 'bigint');
    case 'sum': {
      const column = anyOf('int', 'bigint', 'decimal', 'double');
      if (column === null) return null;
      const type = column.type === 'int' ? 'bigint' : column.type;
      return plain(`sum(${column.text})`, type, column.type !== 'double');
    }
    case 'avg': {
      const column = anyOf('int', 'bigint', 'decimal', 'double');
      return column === null ? null : plain(`avg(${column.text})`, 'double', false);
    }
    case 'extreme': {
      const column = random.pick(columns);
      return plain(`${random.pick(['min', 'max'])}(${column.text})`, column.type, column.stable);
    }
    case 'bool':
      return plain(`${random.pick(['bool_and', 'bool_or'])}(${drawCondition(random, columns, 0)})`, 'bool');
    case 'statistics':
      return drawStatistics(pen, columns);
    case 'quantile':
      return drawQuantile(pen, columns);
    case 'distinct':
      return drawDistinctAggregate(pen, columns);
    case 'ordered':
      return drawOrdered(pen, columns);
    case 'arg':
      return drawArg(pen, columns, key);
  }
}

/** Finite numbers of modest size: what is compared is the maintenance, not how sums of squares round. */
function drawMeasure(pen: Pen, columns: readonly ScopedColumn[]): string | null {
  const doubles = columns.filter((column) => column.stable && column.type === 'double');
  if (doubles.length > 0 && pen.random.chance(0.4)) {
    const { text } = pen.random.pick(doubles);
    return `CASE WHEN isfinite(${text}) THEN ${text} END`;
  }
  const decimals = columns.filter((column) => column.stable && column.type === 'decimal');
  if (decimals.length > 0 && pen.random.chance(0.2)) return `round(${pen.random.pick(decimals).text}, 2)`;
  return drawInteger(pen.random, columns)?.text ?? null;
}

const oneArgument = ['var_samp', 'var_pop', 'stddev_samp', 'stddev_pop', 'variance', 'stddev'] as const;
const twoArguments = [
  'covar_samp',
  'covar_pop',
  'corr',
  'regr_slope',
  'regr_intercept',
  'regr_r2',
  'regr_count',
  'regr_avgx',
  'regr_avgy',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
] as const;

function drawStatistics(pen: Pen, columns: readonly ScopedColumn[]): Aggregate | null {
  const y = drawMeasure(pen, columns);
  const x = drawMeasure(pen, columns);
  if (x === null || y === null) return null;
  const text = pen.random.chance(0.5)
    ? `${pen.random.pick(oneArgument)}(${y})`
    : `${pen.random.pick(twoArguments)}(${y}, ${x})`;
  return { text, type: 'double', stable: false, operators: ['statistics'] };
}

function drawQuantile(pen: Pen, columns: readonly ScopedColumn[]): Aggregate | null {
  const { random } = pen;
  const fitting = stableOf(columns).filter(({ type }) => /^(int|double|date|timestamp|decimal)$/.test(type));
  if (fitting.length === 0) return null;
  const { text, type } = random.pick(fitting);
  const operators = ['quantile'] as const;
  const kind = random.weighted({ median: 3, continuous: 2, discrete: 2, mode: 2 });
  if (kind === 'mode') {
    // One value at most is not NULL, so there is no tie.
    const only = `CASE WHEN ${drawCondition(random, columns, 0)} THEN 'often' END`;
    return { text: `mode(${only})`, type: 'text', stable: true, operators };
  }
  if (kind === 'discrete') return { text: `quantile_disc(${text}, 0.75)`, type, stable: true, operators };
  const given: BroadType = type === 'date' ? 'timestamp' : type === 'int' ? 'double' : type;
  const stable = given !== 'double';
  const call = kind === 'median' ? `median(${text})` : `quantile_cont(${text}, 0.25)`;
  return { text: call, type: given, stable, operators };
}

function drawDistinctAggregate(pen: Pen, columns: readonly ScopedColumn[]): Aggregate | null {
  const fitting = stableOf(columns);
  if (fitting.length === 0) return null;
  const { text, type } = pen.random.pick(fitting);
  const operators = ['distinct-aggregate'] as const;
  if (type === 'int' && pen.random.chance(0.5)) {
    return { text: `sum(DISTINCT ${text})`, type: 'bigint', stable: true, operators };
  }
  return { text: `count(DISTINCT ${text})`, type: 'bigint', stable: true, operators };
}

function drawOrdered(pen: Pen, columns: readonly ScopedColumn[]): Aggregate | null {
  const { random } = pen;
  const fitting = stableOf(columns).filter(({ type }) => type === 'text' || type === 'int');
  if (fitting.length === 0) return null;
  const { text, type } = random.pick(fitting);
  const by = random.pick(stableOf(columns).filter((column) => column.type !== 'double')).text;
  const order = `ORDER BY ${by}${random.pick(['', ' DESC'])}, ${text}`;
  const operators = ['ordered-aggregate'] as const;
  if (type === 'text') return { text: `string_agg(${text}, '|' ${order})`, type, stable: true, operators };
  return { text: `list(${text} ${order})`, type: 'list', stable: true, operators };
}

function drawArg(pen: Pen, columns: readonly ScopedColumn[], key: string | null): Aggregate | null {
  const { random } = pen;
  const fitting = stableOf(columns).filter(({ type }) => type !== 'double' && type !== 'list');
  if (fitting.length === 0) return null;
  const { text, type } = random.pick(fitting);
  // Rows that tie are alike in what is given.
  const by = key ?? `{'first': ${random.pick(fitting).text}, 'then': ${text}}`;
  const call = `${random.pick(['arg_min', 'arg_max', 'max_by'])}(${text}, ${by})`;
  return { text: call, type, stable: true, operators: ['arg-aggregate'] };
}
