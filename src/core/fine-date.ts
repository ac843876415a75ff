/**
 * A moment between two milliseconds: a `Date` of the one before, which keeps the rest. What reads it as a `Date` loses
 * the rest and nothing else; what prints it, or brings it back into the store, does not.
 */
export class FineDate extends Date {
  /** Since the millisecond: 1 to 999,999. */
  readonly nanoseconds: number;

  constructor(ms: number, nanoseconds: number) {
    super(ms);
    this.nanoseconds = nanoseconds;
  }

  /** With six digits of the second, or nine where it takes them. */
  override toISOString(): string {
    const rest = String(this.nanoseconds).padStart(6, '0');
    return super.toISOString().replace('Z', `${rest.endsWith('000') ? rest.slice(0, 3) : rest}Z`);
  }
}

/** The moment in UTC as DuckDB reads it: it knows no sign before a year beyond 9999. */
export function writtenMoment(moment: Date): string {
  return moment.toISOString().replace(/^\+0*/, '');
}

/** A moment in units of which `perMs` make a millisecond; a plain `Date` where it lies on one. */
export function dateOfUnits(units: bigint, perMs: bigint): Date {
  const rest = ((units % perMs) + perMs) % perMs;
  const ms = Number((units - rest) / perMs);
  return rest === 0n ? new Date(ms) : new FineDate(ms, Number((rest * 1_000_000n) / perMs));
}

export function microsecondsOf(moment: Date): bigint {
  return BigInt(moment.getTime()) * 1_000n + BigInt(microsecondsBeyond(moment));
}

/** Since the moment's millisecond. */
export function microsecondsBeyond(moment: Date): number {
  return moment instanceof FineDate ? Math.floor(moment.nanoseconds / 1_000) : 0;
}

export function nanosecondsOf(moment: Date): bigint {
  return BigInt(moment.getTime()) * 1_000_000n + BigInt(moment instanceof FineDate ? moment.nanoseconds : 0);
}
