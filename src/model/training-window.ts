import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import type { TrainingSetDefinition } from '../declare/definition.ts';

/** Event times in (after, until], microseconds since the Unix epoch; `after` null: no lower end. */
export type EventSpan = { readonly afterUs: bigint | null; readonly untilUs: bigint };

/** Which rows belong. `all`: the training set has no event time. A row without event time is in no span. */
export type Membership = { readonly kind: 'all' } | ({ readonly kind: 'span' } & EventSpan);

/**
 * Membership at one moment. With hi = now − label delay: the window is (hi − window, hi], its newest part
 * (hi − holdout, hi] is the hold-out, the rest is for training. Both depend on the clock alone, never on the rows.
 */
export type TrainingBounds = { readonly training: Membership; readonly holdout: Membership | null };

export type EventTimeColumn = { readonly name: string; readonly type: string };

const everyRow: Membership = { kind: 'all' };

/** @param nowMs milliseconds since the Unix epoch. */
export function trainingBoundsAt(trainingSet: TrainingSetDefinition, nowMs: number): TrainingBounds {
  if (trainingSet.eventTime === null) return { training: everyRow, holdout: null };
  const until = microseconds(nowMs) - microseconds(trainingSet.labelDelayMs);
  const after = trainingSet.windowMs === null ? null : until - microseconds(trainingSet.windowMs);
  const cut = until - microseconds(trainingSet.holdoutMs);
  const split = after !== null && cut < after ? after : cut;
  return {
    training: { kind: 'span', afterUs: after, untilUs: split },
    holdout: trainingSet.holdoutMs === 0 ? null : { kind: 'span', afterUs: split, untilUs: until },
  };
}

/**
 * Windows before the hold-out, each as long as it is, the newest first: as many of `count` as the training window has
 * room for. Older rows would speak for a current model that learned from them, against a candidate that did not.
 */
export function earlierWindows({ training, holdout }: TrainingBounds, count: number): Membership[] {
  if (training.kind === 'all' || holdout?.kind !== 'span' || holdout.afterUs === null) return [];
  const start = holdout.afterUs;
  const length = holdout.untilUs - start;
  if (length <= 0n) return [];
  const spans = Array.from({ length: count }, (_, index) => ({
    kind: 'span' as const,
    afterUs: start - BigInt(index + 1) * length,
    untilUs: start - BigInt(index) * length,
  }));
  return spans.filter(({ afterUs }) => training.afterUs === null || afterUs >= training.afterUs);
}

function microseconds(ms: number): bigint {
  return BigInt(Math.floor(ms * 1_000));
}

/** The parts of `a` that are not in `b`: none, one or two spans, in time order. */
export function spanDifference(a: EventSpan, b: EventSpan): EventSpan[] {
  const before: EventSpan = {
    afterUs: a.afterUs,
    untilUs: b.afterUs === null ? a.untilUs : min(a.untilUs, b.afterUs),
  };
  const behind: EventSpan = {
    afterUs: a.afterUs === null ? b.untilUs : max(a.afterUs, b.untilUs),
    untilUs: a.untilUs,
  };
  if (isEmpty(b)) return isEmpty(a) ? [] : [a];
  return [...(b.afterUs === null ? [] : [before]), behind].filter((span) => !isEmpty(span));
}

