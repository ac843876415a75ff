import { EverviewError } from '../core/errors.ts';
import { numericKindOf } from '../core/schema.ts';
import type { Row, SqlValue } from '../core/value.ts';
import { isText } from './feature-plan.ts';
import type { RidgeFeature, RidgeParameters } from './ridge-parameters.ts';

/** A feature's value: null when missing. Decimals of many digits come as text. */
export function measuredValue(feature: RidgeFeature, row: Row): number | null {
  const value = row[feature.name];
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
export function createRowPredictor(parameters: RidgeParameters): (row: Row) => number | null {
  const { features, offset, missing } = parameters;
  const categories = parameters.categories.map(({ name, type, levels }) => ({
    name,
    type,
    weights: new Map(levels.map(({ level, weight }) => [level, weight])),
  }));
  return (row) => {
    let prediction = offset;
    for (const feature of features) {
      const value = measuredValue(feature, row);
      if (value !== null) prediction += feature.weight * (value - feature.center);
      else if (missing === 'drop') return null;
      else prediction += feature.missingWeight;
    }
    for (const { name, type, weights } of categories) {
      const level = levelText(row[name], type);
      if (level === null && missing === 'drop') return null;
      prediction += weights.get(level) ?? 0;
    }
    return Number.isFinite(prediction) ? prediction : null;
  };
}
