import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { numericKindOf } from '../core/schema.ts';
import type { ColumnVector, Session } from '../core/session.ts';
import type { CategoricalFeature } from './feature.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { sourceSql } from './feature-source.ts';
import { largestMagnitude } from './moment-block.ts';
import { type RowSource, rowsOf } from './row-source.ts';
import { weightRootSql } from './row-weight.ts';
import { type Frame, type Levels, mergeLevels } from './sums-state.ts';

/**
 * The rows of a source as MomentBlock takes them: measured features and the label as DOUBLE, each category as the
 * INTEGER place in its levels. DuckDB's ENUM does that look-up far faster than strings could be read one by one.
 */
export function momentQuery(plan: FeaturePlan, source: RowSource, levels: readonly Levels[]): string {
  const codes = plan.categorical.map((feature, index) => codeExpression(feature, levels[index] ?? []));
  const roots = plan.weighting === null ? [] : [weightRootSql(plan.weighting)];
  return `SELECT ${[...measures(plan), ...codes, ...roots].join(', ')} ${trainable(plan, source)}`;
}

function measures(plan: FeaturePlan): string[] {
  // A label that is a class has no number: sums by class tell them apart.
  const label = plan.task === 'number' ? quoteIdentifier(plan.label) : '0';
  return [...plan.measured.map((feature) => sourceSql(feature.source)), label].map(
    (value) => `CAST(${value} AS DOUBLE)`,
  );
}

function codeExpression(feature: CategoricalFeature, levels: Levels): string {
  const texts = levels.filter((level) => level !== null).map(quoteLiteral);
  if (texts.length === 0) return 'CAST(NULL AS INTEGER)';
  return `CAST(enum_code(CAST(${categoryText(feature)} AS ENUM(${texts.join(', ')}))) AS INTEGER)`;
}

function categoryText({ source }: CategoricalFeature): string {
  return `CAST(${sourceSql(source)} AS VARCHAR)`;
}

/** Conditions on the rows of a source that train: those of `momentQuery`, and that no number is infinite. */
export function trainedConditions(plan: FeaturePlan): string[] {
  const numbers = plan.measured.map(({ source }) => {
    const value = `CAST(${sourceSql(source)} AS DOUBLE)`;
    const isTame = `abs(${value}) <= ${largestMagnitude}`;
    return plan.missing === 'drop' ? isTame : `coalesce(isnan(${value}) OR ${isTame}, true)`;
  });
  return [...trainableConditions(plan), ...numbers];
}

/** Rows without a label, or with a weight that is not above 0, never train; with `missing = drop` neither do those with a missing feature, of any kind. */
function trainable(plan: FeaturePlan, source: RowSource): string {
  return rowsOf(source, trainableConditions(plan));
}

function trainableConditions(plan: FeaturePlan): string[] {
  const features = [...plan.measured, ...plan.categorical].map((feature) => sourceSql(feature.source));
  const label = plan.task === 'none' ? [] : [plan.label, ...plan.furtherLabels].map(quoteIdentifier);
  const needed = plan.missing === 'drop' ? [...features, ...label] : label;
  const root = plan.weighting === null ? null : weightRootSql(plan.weighting);
  const weighted = root === null ? [] : [`${root} > 0 AND isfinite(${root})`];
  // Further labels are summed as features are, where a NaN would count as a missing value.
  const numbers = plan.furtherLabels.map((name) => `NOT isnan(CAST(${quoteIdentifier(name)} AS DOUBLE))`);
  return [...needed.map((value) => `${value} IS NOT NULL`), ...numbers, ...weighted];
}

/**
 * Levels and classes are written into the queries that read them.
 * @throws EverviewError `unsupported` for a text that no literal of DuckDB can hold.
 */
export function assertQuotable({ model }: FeaturePlan, name: string, texts: readonly unknown[]): void {
  if (!texts.some((text) => typeof text === 'string' && text.includes('\u0000'))) return;
  throw new EverviewError(
    'unsupported',
    `"${name}" of model "${model}" has a text with a NUL character in it`,
    {
      hint: `take it out in the SELECT of the training set: replace(${quoteIdentifier(name)}, chr(0), '')`,
    },
  );
}

