import { EverviewError } from '../core/errors.ts';
import { numericKindOf } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';
import { isText } from './feature-plan.ts';
import { type FeatureSource, sourceValue } from './feature-source.ts';
import { type HeadValues, headValues } from './head-row.ts';
import type { ModelParameters, QuadraticForm, Scorer } from './scorer.ts';

/** A feature's value: null when missing. Decimals of many digits come as text. */
export function measuredValue(source: FeatureSource, row: Row): number | null {
  const value = sourceValue(source, row);
  if (value === null || value === undefined) return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}

/**
 * A category's value as DuckDB casts it to VARCHAR.
 * @throws EverviewError `unsupported` for types whose text only DuckDB knows (floats, times).
 */
export function levelText(value: SqlValue | undefined, type: string): string | null {
  if (value === null || value === undefined) return null;
  if (isText(type) || type === 'BOOLEAN' || type === 'UUID' || numericKindOf(type) === 'integer')
    return String(value);
  const digits = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (digits !== undefined) return typeof value === 'number' ? value.toFixed(Number(digits)) : String(value);
  if (type === 'DATE' && value instanceof Date) return value.toISOString().slice(0, 10);
  throw new EverviewError('unsupported', `a single row cannot be predicted over a category of type ${type}`, {
    hint: 'predict in SQL, or cast the column to VARCHAR in the training set',
  });
}

/**
 * The same function as `predictionSql`, for one row at a time: rows by the names the training set gives the features.
 * Null where the model gives no prediction.
 */
export function createRowPredictor({
  scorer,
}: Pick<ModelParameters, 'scorer'>): (row: Row) => HeadValues | null {
  const scoreRow = createRowScorer(scorer);
  return (row) => {
    const scored = scoreRow(row);
    return scored === null ? null : headValues(scorer.head, scored.scores, scored.bound);
  };
}

/** The scores of a row, and how far they can be off (null: no certificate); null where one is missing or not finite. */
export type RowScores = { readonly scores: readonly number[]; readonly bound: number | null };

export function createRowScorer(scorer: Scorer): (row: Row) => RowScores | null {
  const { features, offsets, missing, quadratic, bound } = scorer;
  const categories = scorer.categories.map(({ source, type, levels, unseen }, index) => ({
    source,
    type,
    unseen,
    first: 2 * features.length + levelsBefore(scorer, index),
    places: new Map(levels.map(({ level }, place) => [level, place])),
    levels,
  }));
  const needsDesign = quadratic !== null || bound !== null;
  return (row) => {
    const scores = [...offsets];
    const design: number[] = [];
    for (const [index, feature] of features.entries()) {
      const value = measuredValue(feature.source, row);
      if (value === null && missing === 'drop') return null;
      const distance = value === null ? 0 : value - feature.center;
      const weights = value === null ? feature.missingWeights : feature.weights;
      for (let k = 0; k < scores.length; k++) {
        scores[k] = (scores[k] ?? 0) + (weights[k] ?? 0) * (value === null ? 1 : distance);
      }
      if (needsDesign) {
        design[index] = distance;
        design[features.length + index] = value === null ? 1 : 0;
      }
    }
    for (const { source, type, unseen, places, levels, first } of categories) {
      const text = levelText(sourceValue(source, row), type);
      if (text === null && missing === 'drop') return null;
      const place = places.get(text);
      const weights = place === undefined ? unseen : (levels[place]?.weights ?? unseen);
      for (let k = 0; k < scores.length; k++) scores[k] = (scores[k] ?? 0) + (weights[k] ?? 0);
      if (needsDesign && place !== undefined) design[first + place] = 1;
    }
    quadratic?.forEach((form, k) => {
      scores[k] = (scores[k] ?? 0) - formValue(form, design) / 2;
    });
    if (!scores.every(Number.isFinite)) return null;
    return { scores, bound: bound === null ? null : bound.radius * Math.sqrt(formValue(bound.form, design)) };
  };
}

function levelsBefore({ categories }: Scorer, index: number): number {
  return categories.slice(0, index).reduce((total, { levels }) => total + levels.length, 0);
}

/** @param design what is absent is 0. */
export function formValue({ constants, rows }: QuadraticForm, design: readonly number[]): number {
  let total = 0;
  rows.forEach((row, index) => {
    let sum = constants[index] ?? 0;
    for (let j = 0; j < row.length; j++) sum += (row[j] ?? 0) * (design[j] ?? 0);
    total += sum * sum;
  });
  return total;
}
