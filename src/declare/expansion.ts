import { quoteLiteral } from '../core/identifier.ts';
import { nearestName } from '../core/nearest.ts';
import { splitList, unquoteName } from './sql-list.ts';
import { formatName } from './sql-name.ts';

export const timestampParts = ['hour', 'weekday', 'day', 'week', 'month', 'quarter', 'year'] as const;
/** A part of a date or timestamp, taken as a category. */
export type TimestampPart = (typeof timestampParts)[number];

export const cyclePeriods = ['hour', 'day', 'week', 'year'] as const;
/** What comes round: a year has 365.2425 days. */
export type CyclePeriod = (typeof cyclePeriods)[number];

/** Features that a model makes of columns of its training set. */
export type Expansion =
  | { readonly kind: 'part'; readonly part: TimestampPart; readonly column: string }
  /** Several parts as one category. */
  | { readonly kind: 'season'; readonly parts: readonly TimestampPart[]; readonly column: string }
  /** Sine and cosine of the place within the period: its end is next to its beginning. */
  | { readonly kind: 'cycle'; readonly period: CyclePeriod; readonly column: string }
  /** Days since 1970. */
  | { readonly kind: 'elapsed'; readonly column: string }
  /** `linear`: max(0, x − knot) for each knot. `cubic`: natural cubic spline, one column less two than knots. */
  | {
      readonly kind: 'spline';
      readonly shape: 'linear' | 'cubic';
      readonly column: string;
      readonly knots: readonly number[];
    }
  /** The product of numbers, or of categories the pair of their levels. */
  | { readonly kind: 'interaction'; readonly columns: readonly string[] }
  /** How many words of a text fall into each of so many buckets, by the MD5 of the word. */
  | { readonly kind: 'hash'; readonly column: string; readonly buckets: number };

export type ExpansionReading = { readonly expansion: Expansion } | { readonly problem: string };

const calls = [
  ...timestampParts,
  'season',
  'cycle',
  'elapsed',
  'spline',
  'cubic_spline',
  'interaction',
  'hash',
];

/** A call as `hour(departs)`, `cycle(departs, 'day')`, `spline(distance, 500, 1000)`, `interaction(a, b)`. */
export function readExpansion(sql: string): ExpansionReading {
  const text = sql.trim();
  const [, written = '', inner = ''] = /^(\w+)\s*\(([\s\S]*)\)$/.exec(text) ?? [];
  const name = written.toLowerCase();
  if (!calls.includes(name)) {
    const nearest = written === '' ? null : nearestName(name, calls);
    const help = nearest === null ? `it is one of ${calls.join(', ')}` : `did you mean ${nearest}(…)?`;
    return { problem: `"${text}" is no expansion; ${help}` };
  }
  const [first = '', ...rest] = splitList(`(${inner})`);
  const column = unquoteName(first);
  if (column === undefined)
    return { problem: `${name} wants a column first, as ${name}(column …); got ${text}` };
  return readCall(name, text, column, rest);
}

function readCall(name: string, text: string, column: string, rest: readonly string[]): ExpansionReading {
  const part = timestampParts.find((one) => one === name);
  if (part !== undefined || name === 'elapsed') {
    if (rest.length > 0) return { problem: `${name} takes one column; got ${text}` };
    return { expansion: part === undefined ? { kind: 'elapsed', column } : { kind: 'part', part, column } };
  }
  switch (name) {
    case 'cycle': {
      const period = cyclePeriods.find((one) => one === rest[0]?.replaceAll("'", '').toLowerCase());
      if (period === undefined || rest.length > 1)
        return {
          problem: `cycle wants a column and one of ${cyclePeriods.map(quoteLiteral).join(', ')}; got ${text}`,
        };
      return { expansion: { kind: 'cycle', period, column } };
    }
    case 'season': {
      const parts = rest.flatMap((word) => timestampParts.find((one) => one === word.toLowerCase()) ?? []);
      if (parts.length === 0 || parts.length < rest.length)
        return { problem: `season wants a column and some of ${timestampParts.join(', ')}; got ${text}` };
      return { expansion: { kind: 'season', parts, column } };
    }
    case 'hash': {
      const buckets = Number(rest[0]);
      if (rest.length !== 1 || !Number.isInteger(buckets) || buckets < 2 || buckets > 1024)
        return { problem: `hash wants a column and how many buckets, 2 to 1024; got ${text}` };
      return { expansion: { kind: 'hash', column, buckets } };
    }
    case 'interaction':
      return readInteraction(text, [column, ...rest.map(unquoteName)]);
    default:
      return readSpline(name === 'spline' ? 'linear' : 'cubic', text, column, rest.map(Number));
  }
}

function readInteraction(text: string, names: readonly (string | undefined)[]): ExpansionReading {
  const columns = names.flatMap((one) => one ?? []);
  if (columns.length === names.length && columns.length >= 2)
    return { expansion: { kind: 'interaction', columns } };
  return { problem: `interaction wants two columns or more; got ${text}` };
}

function readSpline(
  shape: 'linear' | 'cubic',
  text: string,
  column: string,
  knots: readonly number[],
): ExpansionReading {
  const least = shape === 'linear' ? 1 : 3;
  const rising = knots.every(
    (knot, index) => Number.isFinite(knot) && knot > (knots[index - 1] ?? -Infinity),
  );
  if (knots.length >= least && rising) return { expansion: { kind: 'spline', shape, column, knots } };
  const many = shape === 'linear' ? 'one knot or more' : 'three knots or more';
  return { problem: `a spline wants a column and ${many}, in rising order; got ${text}` };
}

export function formatExpansion(expansion: Expansion): string {
  switch (expansion.kind) {
    case 'part':
      return `${expansion.part}(${formatName(expansion.column)})`;
    case 'season':
      return `season(${[formatName(expansion.column), ...expansion.parts].join(', ')})`;
    case 'cycle':
      return `cycle(${formatName(expansion.column)}, ${quoteLiteral(expansion.period)})`;
    case 'elapsed':
      return `elapsed(${formatName(expansion.column)})`;
    case 'spline': {
      const name = expansion.shape === 'linear' ? 'spline' : 'cubic_spline';
      return `${name}(${[formatName(expansion.column), ...expansion.knots].join(', ')})`;
    }
    case 'interaction':
      return `interaction(${expansion.columns.map(formatName).join(', ')})`;
    case 'hash':
      return `hash(${formatName(expansion.column)}, ${expansion.buckets})`;
  }
}

/** Columns an expansion reads. */
export function expandedColumns(expansion: Expansion): readonly string[] {
  return expansion.kind === 'interaction' ? expansion.columns : [expansion.column];
}
