import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { ColumnBatch, Session } from '../core/session.ts';
import { predictedSql } from './predict-sql.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { contentsOf, type TrainingRelation } from './row-source.ts';
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
 * that have a finite label and a prediction by every set. Rows are added up here, in the order in which they lie: so
 * a score is the same to the last bit however threads share the scan (law 7).
 */
export async function scoreHoldout(
  session: Session,
  relation: TrainingRelation,
  label: string,
  holdout: Membership,
  schema: Schema,
  candidates: readonly RidgeParameters[],
): Promise<HoldoutScore[]> {
  const names = candidates.map((_, index) => `__ev_p${index}`);
  const condition = membershipCondition(holdout, relation.eventTime);
  const rows = `(SELECT * FROM ${contentsOf(relation)}${condition === null ? '' : ` WHERE ${condition}`})`;
  const predicted = candidates.reduce(
    (input, parameters, index) => `(${predictedSql(parameters, input, schema, names[index] ?? '')})`,
    rows,
  );
  const sums = new HoldoutSums(candidates.length);
  // No condition on the predictions: DuckDB would work them out a second time to test it.
  const columns = [`CAST(${quoteIdentifier(label)} AS DOUBLE) AS __ev_y`, ...names];
  for await (const batch of session.batches(`SELECT ${columns.join(', ')} FROM ${predicted}`))
    sums.add(batch);
  return sums.scores();
}

class HoldoutSums {
  #rows = 0;
  /** Mean of the labels so far, and the sum of their squared distances from it (Welford 1962). */
  #mean = 0;
  #spread = 0;
  readonly #squares: Float64Array;
  readonly #absolutes: Float64Array;

  constructor(candidates: number) {
    this.#squares = new Float64Array(candidates);
    this.#absolutes = new Float64Array(candidates);
  }

  /** @param batch the label and each candidate's prediction, DOUBLE. */
  add(batch: ColumnBatch): void {
    const [label, ...predictions] = batch.columns.map(({ values }) => doubles(values));
    if (label === undefined) return;
    for (let row = 0; row < batch.rowCount; row++) {
      const y = label[row] ?? Number.NaN;
      if (!Number.isFinite(y) || !batch.columns.every((column) => column.isValid(row))) continue;
      this.#rows += 1;
      const step = y - this.#mean;
      this.#mean += step / this.#rows;
      this.#spread += step * (y - this.#mean);
      for (const [index, prediction] of predictions.entries()) {
        const error = y - (prediction[row] ?? Number.NaN);
        this.#squares[index] = (this.#squares[index] ?? 0) + error * error;
        this.#absolutes[index] = (this.#absolutes[index] ?? 0) + Math.abs(error);
      }
    }
  }

  scores(): HoldoutScore[] {
    const rows = this.#rows;
    return Array.from(this.#squares, (squares, index) => ({
      rows,
      rmse: finiteOrNull(Math.sqrt(squares / rows)),
      mae: finiteOrNull((this.#absolutes[index] ?? Number.NaN) / rows),
      r2: finiteOrNull(1 - squares / this.#spread),
    }));
  }
}

function doubles(values: ArrayLike<unknown>): Float64Array {
  if (values instanceof Float64Array) return values;
  throw new EverviewError('internal', 'a column of a hold-out is not DOUBLE');
}

/** Null for 0/0 and x/0: no rows, or labels that are all alike. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
