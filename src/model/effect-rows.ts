import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { type BatchColumn, type BatchColumns, readBlocks } from '../ingest/profile/batch-columns.ts';
import { columnKindOf } from '../ingest/profile/column-kind.ts';
import type { Contender } from './contender.ts';
import type { PredictedRows } from './effect-figures.ts';
import { labelSql, nameOfOutput, outputSql } from './holdout-sql.ts';
import type { EventTimeColumn } from './training-window.ts';

/** Rows with the columns of a training set, and the model that predicts them. */
export type EffectRequest = {
  /** A SELECT. */
  readonly select: string;
  /** Of the training set. */
  readonly schema: Schema;
  readonly label: string;
  readonly eventTime: EventTimeColumn | null;
  readonly features: readonly string[];
  readonly contender: Contender;
};

/** Rows that are looked at, at most; of more, those that a hash of what is read puts first. */
export const effectRows = 50_000;

/**
 * What a model predicts for the labelled rows of a SELECT, through the path that answers queries; null where no row has
 * both. In the order of their time, and equal times by all that is read: so the order never depends on threads (law 7).
 */
export async function predictedRows(session: Session, request: EffectRequest): Promise<PredictedRows | null> {
  const { contender, schema, eventTime } = request;
  const classes = contender.output.kind === 'class' ? contender.output.classes : null;
  const outputs = outputSql(contender, 0, classes);
  const features = request.features.flatMap((name) => findColumn(schema, name) ?? []);
  const columns = [
    eventTime === null ? 'NULL::DOUBLE' : `epoch_us(${quoteIdentifier(eventTime.name)}::TIMESTAMP)::DOUBLE`,
    labelSql({ label: request.label, classes }),
    ...outputs,
    ...features.map(({ name }) => quoteIdentifier(name)),
  ];
  const named = columns.map((sql, place) => `${sql} AS ${nameAt(place)}`);
  const predicted = contender.select(`(${request.select})`, schema, nameOfOutput(0));
  const read = `SELECT ${named.join(', ')} FROM (${predicted})`;
  const sample = `SELECT * FROM (${read}) AS r WHERE ${nameAt(1)} IS NOT NULL ORDER BY hash(r) LIMIT ${effectRows}`;
  const readSchema: Schema = columns.map((_, place) => ({
    name: nameAt(place),
    type: features[place - 2 - outputs.length]?.type ?? 'DOUBLE',
  }));
  for await (const block of readBlocks(session, `(SELECT * FROM (${sample}) ORDER BY ALL)`, readSchema)) {
    return ofBlock(block, classes, outputs.length, features);
  }
  return null;
}

function nameAt(place: number): string {
  return `__ev_e${place}`;
}

function ofBlock(
  block: BatchColumns,
  classes: readonly string[] | null,
  outputCount: number,
  features: Schema,
): PredictedRows | null {
  const needed = block.columns.slice(1, 2 + outputCount);
  const rows: number[] = [];
  for (let row = 0; row < block.rows; row++) {
    if (needed.every(({ present, numbers }) => present[row] === 1 && Number.isFinite(numbers[row])))
      rows.push(row);
  }
  if (rows.length === 0) return null;
  const [time, labels, predictions, ...further] = block.columns.map((column) => picked(column, rows));
  if (time === undefined || labels === undefined || predictions === undefined) return null;
  const probabilities = further.slice(0, outputCount - 1).map(({ numbers }) => numbers);
  return {
    rows: rows.length,
    labels: labels.numbers,
    predictions: predictions.numbers,
    probabilities:
      classes === null || probabilities.length > 0
        ? probabilities
        : classes.map((_, place) => predictions.numbers.map((one) => Number(one === place))),
    features: further.slice(outputCount - 1).map((column, place) => ({
      ...column,
      name: features[place]?.name ?? '',
      kind: columnKindOf(features[place]?.type ?? ''),
    })),
    isTimed: time.present.includes(1),
  };
}

function picked(column: BatchColumn, rows: readonly number[]): BatchColumn {
  const isText = column.kind === 'text';
  return {
    ...column,
    numbers: Float64Array.from(isText ? [] : rows, (row) => column.numbers[row] ?? 0),
    texts: isText ? rows.map((row) => column.texts[row] ?? null) : [],
    present: Uint8Array.from(rows, (row) => column.present[row] ?? 0),
  };
}
