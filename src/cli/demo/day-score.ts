import type { Row } from '../../index.ts';
import { dateOf } from './demo-plan.ts';
import { double, type LinearParameters, linearSql } from './linear-sql.ts';

/** Sums over some flights; errors are squared, in minutes². */
export type Errors = {
  readonly rows: number;
  /** Of the version that answered. */
  readonly model: number;
  /** Of the first version, had it never been refreshed. */
  readonly first: number;
  /** Of predicting the mean of the answering version's training rows. */
  readonly mean: number;
};

/** A tenth of the flights of each day, in the order of their prediction. */
export type Tenth = { readonly rows: number; readonly delay: number; readonly predicted: number };

/** One day's flights against what was predicted of them before they were seen. */
export type DayScore = Errors & { readonly day: number; readonly tenths: readonly Tenth[] };

export const noErrors: Errors = { rows: 0, model: 0, first: 0, mean: 0 };

/** A SELECT of ten rows with the sums of one day. */
export function dayScoreSql(day: number, first: LinearParameters, mean: number): string {
  return `
    SELECT tenth, count(*) AS rows, sum(delay) AS delay, sum(prediction) AS predicted,
           sum((delay - prediction) ** 2) AS model,
           sum((delay - ${linearSql(first)}) ** 2) AS first,
           sum((delay - ${double(mean)}) ** 2) AS mean
    FROM (SELECT *, ntile(10) OVER (ORDER BY prediction) AS tenth
          FROM PREDICT(delay, (SELECT * FROM flight_features WHERE day = DATE '${dateOf(day)}')))
    GROUP BY tenth ORDER BY tenth`;
}

export function readDayScore(day: number, rows: readonly Row[]): DayScore {
  const tenths = rows.map((row) => ({
    rows: Number(row.rows),
    delay: Number(row.delay),
    predicted: Number(row.predicted),
  }));
  return { day, tenths, ...rows.map(readErrors).reduce(addErrors, noErrors) };
}

function readErrors(row: Row): Errors {
  return {
    rows: Number(row.rows),
    model: Number(row.model),
    first: Number(row.first),
    mean: Number(row.mean),
  };
}

export function addErrors(a: Errors, b: Errors): Errors {
  return {
    rows: a.rows + b.rows,
    model: a.model + b.model,
    first: a.first + b.first,
    mean: a.mean + b.mean,
  };
}

/** Root of the mean square. */
export function rmse(squares: number, rows: number): number {
  return Math.sqrt(squares / rows);
}