/**
 * The levels that come up in the sources together, at most `limit` + 1 per feature; of rows to be taken away too: one
 * that was left out of the sums, for an infinity, may have a level that is in no other.
 * @throws EverviewError `unsupported` for a text that cannot be written into a query.
 */
export async function readLevels(
  session: Session,
  plan: FeaturePlan,
  sources: readonly RowSource[],
  limit: number,
): Promise<Levels[]> {
  if (plan.categorical.length === 0) return [];
  const found = plan.categorical.map((feature, index) => {
    const values = sources.map(
      (source) => `SELECT ${levelValue(feature)} AS value ${trainable(plan, source)}`,
    );
    const distinct = `SELECT DISTINCT value FROM (${values.join(' UNION ALL ')}) LIMIT ${limit + 1}`;
    return `SELECT ${index} AS feature, CAST(value AS VARCHAR) AS level FROM (${distinct})`;
  });
  const rows = sources.length === 0 ? [] : await session.rows(found.join(' UNION ALL '));
  return plan.categorical.map(({ name }, index) => {
    const levels = rows.filter((row) => Number(row.feature) === index).map((row) => row.level);
    assertQuotable(plan, name, levels);
    return mergeLevels(
      [],
      levels.map((level) => (typeof level === 'string' ? level : null)),
    );
  });
}

/** What tells levels apart: their text, or of whole numbers the number, which need not be printed for every row. */
function levelValue(feature: CategoricalFeature): string {
  return numericKindOf(feature.type) === 'integer' ? sourceSql(feature.source) : categoryText(feature);
}

const sampleRows = 16_384;

/**
 * Pivots and scales from the first rows of the source: near enough to the mean and the standard deviation that sums
 * around them do not cancel (needsRebase tells when they are not).
 */
export async function sampleFrame(session: Session, plan: FeaturePlan, source: RowSource): Promise<Frame> {
  const columns = measures(plan);
  const samples = columns.map(() => new ColumnSample());
  const query = `SELECT ${columns.join(', ')} ${trainable(plan, source)} LIMIT ${sampleRows}`;
  for await (const batch of session.batches(query)) {
    for (const [measure, sample] of samples.entries()) {
      const column = batch.columns[measure];
      if (column !== undefined) sample.take(column, batch.rowCount);
    }
  }
  const frame = { pivot: new Float64Array(columns.length), scale: new Float64Array(columns.length).fill(1) };
  for (const [measure, sample] of samples.entries()) {
    if (plan.measured[measure]?.kind !== 'boolean') sample.set(frame, measure);
  }
  return frame;
}

/** Mean and deviation of the finite numbers of a column, roughly: around the first of them. */
class ColumnSample {
  #count = 0;
  #first = 0;
  #sum = 0;
  #squares = 0;

  take({ values, isValid }: ColumnVector, rows: number): void {
    for (let row = 0; row < rows; row++) {
      const value = isValid(row) ? Number(values[row]) : Number.NaN;
      if (!(Math.abs(value) <= largestMagnitude)) continue;
      if (this.#count === 0) this.#first = value;
      this.#count += 1;
      this.#sum += value - this.#first;
      this.#squares += (value - this.#first) ** 2;
    }
  }

  set(frame: Frame, measure: number): void {
    if (this.#count === 0) return;
    const shift = this.#sum / this.#count;
    const squares = this.#squares / this.#count;
    if (squares === 0) frame.pivot[measure] = this.#first;
    else
      setFrame(
        frame,
        measure,
        this.#first + shift,
        Math.sqrt(Math.max(squares - shift ** 2, squares * 1e-6)),
      );
  }
}

/** Rounds the scale to a power of two and the pivot to a multiple of it, so that (x − pivot) / scale is exact. */
export function setFrame(frame: Frame, measure: number, mean: number, deviation: number): void {
  const scale = 2 ** Math.max(-400, Math.min(Math.round(Math.log2(deviation)), 400));
  frame.scale[measure] = scale;
  frame.pivot[measure] = Math.round(mean / scale) * scale;
}
