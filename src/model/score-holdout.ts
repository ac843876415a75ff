import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { ColumnBatch, Session } from '../core/session.ts';
import { add, type DoubleDouble } from './double-double.ts';
import { predictedSql } from './predict-sql.ts';
import { contentsOf, type TrainingRelation } from './row-source.ts';
import type { ModelParameters } from './scorer.ts';
import { type Membership, membershipCondition } from './training-window.ts';

/** Errors over hold-out rows in units of the label; null where no row or no variance leaves them undefined. */
export type HoldoutScore = {
  readonly rows: number;
  /** √mean (y − p)². */
  readonly rmse: number | null;
  /** mean |y − p|. */
  readonly mae: number | null;
  /** 1 − Σ(y − p)² / Σ(y − ȳ)². */
  readonly r2: number | null;
};

/**
 * Scores parameter sets on the same hold-out rows, in one scan, through the path that answers queries. Rows count
 * that have a finite label and a prediction by every set. Rows are added up here, in twice the digits: so a score is
 * the same to the last bit in whatever order the rows lie, which the threads that wrote them decide (law 7).
 */
export async function scoreHoldout(
  session: Session,
  relation: TrainingRelation,
  label: string,
  holdout: Membership,
  schema: Schema,
  candidates: readonly ModelParameters[],
): Promise<HoldoutScore[]> {
  const names = candidates.map((_, index) => `__ev_p${index}`);
  const condition = membershipCondition(holdout, relation.eventTime);
  const rows = `(SELECT * FROM ${contentsOf(relation)}${condition === null ? '' : ` WHERE ${condition}`})`;
  const predicted = candidates.reduce(
    (input, { scorer }, index) => `(${predictedSql(scorer, input, schema, () => names[index] ?? '')})`,
    rows,
  );
  const sums = new HoldoutSums(candidates.length, candidates[0]?.labelMean ?? 0);
  // No condition on the predictions: DuckDB would work them out a second time to test it.
  const columns = [`CAST(${quoteIdentifier(label)} AS DOUBLE) AS __ev_y`, ...names];
  for await (const batch of session.batches(`SELECT ${columns.join(', ')} FROM ${predicted}`))
    sums.add(batch);
  return sums.scores();
}

class HoldoutSums {
  readonly #centre: number;
  #rows = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;
  /** Of the labels' distances from the centre. */
  #distances: DoubleDouble = zero;
  #distanceSquares: DoubleDouble = zero;
  readonly #squares: DoubleDouble[];
  readonly #absolutes: DoubleDouble[];

  /** @param centre near the labels, so that their spread does not cancel; the same at each replay */
  constructor(candidates: number, centre: number) {
    this.#centre = centre;
    this.#squares = Array.from({ length: candidates }, () => zero);
    this.#absolutes = Array.from({ length: candidates }, () => zero);
  }

  /** @param batch the label and each candidate's prediction, DOUBLE. */
  add(batch: ColumnBatch): void {
    const [label, ...predictions] = batch.columns.map(({ values }) => doubles(values));
    if (label === undefined) return;
    for (let row = 0; row < batch.rowCount; row++) {
      const y = label[row] ?? Number.NaN;
      if (!Number.isFinite(y) || !batch.columns.every((column) => column.isValid(row))) continue;
      this.#rows += 1;
      this.#least = Math.min(this.#least, y);
      this.#greatest = Math.max(this.#greatest, y);
      const distance = y - this.#centre;
      this.#distances = plus(this.#distances, distance);
      this.#distanceSquares = plus(this.#distanceSquares, distance * distance);
      for (const [index, prediction] of predictions.entries()) {
        const error = y - (prediction[row] ?? Number.NaN);
        this.#squares[index] = plus(this.#squares[index] ?? zero, error * error);
        this.#absolutes[index] = plus(this.#absolutes[index] ?? zero, Math.abs(error));
      }
    }
  }

  scores(): HoldoutScore[] {
    const rows = this.#rows;
    const [sum] = this.#distances;
    // Labels that are all alike have none, whatever rounding leaves.
    const spread = this.#least === this.#greatest ? 0 : this.#distanceSquares[0] - (sum * sum) / rows;
    return this.#squares.map(([squares], index) => ({
      rows,
      rmse: finiteOrNull(Math.sqrt(squares / rows)),
      mae: finiteOrNull((this.#absolutes[index]?.[0] ?? Number.NaN) / rows),
      r2: finiteOrNull(1 - squares / spread),
    }));
  }
}

const zero: DoubleDouble = [0, 0];

function plus(sum: DoubleDouble, value: number): DoubleDouble {
  return add(sum, [value, 0]);
}

function doubles(values: ArrayLike<unknown>): Float64Array {
  if (values instanceof Float64Array) return values;
  throw new EverviewError('internal', 'a column of a hold-out is not DOUBLE');
}

/** Null for 0/0 and x/0: no rows, or labels that are all alike. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