export function isEmpty(span: EventSpan): boolean {
  return span.afterUs !== null && span.afterUs >= span.untilUs;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/**
 * The event-time column of a training set, or null when it has none.
 * @throws EverviewError `invalid-definition` when the column is missing or tells no instant.
 */
export function eventTimeColumn(trainingSet: TrainingSetDefinition, schema: Schema): EventTimeColumn | null {
  if (trainingSet.eventTime === null) return null;
  const column = findColumn(schema, trainingSet.eventTime);
  if (column !== undefined && /^(DATE|TIMESTAMP.*)$/.test(column.type)) return column;
  throw new EverviewError(
    'invalid-definition',
    column === undefined
      ? `training set "${trainingSet.name}" has no column "${trainingSet.eventTime}" for its event time`
      : `event time "${column.name}" of training set "${trainingSet.name}" is ${column.type}`,
    { hint: 'an event time is a DATE, TIMESTAMP or TIMESTAMP WITH TIME ZONE column of the SELECT' },
  );
}

const dayUs = 86_400_000_000n;

/**
 * The membership as an SQL condition on the bare column, so that DuckDB can skip row groups by their zone maps.
 * Null: every row. A DATE is the midnight (UTC) it starts with.
 */
export function membershipCondition(membership: Membership, column: EventTimeColumn | null): string | null {
  if (membership.kind === 'all' || column === null) return null;
  const name = quoteIdentifier(column.name);
  const until = `${name} <= ${instantLiteral(membership.untilUs, column.type)}`;
  if (membership.afterUs === null) return until;
  return `${name} > ${instantLiteral(membership.afterUs, column.type)} AND ${until}`;
}

function instantLiteral(us: bigint, type: string): string {
  if (type === 'DATE') return `(DATE '1970-01-01' + ${clampDays(floorDiv(us, dayUs))})`;
  const instant = `make_timestamp(${us})`;
  switch (type) {
    case 'TIMESTAMP WITH TIME ZONE':
      return `to_timestamp(0) + to_microseconds(${us})`;
    // coarser and finer timestamps compare as their own type, for the zone maps: ends are rounded down, as dates are
    case 'TIMESTAMP_S':
      return `CAST(make_timestamp(${floorDiv(us, 1_000_000n) * 1_000_000n}) AS TIMESTAMP_S)`;
    case 'TIMESTAMP_MS':
      return `CAST(make_timestamp(${floorDiv(us, 1_000n) * 1_000n}) AS TIMESTAMP_MS)`;
    case 'TIMESTAMP_NS':
      return `CAST(${instant} AS TIMESTAMP_NS)`;
    default:
      return instant;
  }
}

function floorDiv(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}

function clampDays(days: bigint): bigint {
  return max(-2_000_000n, min(days, 2_000_000n));
}

/**
 * A SELECT of one row. `next_ms`: the first moment after `nowMs` (milliseconds since the epoch, BIGINT) at which a row
 * enters or leaves the training rows of `relation` with no update; NULL when there is none. `waiting`: how many rows are
 * to enter so. `judged_ms`: the first moment at which one enters the hold-out.
 */
export function nextBoundarySql(
  trainingSet: TrainingSetDefinition,
  column: EventTimeColumn | null,
  relation: string,
  nowMs: number,
): string {
  if (column === null)
    return 'SELECT CAST(NULL AS BIGINT) AS next_ms, 0 AS waiting, CAST(NULL AS BIGINT) AS judged_ms';
  const { labelDelayMs, holdoutMs, windowMs } = trainingSet;
  const offsetsMs = [labelDelayMs + holdoutMs, ...(windowMs === null ? [] : [labelDelayMs + windowMs])];
  const name = quoteIdentifier(column.name);
  const crossing = (offsetMs: number, columns: (us: string) => string) => {
    const offsetUs = microseconds(offsetMs);
    const passed = instantLiteral(microseconds(nowMs) - offsetUs, column.type);
    return `SELECT ${columns(`epoch_us(min(${name})) + ${offsetUs}`)} FROM ${relation} WHERE ${name} > ${passed} AND isfinite(${name})`;
  };
  const moments = offsetsMs.map((offsetMs, place) =>
    crossing(
      offsetMs,
      (us) => `${us} AS us, ${place === 0 ? 'count(*)' : '0'} AS entering, NULL::BIGINT AS judged`,
    ),
  );
  if (holdoutMs > 0) moments.push(crossing(labelDelayMs, (us) => `NULL, 0, ${us}`));
  // the clock counts milliseconds: the row has crossed at the first whole one not before the crossing
  const first = (us: string) => `CAST(min(${us}) // 1000 + CAST(min(${us}) % 1000 > 0 AS BIGINT) AS BIGINT)`;
  return `SELECT ${first('us')} AS next_ms, CAST(sum(entering) AS BIGINT) AS waiting, ${first('judged')} AS judged_ms FROM (${moments.join(' UNION ALL ')})`;
}
