import { z } from 'zod';
import { quoteLiteral } from '../core/identifier.ts';
import { nearestName } from '../core/nearest.ts';
import { formatSqlDuration, readDuration, readSqlDuration } from './duration.ts';
import { cyclePeriods, type Expansion, formatExpansion, readExpansion, timestampParts } from './expansion.ts';
import { readGateCondition } from './gate.ts';
import { type GateCondition, gateConditionSchema } from './gate-condition.ts';
import { splitList, unquoteName } from './sql-list.ts';
import { formatName } from './sql-name.ts';

/** A value as read, or why it could not be. `later`: known, and not offered yet. */
export type Reading = { readonly value: unknown } | { readonly problem: string; readonly later?: true };

/** What values an option takes: how they are read from SQL and from JavaScript, checked, and printed. */
export type OptionKind<T> = {
  readonly name: string;
  /** With an example: `a duration, as INTERVAL '10 minutes'`. */
  readonly wants: string;
  readonly schema: z.ZodType<T>;
  fromSql(sql: string): Reading;
  fromJs(value: unknown): Reading;
  toSql(value: T): string;
};

function asReading(value: unknown, wants: string): Reading {
  return value === undefined ? { problem: `wants ${wants}` } : { value };
}

function word(sql: string): string | undefined {
  const text = /^'(?:[^']|'')*'$/.test(sql) ? sql.slice(1, -1).replaceAll("''", "'") : unquoteName(sql);
  return text === '' ? undefined : text;
}

export const duration: OptionKind<number> = {
  name: 'duration',
  wants: "a duration, as INTERVAL '10 minutes'",
  schema: z.number().int().nonnegative(),
  fromSql: (sql) => durationReading(readSqlDuration(sql)),
  fromJs: (value) =>
    typeof value === 'string' || value === 0
      ? durationReading(readDuration(String(value)))
      : { problem: "wants a duration, as '10 minutes'" },
  toSql: formatSqlDuration,
};

/** How long something waits for a person, and what becomes of it then. */
export type HoldTerm = { readonly forMs: number; readonly onDeadline: 'accept_marked' | 'reject' };

const holdExample = "a duration and what then, as INTERVAL '6 hours' THEN reject (or accept_marked)";

export const holdTerm: OptionKind<HoldTerm> = {
  name: 'hold',
  wants: holdExample,
  schema: z.object({
    forMs: z.number().int().positive('must be longer than 0'),
    onDeadline: z.enum(['accept_marked', 'reject'], 'ends in THEN accept_marked or THEN reject'),
  }),
  fromSql: (sql) => holdReading(sql, readSqlDuration),
  fromJs: (value) =>
    typeof value === 'string' ? holdReading(value, readDuration) : { problem: "wants '6 hours then reject'" },
  toSql: ({ forMs, onDeadline }) => `${formatSqlDuration(forMs)} THEN ${onDeadline}`,
};

function holdReading(text: string, read: typeof readSqlDuration): Reading {
  const [, span, then] = /^([\s\S]*?)\s+then\s+(\w+)$/i.exec(text.trim()) ?? [];
  if (span === undefined || then === undefined) return { problem: `wants ${holdExample}` };
  const duration = read(span);
  return 'ms' in duration
    ? { value: { forMs: duration.ms, onDeadline: then.toLowerCase() } }
    : { problem: `wants a duration: ${duration.problem}` };
}

export const stalenessUnits = ['second', 'row', 'share'] as const;

/**
 * What one row of an answer costs for being stale: so many seconds of refreshing for each second or row of change it is
 * behind, or for as much change as what it rests on is large.
 */
export type StalenessPrice = { readonly seconds: number; readonly per: (typeof stalenessUnits)[number] };

const priceExample = '0.02 PER SHARE (or PER SECOND, PER ROW)';

export const stalenessPrice: OptionKind<StalenessPrice> = {
  name: 'staleness price',
  wants: `seconds of refreshing and what of, as ${priceExample}`,
  schema: z.object({
    seconds: z.number().nonnegative('cannot be negative'),
    per: z.enum(stalenessUnits),
  }),
  fromSql: priceReading,
  fromJs: (value) =>
    typeof value === 'string' ? priceReading(value) : { problem: "wants a text, as '0.02 per share'" },
  toSql: ({ seconds, per }) => `${seconds} PER ${per.toUpperCase()}`,
};

