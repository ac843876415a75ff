import { quoteIdentifier } from '../core/identifier.ts';

/** How much each row counts: a column, a decay with age, or their product. */
export type Weighting = {
  readonly column: string | null;
  readonly decay: { readonly eventTime: string; readonly halfLifeMs: number } | null;
  /** With decay: the moment whose weight is 1, milliseconds since the epoch. */
  readonly originMs: number;
};

/** Columns that weights are made of. */
export function weightColumns(weighting: Weighting | null): string[] {
  return [weighting?.column, weighting?.decay?.eventTime].flatMap((column) => column ?? []);
}

/** The root of a row's weight, DOUBLE; NULL, NaN or not above 0 where the row does not count. */
export function weightRootSql({ column, decay, originMs }: Weighting): string {
  const parts: string[] = [];
  if (column !== null) {
    const value = `CAST(${quoteIdentifier(column)} AS DOUBLE)`;
    parts.push(`CASE WHEN ${value} > 0 THEN sqrt(${value}) END`);
  }
  if (decay !== null) {
    const time = quoteIdentifier(decay.eventTime);
    const ageMs = `CASE WHEN isfinite(${time}) THEN CAST(epoch_ms(${time}) - ${originMs} AS DOUBLE) END`;
    parts.push(`pow(2, (${ageMs}) / ${2 * decay.halfLifeMs})`);
  }
  return `(${parts.map((part) => `(${part})`).join(' * ')})`;
}

/** Weights grow with later rows: beyond this many half-lives sums are made anew around a later moment. */
const largestHalfLives = 200;

/** What the sums' weights are to be multiplied by to count from `nowMs`, where a row that is new weighs 1. */
export function weightFactorAt(weighting: Weighting | null, originMs: number, nowMs: number): number {
  if (weighting === null || weighting.decay === null) return 1;
  return 2 ** ((originMs - nowMs) / weighting.decay.halfLifeMs);
}

export function isOverdue(weighting: Weighting | null, originMs: number, nowMs: number): boolean {
  if (weighting === null || weighting.decay === null) return false;
  return (nowMs - originMs) / weighting.decay.halfLifeMs > largestHalfLives;
}
