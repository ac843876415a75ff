import { isPaired, metricTable, type PairedMetric } from '../core/metric.ts';
import type { ModelDefinition } from '../declare/definition.ts';
import type { GateCondition } from '../declare/gate-condition.ts';
import { type Evaluation, fewestSliceRows } from '../model/score-holdout.ts';
import { type GateResult, type GateVerdict, worstOf } from './gate-result.ts';
import { judgeCondition, type Place, pairedMetricOf } from './judge-condition.ts';
import { pairedRisk } from './paired-test.ts';

/** What of a model's definition its gate rests on. */
export type GatePolicy = Pick<ModelDefinition, 'gate' | 'slices'>;

/**
 * Whether a candidate may answer. Every score of it and of the current model is over the same rows.
 *
 * - The hold-out decides: thresholds are held against the scores there, and a comparison (`not_worse`) passes once
 *   it is proven; where the rows are too few for a proof either way the verdict is `inconclusive`.
 * - Slices must meet the thresholds; they speak against a comparison once the candidate is proven worse in one.
 * - So do earlier windows, which the candidate has learned from: they cannot vouch for it, only unmask one that fits
 *   a corrupted window (the hold-out with it) at the cost of all others.
 *
 * Places of one kind share the risk of a wrong proof (Bonferroni), so that having many of them blocks no equal model.
 * @param evaluation null: there is no hold-out.
 */
export function judgeGate({ gate, slices }: GatePolicy, evaluation: Evaluation | null): GateVerdict {
  if (gate.length === 0) return { verdict: 'promote', passed: true, reason: 'no-gate', results: [] };
  const results = [
    ...gate.flatMap((condition) => conditionResults(condition, slices, evaluation)),
    ...earlierResults(gate, evaluation),
  ];
  const failed = results.filter((result) => !result.passed);
  const worst = failed.find(({ verdict }) => verdict === 'hold') ?? failed[0];
  return {
    verdict: worst?.verdict ?? 'promote',
    passed: worst === undefined,
    reason: worst?.reason ?? 'gate-passed',
    results,
  };
}

/** On the whole hold-out, unless it says PER, and once for each column that it is judged by the values of. */
function conditionResults(
  condition: GateCondition,
  slices: readonly string[],
  evaluation: Evaluation | null,
): GateResult[] {
  const whole: Place = {
    scores: evaluation?.holdout ?? noRows,
    kind: evaluation?.kind ?? 'number',
    slice: null,
    earlierWindow: null,
    risk: pairedRisk,
    burden: 'proof',
  };
  const columns = condition.per === null ? slices : [condition.per];
  if (whole.scores.rows === 0) return [judgeCondition(condition, whole).result];
  const ofSlices = columns.flatMap((column) => {
    const places = slicePlaces(column, evaluation);
    return worstOf(places.map((place) => judgeCondition(condition, place))) ?? [];
  });
  return condition.per === null ? [judgeCondition(condition, whole).result, ...ofSlices] : ofSlices;
}

const noRows: Evaluation['holdout'] = {
  rows: 0,
  candidate: { rows: 0 },
  current: null,
  paired: null,
  flips: [],
  calibration: null,
  labelDeviation: null,
};

function slicePlaces(column: string, evaluation: Evaluation | null): Place[] {
  const all = evaluation?.slices.filter((slice) => slice.column === column) ?? [];
  const many = all.filter(({ isRest, rows }) => !isRest || rows >= fewestSliceRows);
  const slices = many.length === 0 ? all : many;
  return slices.map((slice) => ({
    scores: slice,
    kind: evaluation?.kind ?? 'number',
    slice: `${column} = ${slice.isRest ? '(the rest)' : (slice.value ?? 'NULL')}`,
    earlierWindow: null,
    risk: pairedRisk / slices.length,
    burden: 'veto',
  }));
}

/**
 * How much worse a candidate must be proven in an earlier window to be refused, unless its gate allows more: a tenth
 * of the error, 5 points of accuracy. A model that follows its time is a little worse on what is past; one that was
 * fitted to a corrupted window is much worse on all others.
 */
export const toleratedMargin = { share: 0.1, points: 0.05 } as const;

function earlierResults(gate: readonly GateCondition[], evaluation: Evaluation | null): GateResult[] {
  if (evaluation === null || evaluation.holdout.current === null) return [];
  const { metric, margin } = earlierComparison(gate, evaluation);
  const bound = metric === 'accuracy' ? `>= current - ${margin}` : `<= ${1 + margin} * current`;
  const text = `earlier windows: ${metric} ${bound}`;
  const condition: GateCondition = { kind: 'not-worse', metric, per: null, margin, text };
  const windows = evaluation.earlier
    .map((scores, index) => ({ scores, earlierWindow: index + 1 }))
    .filter(({ scores }) => scores.rows > 0);
  const judged = windows.map(({ scores, earlierWindow }) =>
    judgeCondition(condition, {
      scores,
      kind: evaluation.kind,
      slice: null,
      earlierWindow,
      risk: pairedRisk / windows.length,
      burden: 'veto',
    }),
  );
  return [worstOf(judged) ?? []].flat();
}

/** By the first metric of the gate that rows have by themselves, and at least by the margin it allows. */
function earlierComparison(
  gate: readonly GateCondition[],
  { kind }: Evaluation,
): { metric: PairedMetric; margin: number } {
  const stated = gate.flatMap((condition) => {
    if (condition.kind === 'not-worse')
      return [{ metric: pairedMetricOf(condition, kind), margin: condition.margin }];
    if (condition.kind !== 'threshold' || !isPaired(condition.metric)) return [];
    const { metric, relative, factor } = condition;
    // a gate that asks for progress allows nothing
    const allowed = metricTable[metric].better === 'lower' ? factor - 1 : 1 - factor;
    return [{ metric, margin: relative ? Math.max(0, allowed) : 0 }];
  });
  const metric = stated[0]?.metric ?? (kind === 'number' ? 'rmse' : 'accuracy');
  const margins = stated.filter((one) => one.metric === metric).map(({ margin }) => margin);
  const least = metric === 'accuracy' ? toleratedMargin.points : toleratedMargin.share;
  return { metric, margin: Number(Math.max(least, ...margins).toPrecision(6)) };
}