function priceReading(text: string): Reading {
  const [, amount = '', unit = ''] = /^([+-]?[\d.]+(?:e[+-]?\d+)?)\s+per\s+(\w+)$/i.exec(text.trim()) ?? [];
  const seconds = amount === '' ? Number.NaN : Number(amount);
  const per = stalenessUnits.find((known) => known === unit.toLowerCase());
  if (Number.isNaN(seconds) || per === undefined) return { problem: `wants ${priceExample}` };
  return { value: { seconds, per } };
}

/** What answers in place of a model whose predictions are paused. */
export type PredictionFallback =
  /** The newest version that had not learned from rows under the incident. */
  | { readonly kind: 'previous' }
  | { readonly kind: 'value'; readonly value: number | string }
  | { readonly kind: 'model'; readonly name: string };

const fallbackWants = "previous, a value (0 or 'late'), or the name of a model";

export const fallback: OptionKind<PredictionFallback> = {
  name: 'fallback',
  wants: fallbackWants,
  schema: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('previous') }),
    z.object({ kind: z.literal('value'), value: z.union([z.number(), z.string()]) }),
    z.object({ kind: z.literal('model'), name: z.string().min(1) }),
  ]),
  fromSql: (sql) => {
    if (/^'(?:[^']|'')*'$/.test(sql))
      return { value: { kind: 'value', value: sql.slice(1, -1).replaceAll("''", "'") } };
    if (/^[+-]?\s*(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(sql))
      return { value: { kind: 'value', value: Number(sql.replaceAll(' ', '')) } };
    const name = word(sql);
    return name === undefined ? { problem: `wants ${fallbackWants}` } : namedFallback(name);
  },
  fromJs: (value) => {
    if (typeof value === 'string') return namedFallback(value);
    if (typeof value === 'number') return { value: { kind: 'value', value } };
    if (typeof value === 'object' && value !== null && 'value' in value)
      return { value: { kind: 'value', value: value.value } };
    return { problem: "wants 'previous', { value: … }, or the name of a model" };
  },
  toSql: (given) => {
    switch (given.kind) {
      case 'previous':
        return 'previous';
      case 'model':
        return formatName(given.name);
      case 'value':
        return typeof given.value === 'number' ? String(given.value) : quoteLiteral(given.value);
    }
  },
};

function namedFallback(name: string): Reading {
  return { value: /^previous$/i.test(name) ? { kind: 'previous' } : { kind: 'model', name } };
}

export const halfLife: OptionKind<number> = {
  ...duration,
  schema: z.number().int().positive('must be longer than 0'),
};

function durationReading(read: ReturnType<typeof readSqlDuration>): Reading {
  return 'ms' in read ? { value: read.ms } : { problem: `wants a duration: ${read.problem}` };
}

/** A number within bounds. */
export function number(example: string, schema: z.ZodType<number>): OptionKind<number> {
  const wants = `a number, as ${example}`;
  return {
    name: 'number',
    wants,
    schema,
    fromSql: (sql) =>
      asReading(
        /^[+-]?\s*(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(sql) ? Number(sql.replaceAll(' ', '')) : undefined,
        wants,
      ),
    fromJs: (value) => asReading(typeof value === 'number' ? value : undefined, wants),
    toSql: (value) => String(value),
  };
}

export const rows: OptionKind<number> = {
  ...number('1000', z.number().int('must be a whole number').nonnegative('cannot be negative')),
  name: 'rows',
  wants: 'a number of rows, as 1000',
};

export const boolean: OptionKind<boolean> = {
  name: 'boolean',
  wants: 'true or false',
  schema: z.boolean(),
  fromSql: (sql) => {
    const text = word(sql)?.toLowerCase();
    return asReading(text === 'true' ? true : text === 'false' ? false : undefined, 'true or false');
  },
  fromJs: (value) => asReading(typeof value === 'boolean' ? value : undefined, 'true or false'),
  toSql: String,
};

export function text(schema: z.ZodType<string> = z.string()): OptionKind<string> {
  const wants = "a text, as 'abc'";
  return {
    name: 'text',
    wants,
    schema,
    fromSql: (sql) =>
      asReading(/^'(?:[^']|'')*'$/.test(sql) ? sql.slice(1, -1).replaceAll("''", "'") : undefined, wants),
    fromJs: (value) => asReading(typeof value === 'string' ? value : undefined, wants),
    toSql: quoteLiteral,
  };
}

export const column: OptionKind<string> = {
  name: 'column',
  wants: 'the name of a column',
  schema: z.string().min(1),
  fromSql: (sql) => asReading(word(sql), 'the name of a column'),
  fromJs: (value) => asReading(typeof value === 'string' ? value : undefined, 'the name of a column'),
  toSql: formatName,
};

