import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { type Schema, sameName } from '../core/schema.ts';
import { balancedSum, doubleLiteral, linearTermsSql } from './design-sql.ts';
import { sourceColumns } from './feature-source.ts';
import { designEntries } from './form-sql.ts';
import { predictionColumns } from './head.ts';
import { scoreNames } from './model-weights.ts';
import { assertFree, predictionSql } from './predict-sql.ts';
import { designSize, type QuadraticForm, type Scorer } from './scorer.ts';

const termsPrefix = '__ev_terms';
const linearPrefix = '__ev_linear';
const designColumn = '__ev_design';

/** Columns that EXPLAIN_PREDICT adds after those of PREDICT. */
const contributionColumns = ['score', 'baseline', 'contributions'] as const;

/** What the model reads cannot be left out of the input: where that is a `score`, the column is `prediction_score`. */
function freeNames({ features, categories }: Scorer, schema: Schema): string[] {
  const read = [...features, ...categories].flatMap(({ source }) => sourceColumns(source));
  const names = contributionColumns.map((name) =>
    read.some((column) => sameName(column, name)) ? `prediction_${name}` : name,
  );
  assertFree(names, schema);
  return names;
}

/**
 * As `predictionSql`, and three columns more: `score`, its `baseline` (every number at its centre, nothing missing, no
 * level known) and `contributions`, a MAP of what each feature adds: `baseline` and they sum to `score`. With several
 * scores each of the three is a MAP by score. NULL where there is no prediction.
 *
 * Of a quadratic score, a term of two features is shared equally by both, which makes the contributions the Shapley
 * values of the score against the baseline: with the form Σ_r (c_r + row_r·d)² = Σ c_r² + 2b·d + d·Qd, where
 * b = Σ c_r·row_r and Q = Σ row_r row_rᵀ, column j of the design adds d_j·(2b_j + Q_j·d).
 */
export function explainedPredictionSql(scorer: Scorer, input: string, schema: Schema): string {
  const names = freeNames(scorer, schema);
  const predicted = `(${predictionSql(scorer, input, schema)})`;
  const scores = scoreNames(scorer.head, scorer.offsets.length);
  const from =
    scorer.quadratic === null
      ? linearTerms(scorer, predicted, schema)
      : quadraticTerms(scorer, scorer.quadratic, predicted, schema);
  const made = scores.map((_, k) => `${termsPrefix}${k}`).join(', ');
  const given = quoteIdentifier(predictionColumns(scorer)[0]?.name ?? 'prediction');
  const features = [...scorer.features, ...scorer.categories].map(({ name }) => name);
  const baselines = scores.map((_, k) => doubleLiteral(baselineOf(scorer, k)));
  const columns = [
    byScore(scores, (k) => `${baselines[k]} + list_sum(${termsPrefix}${k})`),
    byScore(scores, (k) => baselines[k] ?? 'NULL'),
    byScore(scores, (k) => `MAP(${textList(features)}, ${termsPrefix}${k})`),
  ].map((value, index) => `CASE WHEN ${given} IS NOT NULL THEN ${value} END AS ${names[index]}`);
  return `SELECT * EXCLUDE (${made}), ${columns.join(', ')} FROM (${from})`;
}

function byScore(scores: readonly string[], value: (k: number) => string): string {
  if (scores.length === 1) return value(0);
  return `MAP(${textList(scores)}, [${scores.map((_, k) => value(k)).join(', ')}])`;
}

function textList(texts: readonly string[]): string {
  return `[${texts.map(quoteLiteral).join(', ')}]`;
}

function baselineOf({ offsets, quadratic }: Scorer, k: number): number {
  const constants = quadratic?.[k]?.constants ?? [];
  return (offsets[k] ?? 0) - constants.reduce((sum, constant) => sum + constant * constant, 0) / 2;
}

function linearTerms(scorer: Scorer, from: string, schema: Schema): string {
  const terms = scorer.offsets.map(
    (_, k) => `[${linearTermsSql(scorer, k, schema).join(', ')}] AS ${termsPrefix}${k}`,
  );
  return `SELECT *, ${terms.join(', ')} FROM ${from}`;
}

function quadraticTerms(
  scorer: Scorer,
  forms: readonly QuadraticForm[],
  from: string,
  schema: Schema,
): string {
  const linear = scorer.offsets.map(
    (_, k) => `[${linearTermsSql(scorer, k, schema).join(', ')}] AS ${linearPrefix}${k}`,
  );
  const designed = `SELECT *, [${designEntries(scorer, schema).join(', ')}] AS ${designColumn}, ${linear.join(', ')} FROM ${from}`;
  const places = designPlaces(scorer);
  const terms = forms.map((form, k) => {
    const shares = formShares(form, designSize(scorer));
    const list = places.map((own, index) => {
      const share = balancedSum(own.flatMap((place) => shares[place] ?? []));
      return `${linearPrefix}${k}[${index + 1}]${share === '' ? '' : ` - (${share}) / 2`}`;
    });
    return `[${list.join(', ')}] AS ${termsPrefix}${k}`;
  });
  const left = [designColumn, ...scorer.offsets.map((_, k) => `${linearPrefix}${k}`)].join(', ');
  return `SELECT * EXCLUDE (${left}), ${terms.join(', ')} FROM (${designed})`;
}

/** The places in the design that each feature, then each category, has. */
function designPlaces({ features, categories }: Scorer): number[][] {
  let next = 2 * features.length;
  return [
    ...features.map((_, index) => [index, features.length + index]),
    ...categories.map(({ levels }) => levels.map(() => next++)),
  ];
}

/** Per column of the design: what it adds to the form; null where that is always 0. */
function formShares({ constants, rows }: QuadraticForm, size: number): (string | null)[] {
  return Array.from({ length: size }, (_, j) => {
    const ofRows = rows.map((row) => row[j] ?? 0);
    if (ofRows.every((weight) => weight === 0)) return null;
    const double = 2 * ofRows.reduce((sum, weight, r) => sum + weight * (constants[r] ?? 0), 0);
    const products = Array.from({ length: size }, (_, i) =>
      doubleLiteral(ofRows.reduce((sum, weight, r) => sum + weight * (rows[r]?.[i] ?? 0), 0)),
    );
    const inner = `list_inner_product(${designColumn}, [${products.join(', ')}])`;
    return `${designColumn}[${j + 1}] * (${doubleLiteral(double)} + ${inner})`;
  });
}
