import { EverviewError } from '../core/errors.ts';
import { numericKindOf } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';
import { isText } from './feature-plan.ts';
import { type FeatureSource, sourceValue } from './feature-source.ts';
import { createRowHead, type HeadValues } from './head-row.ts';
import { type RowForm, rowForm, rowFormAt } from './row-form.ts';
import { designSize, type ModelParameters, type Scorer } from './scorer.ts';

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
  const scoring = new RowScoring(scorer);
  const head = createRowHead(scorer.head);
  return (row) => (scoring.score(row) ? head(scoring.scores, scoring.bound) : null);
}

/** The scores alone, which an explanation adds up to; null where one is missing or not finite. */
export function createRowScorer(scorer: Scorer): (row: Row) => readonly number[] | null {
  const scoring = new RowScoring(scorer);
  return (row) => (scoring.score(row) ? [...scoring.scores] : null);
}

/** A feature as the hot path reads it: straight by its column where it is one. */
type RowFeature = { readonly source: FeatureSource; readonly column: string | null };

type RowCategory = {
  readonly source: FeatureSource;
  readonly type: string;
  /** By level: its place among the category's levels. */
  readonly places: ReadonlyMap<string | null, number>;
  /** Place of the first level in the design. */
  readonly first: number;
  /** The line of `weights` for a level that is none of them. */
  readonly unseen: number;
  /** Lines of a weight per score. */
  readonly weights: Float64Array;
};

/** Scores row after row in its own memory: `scores` and `bound` are those of the last row, until the next. */
class RowScoring {
  readonly scores: Float64Array;
  /** How far the scores can be off; null: no certificate. */
  bound: number | null = null;
  readonly #offsets: Float64Array;
  readonly #isDropping: boolean;
  readonly #features: readonly RowFeature[];
  readonly #centers: Float64Array;
  /** Features × scores. */
  readonly #weights: Float64Array;
  readonly #missingWeights: Float64Array;
  readonly #categories: readonly RowCategory[];
  readonly #quadratic: readonly RowForm[] | null;
  readonly #bound: { readonly radius: number; readonly form: RowForm } | null;
  /** Null: nothing needs it. */
  readonly #design: Float64Array | null;

  constructor(scorer: Scorer) {
    const { features, offsets, quadratic, bound } = scorer;
    this.scores = new Float64Array(offsets.length);
    this.#offsets = Float64Array.from(offsets);
    this.#isDropping = scorer.missing === 'drop';
    this.#features = features.map(({ source }) => ({
      source,
      column: source.kind === 'column' ? source.column : null,
    }));
    this.#centers = Float64Array.from(features, ({ center }) => center);
    const perScore = (weights: readonly number[]) => offsets.map((_, k) => weights[k] ?? 0);
    this.#weights = Float64Array.from(features.flatMap(({ weights }) => perScore(weights)));
    this.#missingWeights = Float64Array.from(
      features.flatMap(({ missingWeights }) => perScore(missingWeights)),
    );
    let first = 2 * features.length;
    this.#categories = scorer.categories.map(({ source, type, levels, unseen }) => {
      const weights = [...levels.map((level) => level.weights), unseen].flatMap(perScore);
      const places = new Map(levels.map(({ level }, place) => [level, place]));
      const own = { places, first, unseen: levels.length, weights: Float64Array.from(weights) };
      first += levels.length;
      return { source, type, ...own };
    });
    this.#quadratic = quadratic?.map(rowForm) ?? null;
    this.#bound = bound === null ? null : { radius: bound.radius, form: rowForm(bound.form) };
    this.#design = quadratic === null && bound === null ? null : new Float64Array(designSize(scorer));
  }

  /** False: a score is missing or not finite. */
  score(row: Row): boolean {
    const { scores } = this;
    scores.set(this.#offsets);
    this.#design?.fill(0);
    if (!this.#addFeatures(row) || !this.#addCategories(row)) return false;
    if (this.#quadratic !== null && this.#design !== null) {
      for (let k = 0; k < scores.length; k++) {
        const form = this.#quadratic[k];
        if (form !== undefined) scores[k] = (scores[k] ?? 0) - rowFormAt(form, this.#design) / 2;
      }
    }
    for (let k = 0; k < scores.length; k++) if (!Number.isFinite(scores[k])) return false;
    if (this.#bound !== null && this.#design !== null)
      this.bound = this.#bound.radius * Math.sqrt(rowFormAt(this.#bound.form, this.#design));
    return true;
  }

  #addFeatures(row: Row): boolean {
    const features = this.#features;
    const design = this.#design;
    const { scores } = this;
    const count = scores.length;
    for (let index = 0; index < features.length; index++) {
      const value = numberAt(features[index], row);
      const isMissing = Number.isNaN(value);
      if (isMissing && this.#isDropping) return false;
      const distance = isMissing ? 0 : value - (this.#centers[index] ?? 0);
      const weights = isMissing ? this.#missingWeights : this.#weights;
      const factor = isMissing ? 1 : distance;
      for (let k = 0; k < count; k++)
        scores[k] = (scores[k] ?? 0) + (weights[index * count + k] ?? 0) * factor;
      if (design === null) continue;
      if (isMissing) design[features.length + index] = 1;
      else design[index] = distance;
    }
    return true;
  }

  #addCategories(row: Row): boolean {
    const { scores } = this;
    const count = scores.length;
    for (const { source, type, places, first, unseen, weights } of this.#categories) {
      const text = levelText(sourceValue(source, row), type);
      if (text === null && this.#isDropping) return false;
      const place = places.get(text);
      const from = (place ?? unseen) * count;
      for (let k = 0; k < count; k++) scores[k] = (scores[k] ?? 0) + (weights[from + k] ?? 0);
      if (this.#design !== null && place !== undefined) this.#design[first + place] = 1;
    }
    return true;
  }
}

/** A feature's value in a row; NaN: missing. */
function numberAt(feature: RowFeature | undefined, row: Row): number {
  if (feature === undefined) return Number.NaN;
  if (feature.column !== null) {
    const value = row[feature.column];
    if (typeof value === 'number') return value;
  }
  return measuredValue(feature.source, row) ?? Number.NaN;
}
