import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { largestMagnitude } from './moment-block.ts';
import type { RowSource } from './row-source.ts';
import { type Frame, type Levels, mergeLevels } from './sums-state.ts';

/**
 * The rows of a source as MomentBlock takes them: measured features and the label as DOUBLE, each category as the
 * INTEGER place in its levels. DuckDB's ENUM does that look-up far faster than strings could be read one by one.
 */
export function momentQuery(plan: FeaturePlan, source: RowSource, levels: readonly Levels[]): string {
  const codes = plan.categorical.map((feature, index) => codeExpression(feature.name, levels[index] ?? []));
  return `SELECT ${[...measures(plan), ...codes].join(', ')} ${trainable(plan, source)}`;
}

function measures(plan: FeaturePlan): string[] {
  return [...plan.measured.map((feature) => feature.name), plan.label].map(
    (name) => `CAST(${quoteIdentifier(name)} AS DOUBLE)`,
  );
}

function codeExpression(name: string, levels: Levels): string {
  const texts = levels.filter((level) => level !== null).map(quoteLiteral);
  if (texts.length === 0) return 'CAST(NULL AS INTEGER)';
  return `CAST(enum_code(CAST(${categoryText(name)} AS ENUM(${texts.join(', ')}))) AS INTEGER)`;
}

function categoryText(name: string): string {
  return `CAST(${quoteIdentifier(name)} AS VARCHAR)`;
}

/** Rows without a label never train; with `missing = drop` neither do those with a missing feature, of any kind. */
function trainable(plan: FeaturePlan, source: RowSource): string {
  const features = [...plan.measured, ...plan.categorical].map((feature) => feature.name);
  const needed = plan.missing === 'drop' ? [...features, plan.label] : [plan.label];
  const conditions = needed.map((name) => `${quoteIdentifier(name)} IS NOT NULL`);
  return `FROM (${source.sql}) WHERE ${conditions.join(' AND ')}`;
}

/** The levels that come up in the sources, at most `limit` + 1 per feature. */
export async function readLevels(
  session: Session,
  plan: FeaturePlan,
  sources: readonly RowSource[],
  limit: number,
): Promise<Levels[]> {
  if (plan.categorical.length === 0) return [];
  const found = plan.categorical.flatMap(({ name }, index) =>
    sources.map(
      (source) =>
        `(SELECT DISTINCT ${index} AS feature, ${categoryText(name)} AS level ${trainable(plan, source)} LIMIT ${limit + 1})`,
    ),
  );
  const rows = found.length === 0 ? [] : await session.rows(found.join(' UNION ALL '));
  return plan.categorical.map((_, index) => {
    const levels = rows.filter((row) => Number(row.feature) === index).map((row) => row.level);
    return mergeLevels(
      [],
      levels.map((level) => (typeof level === 'string' ? level : null)),
    );
  });
}

const sampleRows = 16_384;

/**
 * Pivots and scales from the first rows of the source: near enough to the mean and the standard deviation that sums
 * around them do not cancel (needsRebase tells when they are not).
 */
export async function sampleFrame(session: Session, plan: FeaturePlan, source: RowSource): Promise<Frame> {
  const columns = measures(plan);
  const names = columns.map((_, index) => `m${index}`);
  const summaries = names.map((name) => {
    const finite = `FILTER (abs(${name}) <= ${largestMagnitude.toExponential()})`;
    const aggregates = ['avg', 'stddev_pop', 'min', 'max'].map((call) => `${call}(${name}) ${finite}`);
    return `[${aggregates.join(', ')}] AS ${name}`;
  });
  const sample = `SELECT ${columns.map((column, index) => `${column} AS m${index}`).join(', ')} ${trainable(plan, source)} LIMIT ${sampleRows}`;
  const [row = {}] = await session.rows(`SELECT ${summaries.join(', ')} FROM (${sample})`);
  const frame = { pivot: new Float64Array(names.length), scale: new Float64Array(names.length).fill(1) };
  names.forEach((name, measure) => {
    const [mean, deviation, least, greatest] = numbers(row[name]);
    if (mean === undefined || plan.measured[measure]?.kind === 'boolean') return;
    if (least === greatest) frame.pivot[measure] = least ?? 0;
    else setFrame(frame, measure, mean, deviation || ((greatest ?? 0) - (least ?? 0)) / 2);
  });
  return frame;
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
}

/** Rounds the scale to a power of two and the pivot to a multiple of it, so that (x − pivot) / scale is exact. */
export function setFrame(frame: Frame, measure: number, mean: number, deviation: number): void {
  const scale = 2 ** Math.max(-400, Math.min(Math.round(Math.log2(deviation)), 400));
  frame.scale[measure] = scale;
  frame.pivot[measure] = Math.round(mean / scale) * scale;
}