export const columns: OptionKind<readonly string[]> = {
  name: 'columns',
  wants: 'a list of columns, as (a, b)',
  schema: z.array(z.string().min(1)).readonly(),
  fromSql: (sql) => {
    const names = splitList(sql).map(word);
    return asReading(names.includes(undefined) ? undefined : names, 'a list of columns, as (a, b)');
  },
  fromJs: (value) => asReading(Array.isArray(value) ? value : undefined, "a list of columns, as ['a', 'b']"),
  toSql: (names) => `(${names.map(formatName).join(', ')})`,
};

/** One of a closed list of words; `later` are known ones that are not offered yet. */
export function choice<const W extends string>(
  words: readonly W[],
  later: readonly string[] = [],
): OptionKind<W> {
  const wants = `one of ${words.join(', ')}`;
  const read = (given: string | undefined): Reading => {
    const lower = given?.toLowerCase();
    const found = words.find((known) => known === lower);
    if (found !== undefined) return { value: found };
    if (given !== undefined && later.includes(lower ?? '')) {
      return { problem: `does not offer ${lower} yet; it is ${wants}`, later: true };
    }
    const nearest = given === undefined ? null : nearestName(given, words);
    return { problem: `wants ${wants}${nearest === null ? '' : `; did you mean ${nearest}?`}` };
  };
  return {
    name: 'choice',
    wants,
    schema: z.enum(words),
    fromSql: (sql) => read(word(sql)),
    fromJs: (value) => read(typeof value === 'string' ? value : undefined),
    toSql: (value) => value,
  };
}

const expansionSchema: z.ZodType<Expansion> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('part'), part: z.enum(timestampParts), column: z.string() }),
  z.object({
    kind: z.literal('season'),
    parts: z.array(z.enum(timestampParts)).readonly(),
    column: z.string(),
  }),
  z.object({ kind: z.literal('cycle'), period: z.enum(cyclePeriods), column: z.string() }),
  z.object({ kind: z.literal('elapsed'), column: z.string() }),
  z.object({
    kind: z.literal('spline'),
    shape: z.enum(['linear', 'cubic']),
    column: z.string(),
    knots: z.array(z.number()).readonly(),
  }),
  z.object({ kind: z.literal('interaction'), columns: z.array(z.string()).readonly() }),
  z.object({ kind: z.literal('hash'), column: z.string(), buckets: z.number().int() }),
]);

export const expansions: OptionKind<readonly Expansion[]> = {
  name: 'expansions',
  wants: 'a list of expansions, as (hour(departs), spline(distance, 500, 1000))',
  schema: z.array(expansionSchema).readonly(),
  fromSql: (sql) => readExpansions(splitList(sql)),
  fromJs: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? readExpansions(value)
      : { problem: "wants a list of expansions, as ['hour(departs)']" },
  toSql: (list) => `(${list.map(formatExpansion).join(', ')})`,
};

function readExpansions(texts: readonly string[]): Reading {
  const read: Expansion[] = [];
  for (const text of texts) {
    const one = readExpansion(text);
    if ('problem' in one) return { problem: `is wrong: ${one.problem}` };
    read.push(one.expansion);
  }
  return { value: read };
}

export const gate: OptionKind<readonly GateCondition[]> = {
  name: 'gate',
  wants: 'a list of conditions, as (rmse <= 40, rmse <= 1.02 * current)',
  schema: z.array(gateConditionSchema).readonly(),
  fromSql: (sql) => readGate(splitList(sql)),
  fromJs: (value) => {
    const texts = typeof value === 'string' ? splitList(value) : value;
    if (!Array.isArray(texts) || !texts.every((one) => typeof one === 'string')) {
      return { problem: "wants a list of conditions, as ['rmse <= 40', 'rmse <= 1.02 * current']" };
    }
    return readGate(texts);
  },
  toSql: (conditions) => `(${conditions.map((condition) => condition.text).join(', ')})`,
};

function readGate(texts: readonly string[]): Reading {
  const conditions: GateCondition[] = [];
  for (const one of texts) {
    const read = readGateCondition(one);
    if ('problem' in read) return read;
    conditions.push(read.condition);
  }
  return { value: conditions };
}

/** NULL besides: no bound. */
export function orNull<T>(kind: OptionKind<T>): OptionKind<T | null> {
  return {
    name: kind.name,
    wants: `${kind.wants}, or NULL`,
    schema: kind.schema.nullable(),
    fromSql: (sql) => (/^null$/i.test(sql) ? { value: null } : kind.fromSql(sql)),
    fromJs: (value) => (value === null ? { value: null } : kind.fromJs(value)),
    toSql: (value) => (value === null ? 'NULL' : kind.toSql(value)),
  };
}
