import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { Contender } from './contender.ts';
import { blockCount } from './metrics/block-losses.ts';
import { contentsOf, type TrainingRelation } from './row-source.ts';
import { type Membership, membershipCondition } from './training-window.ts';

/** What is read of the rows to be scored, once for all models, windows and slices. */
export type HoldoutRows = {
  readonly relation: TrainingRelation;
  /** Of the training set. */
  readonly schema: Schema;
  readonly label: string;
  /** The hold-out, then the windows before it, the newest first; they do not overlap. */
  readonly windows: readonly Membership[];
  /** Columns by whose values the hold-out is cut. */
  readonly slices: readonly string[];
  /** The candidate, then the current model if there is one. */
  readonly contenders: readonly Contender[];
  /** Of the contenders together; null: they predict numbers. */
  readonly classes: readonly string[] | null;
};

/**
 * A SELECT of: the cell (`window · blockCount + block`), INTEGER; the label, per contender its prediction and its
 * probabilities, all DOUBLE, classes by their place; then the slices' values, VARCHAR, NULL outside the hold-out.
 */
export function holdoutSql(rows: HoldoutRows): string {
  const { relation, schema, windows, slices, contenders } = rows;
  const cell = cellSql(windows, relation);
  const oldest = windows.at(-1);
  const condition =
    oldest === undefined ? null : membershipCondition(joined(windows, oldest), relation.eventTime);
  const where = condition === null ? '' : ` WHERE ${condition}`;
  const input = `(SELECT *, ${cell} AS __ev_cell FROM ${contentsOf(relation)}${where})`;
  const predicted = contenders.reduce(
    (from, contender, index) => `(${contender.select(from, schema, nameOfOutput(index))})`,
    input,
  );
  const columns = [
    'CAST(__ev_cell AS INTEGER)',
    labelSql(rows),
    ...contenders.flatMap((contender, index) => outputSql(contender, index, rows.classes)),
    ...slices.map(
      (column) => `CASE WHEN __ev_cell < ${blockCount} THEN CAST(${quoteIdentifier(column)} AS VARCHAR) END`,
    ),
  ];
  // No condition on the predictions: DuckDB would work them out a second time to test it.
  const named = columns.map((column, index) => `${column} AS __ev_c${index}`);
  return `SELECT ${named.join(', ')} FROM ${predicted}`;
}

/**
 * A SELECT of the values of a column that are slices of their own, by their labelled rows in the hold-out: `value`, VARCHAR.
 * Slices of fewer than `least` such rows, and those beyond the greatest `most`, are judged together as one.
 */
export function ownSlicesSql(
  { relation, windows, label, classes }: HoldoutRows,
  column: string,
  { least, most }: { readonly least: number; readonly most: number },
): string {
  const [holdout] = windows;
  const condition = holdout === undefined ? null : membershipCondition(holdout, relation.eventTime);
  const name = quoteIdentifier(label);
  const labelled = classes === null ? `isfinite(CAST(${name} AS DOUBLE))` : `${name} IS NOT NULL`;
  const where = `${condition === null ? '' : `${condition} AND `}${labelled}`;
  return `SELECT CAST(${quoteIdentifier(column)} AS VARCHAR) AS value FROM ${contentsOf(relation)} WHERE ${where}
    GROUP BY ALL HAVING count(*) >= ${least} ORDER BY count(*) DESC, value NULLS LAST LIMIT ${most}`;
}

/** The names of what a contender predicts, beside the others. */
export function nameOfOutput(contender: number): (column: string) => string {
  return (column) => `__ev_${contender}_${column}`;
}

function joined([newest]: readonly Membership[], oldest: Membership): Membership {
  return newest?.kind === 'span' && oldest.kind === 'span'
    ? { kind: 'span', afterUs: oldest.afterUs, untilUs: newest.untilUs }
    : oldest;
}

/** Which window a row is in, and which of its blocks: parts of equal length, by the row's own time alone. */
function cellSql(windows: readonly Membership[], relation: TrainingRelation): string {
  const cases = windows.map((window, index) => {
    const condition = membershipCondition(window, relation.eventTime) ?? 'true';
    const first = index * blockCount;
    if (window.kind === 'all' || window.afterUs === null || relation.eventTime === null)
      return `WHEN ${condition} THEN ${first}`;
    const length = window.untilUs - window.afterUs;
    const passed = `epoch_us(${quoteIdentifier(relation.eventTime.name)}) - ${window.afterUs} - 1`;
    return `WHEN ${condition} THEN ${first} + least(${blockCount - 1}, greatest(0, (${passed}) * ${blockCount} // ${length}))`;
  });
  return `CASE ${cases.join(' ')} END`;
}

/** The label as DOUBLE; a class by its place. */
export function labelSql({ label, classes }: Pick<HoldoutRows, 'label' | 'classes'>): string {
  const name = quoteIdentifier(label);
  return classes === null ? `CAST(${name} AS DOUBLE)` : placeSql(name, classes);
}

/** The place of a class in the list, from 0 on, −1 for one that is not in it; NULL for NULL. */
function placeSql(name: string, classes: readonly string[]): string {
  const list = `CAST([${classes.map(quoteLiteral).join(', ')}] AS VARCHAR[])`;
  const place = `coalesce(list_position(${list}, CAST(${name} AS VARCHAR)), 0) - 1`;
  return `CASE WHEN ${name} IS NOT NULL THEN CAST(${place} AS DOUBLE) END`;
}

/** The prediction of a contender, and the probabilities of its classes, as DOUBLE. */
export function outputSql({ output }: Contender, index: number, classes: readonly string[] | null): string[] {
  const name = (column: string) => quoteIdentifier(nameOfOutput(index)(column));
  const double = (column: string) => `CAST(${name(column)} AS DOUBLE)`;
  if (output.kind === 'number') return [double(output.prediction)];
  const [first, ...others] = output.probabilities.map(double);
  const probabilities =
    first === undefined ? [] : others.length === 0 ? [`1 - ${first}`, first] : [first, ...others];
  return [placeSql(name(output.prediction), classes ?? []), ...probabilities];
}
