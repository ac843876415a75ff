import { quoteLiteral } from '../core/identifier.ts';
import { balancedSum } from './design-sql.ts';
import { predictionColumns } from './head.ts';
import type { Scorer } from './scorer.ts';

export type HeadInput = {
  /** Names of the columns that hold the scores. */
  readonly scores: readonly string[];
  /** The column that holds how far each score can be off; null: no bound. */
  readonly bound: string | null;
};

/** The output columns of a scorer over columns that hold its scores: expressions in the order of `predictionColumns`. */
export function headSql(scorer: Scorer, { scores, bound }: HeadInput): string[] {
  const expressions = [...columnsOf(scorer, scores), ...boundsOf(scorer, scores, bound)];
  const finite = scores.map((score) => `isfinite(${score})`).join(' AND ');
  return predictionColumns(scorer).map((_, index) => `CASE WHEN ${finite} THEN ${expressions[index]} END`);
}

function columnsOf({ head }: Scorer, scores: readonly string[]): string[] {
  const [first = 'NULL'] = scores;
  switch (head.kind) {
    case 'identity':
      return [...scores];
    case 'exponential':
      return [finiteExp(first)];
    case 'logistic': {
      const [negative, positive] = head.classes.map((label) => classSql(label, head.type));
      return [`CASE WHEN ${first} > 0 THEN ${positive} ELSE ${negative} END`, sigmoid(first)];
    }
    case 'softmax': {
      const label = firstGreatest(
        scores,
        head.classes.map((one) => classSql(one, head.type)),
      );
      const told = scores.length === 2 ? scores.slice(1) : scores;
      return [label, ...told.map((score) => softmax(scores, score))];
    }
    case 'nearest':
      return [
        firstGreatest(
          scores,
          scores.map((_, index) => `CAST(${index + 1} AS BIGINT)`),
        ),
      ];
  }
}

function boundsOf({ head }: Scorer, scores: readonly string[], bound: string | null): string[] {
  if (bound === null) return [];
  const [first = 'NULL'] = scores;
  switch (head.kind) {
    case 'identity':
      return [bound];
    case 'exponential':
      // as of one row: the second form where the mean may be 0 or e^bound infinite
      return [
        `CASE WHEN ${first} >= 709 THEN NULL WHEN ${bound} < 1 THEN exp(${first}) * (exp(${bound}) - 1) ` +
          `ELSE exp(${first} + ${bound}) - exp(${first}) END`,
      ];
    case 'logistic': {
      const middle = sigmoid(first);
      const above = `${sigmoid(`(${first} + ${bound})`)} - ${middle}`;
      const below = `${middle} - ${sigmoid(`(${first} - ${bound})`)}`;
      return [`greatest(${above}, ${below})`, `abs(${first}) > ${bound}`];
    }
    case 'softmax': {
      const moved = scores.map((score) => softmaxBound(softmax(scores, score), bound));
      const places = scores.map((score) => `CAST(${score} >= ${top(scores)} - 2 * ${bound} AS INTEGER)`);
      return [`greatest(${moved.join(', ')})`, `${balancedSum(places)} = 1`];
    }
    case 'nearest':
      return [];
  }
}

function classSql(label: string, type: string): string {
  return `CAST(${quoteLiteral(label)} AS ${type})`;
}

/** 1 / (1 + e^−s); e^−s may be infinite, which is right. */
function sigmoid(score: string): string {
  return `(1 / (1 + exp(-${score})))`;
}

function finiteExp(score: string): string {
  return `CASE WHEN ${score} < 709 THEN exp(${score}) END`;
}

function top(scores: readonly string[]): string {
  return scores.length === 1 ? (scores[0] ?? 'NULL') : `greatest(${scores.join(', ')})`;
}

/** e^s_k / Σ e^s, with the greatest score taken from each so that nothing overflows. */
function softmax(scores: readonly string[], score: string): string {
  const greatest = top(scores);
  const total = balancedSum(scores.map((one) => `exp(${one} - ${greatest})`));
  return `(exp(${score} - ${greatest}) / (${total}))`;
}

/** How far p can move when every score moves by at most b: the odds p/(1 − p) change by at most e^2b either way. */
function softmaxBound(p: string, bound: string): string {
  const moved = (factor: string) => `${p} * ${factor} / (1 - ${p} + ${p} * ${factor})`;
  const above = moved(`exp(2 * ${bound})`);
  const below = moved(`exp(-2 * ${bound})`);
  // NaN, of a bound without end, is DuckDB's greatest number
  return `least(1, greatest(coalesce(${above} - ${p}, 1), ${p} - ${below}))`;
}

/** The value of the first score that none exceeds. */
function firstGreatest(scores: readonly string[], values: readonly string[]): string {
  const greatest = top(scores);
  const cases = scores.map((score, index) => `WHEN ${score} = ${greatest} THEN ${values[index]}`);
  return `CASE ${cases.join(' ')} END`;
}
