/** What must hold of rows as they arrive. Rows that are there already, and rows released, were let in. */
export type ArrivalRules = {
  /** The column that says which source a row came from; order, lateness and heartbeat are then each source's own. */
  readonly source: string | null;
  /** `ascending`: no row happened before those that came before it; `strict`: each happened after them. */
  readonly eventTimeOrder: 'none' | 'ascending' | 'strict';
  /** How far a row may be behind the newest event time that the table holds; null: any. */
  readonly allowedLatenessMs: number | null;
  /** How far an event time may be ahead of the engine's clock; null: any. */
  readonly maxFutureMs: number | null;
  /** The same rows again, as an update of its own. */
  readonly onReplay: ReplayResponse;
};

export type ReplayResponse = 'accept' | 'warn' | 'quarantine' | 'reject';

export const noArrivalRules: ArrivalRules = {
  source: null,
  eventTimeOrder: 'none',
  allowedLatenessMs: null,
  maxFutureMs: null,
  onReplay: 'accept',
};

/** The rules as violations name them. */
export type ArrivalRuleKind = 'event-time-order' | 'allowed-lateness' | 'max-future' | 'replayed-batch';

/** What a violation of an arrival rule goes by where a constraint has its name. */
export function arrivalRuleName(table: string, kind: ArrivalRuleKind): string {
  return `${table}_${kind.replaceAll('-', '_')}`;
}
