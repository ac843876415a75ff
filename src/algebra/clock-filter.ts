/** A relation's name in a set of what changed: the clock, which is in none of the logs. */
export const clockSource = '__ev_clock';

/** `value ⋛ bound`, `value` over the columns of a scope and `bound` of the clock alone. */
export type ClockCondition<E> = {
  readonly value: E;
  readonly comparison: ClockComparison;
  readonly bound: E;
  /** The type of `value` where it is a column as it is stored, so that rows out of range can be skipped; or null. */
  readonly columnType: string | null;
};

export type ClockComparison = '<' | '<=' | '>' | '>=';

/**
 * The rows of a scope for which a condition on the clock is true: σ at a moment. `to` and `from`: at that end of the
 * refresh. `crossing`: σ_to − σ_from, the rows whose truth differs, with weight +1 where it came to be true and −1
 * where it ceased to be.
 *
 * Schema: the input's. Change, for an input R from R₁ to R₂ while the clock moved from T₁ to T₂:
 *
 *     σ_T₂(R₂) − σ_T₁(R₁) = σ_T₁(ΔR) + (σ_T₂ − σ_T₁)(R₂)
 *
 * and σ_T₂(ΔR) where no row of R₁ crosses between the moments. (The other way to part it, σ_T₂(ΔR) + (σ_T₂ − σ_T₁)(R₁),
 * would have to read the old rows, which are not stored.)
 */
export interface ClockFilterNode<B, E> {
  readonly kind: 'clock-filter';
  readonly input: B;
  readonly condition: ClockCondition<E>;
  readonly at: 'from' | 'to' | 'crossing';
}

export function createClockFilter<B, E>(
  input: B,
  condition: ClockCondition<E>,
  at: ClockFilterNode<B, E>['at'] = 'to',
): ClockFilterNode<B, E> {
  return Object.freeze({ kind: 'clock-filter', input, condition, at });
}

/** @param hasMoved whether a row of the old input may have crossed */
export function changeOfClockFilter<B, E>(
  node: ClockFilterNode<B, E>,
  terms: readonly B[],
  hasMoved: boolean,
): ClockFilterNode<B, E>[] {
  const at = (input: B, moment: ClockFilterNode<B, E>['at']) =>
    createClockFilter(input, node.condition, moment);
  if (!hasMoved) return terms.map((term) => at(term, 'to'));
  return [...terms.map((term) => at(term, 'from')), at(node.input, 'crossing')];
}

export function oldOfClockFilter<B, E>(
  node: ClockFilterNode<B, E>,
  hasMoved: boolean,
): ClockFilterNode<B, E> {
  return hasMoved ? createClockFilter(node.input, node.condition, 'from') : node;
}
