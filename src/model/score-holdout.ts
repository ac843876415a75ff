import { quoteIdentifier } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
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
 * that have a finite label and a prediction by every set.
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
  const y = `CAST(${quoteIdentifier(label)} AS DOUBLE)`;
  const usable = [`isfinite(${y})`, ...names.map((name) => `${name} IS NOT NULL`)].join(' AND ');
  const errors = names.flatMap((name, index) => [
    `${sorted(`(${y} - ${name}) ** 2`)} AS __ev_s${index}`,
    `${sorted(`abs(${y} - ${name})`)} AS __ev_a${index}`,
  ]);
  const labels = `SELECT count(*) AS n, ${[`${sorted(y)} AS __ev_y`, ...errors].join(', ')} FROM ${predicted} WHERE ${usable}`;
  const metrics = names.map(
    (name, index) =>
      `[list_sum(__ev_s${index}) / n, list_sum(__ev_a${index}) / n,
        list_sum(list_transform(__ev_y, lambda y: (y - __ev_m) ** 2)) / n] AS ${name}`,
  );
  const [row = {}] = await session.rows(
    `SELECT n, ${metrics.join(', ')} FROM (SELECT *, list_sum(__ev_y) / n AS __ev_m FROM (${labels}))`,
  );
  return names.map((name) => scoreOf(Number(row.n ?? 0), row[name]));
}

/** Summed from the smallest on: the score is then the same to the last bit however threads share the rows (law 7). */
function sorted(expression: string): string {
  return `list_sort(list(${expression}))`;
}

function scoreOf(rows: number, metrics: unknown): HoldoutScore {
  const [squares, absolute, variance] = Array.isArray(metrics) ? metrics.map(finiteOrNull) : [];
  if (rows === 0 || squares === undefined || squares === null)
    return { rows, rmse: null, mae: null, r2: null };
  return {
    rows,
    rmse: Math.sqrt(squares),
    mae: absolute ?? null,
    r2: variance === undefined || variance === null || variance === 0 ? null : 1 - squares / variance,
  };
}

function finiteOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
