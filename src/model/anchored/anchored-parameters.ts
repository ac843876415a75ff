import { EverviewError } from '../../core/errors.ts';
import { twoProduct, twoSum } from '../double-double.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { type AnchoredState, trainingRows } from './anchored-state.ts';
import type { Certificate } from './certificate.ts';
import { type AnchoredMethod, createLoss } from './create-loss.ts';
import type { Contrasts } from './loss.ts';
import { type NewtonView, newtonView } from './newton-view.ts';
import type { ScoreBound } from './score-bound.ts';
import { type PenaltyOptions, presentRowsOf, type StandardColumn } from './standard-system.ts';

/**
 * A served model, as plain JSON: score_k = offset_k + Σ weight·(x − centre), a feature's missing weight where it is
 * missing, and the weights of the row's levels. One score, or one per class.
 */
export type AnchoredParameters = {
  readonly method: AnchoredMethod;
  readonly scores: readonly { readonly name: string; readonly offset: number; readonly intercept: number }[];
  readonly features: readonly AnchoredFeature[];
  readonly categories: readonly AnchoredCategory[];
  readonly rows: number;
  readonly l2: number;
  readonly standardize: boolean;
  readonly missing: 'impute' | 'drop';
  readonly certificate: { readonly kind: Certificate['kind']; readonly worst: number };
  readonly bound: ScoreBound | null;
};

export type AnchoredFeature = {
  readonly name: string;
  readonly kind: 'numeric' | 'boolean';
  readonly center: number;
  readonly deviation: number;
  /** Per score, per unit of the feature. */
  readonly weights: readonly number[];
  /** Per score, as the penalty sees it. */
  readonly penalizedWeights: readonly number[];
  readonly missingWeights: readonly number[];
  readonly missingRows: number;
};

export type AnchoredCategory = {
  readonly name: string;
  readonly type: string;
  readonly levels: readonly {
    readonly level: string | null;
    readonly weights: readonly number[];
    readonly rows: number;
  }[];
};

/**
 * The Newton view of a state with its certificate.
 * @throws EverviewError `not-enough-rows` when the rows have no finite optimum whatever the features; `invalid-row`
 * when labels are outside the loss's domain.
 */
export function solveAnchored(
  plan: FeaturePlan,
  state: AnchoredState,
  method: AnchoredMethod,
  options: PenaltyOptions,
): AnchoredParameters {
  assertTrainable(plan, state, method);
  const loss = createLoss(method);
  return describeView(plan, state, method, options, newtonView(plan, loss, state, options));
}

export function assertTrainable(plan: FeaturePlan, state: AnchoredState, method: AnchoredMethod): void {
  const fail = (code: 'not-enough-rows' | 'invalid-row', text: string, hint: string) => {
    throw new EverviewError(code, `${text} of model "${plan.model}"`, { hint });
  };
  if (state.outside > 0) {
    const domain =
      method.kind === 'gamma' ? 'above 0' : method.kind === 'poisson' ? '0 or above' : 'a finite number';
    fail(
      'invalid-row',
      `${state.outside} ${state.outside === 1 ? 'row has' : 'rows have'} a label "${plan.label}" that is not ${domain}, in the training set`,
      'leave them out in the SELECT of the training set',
    );
  }
  if (trainingRows(state) < 1) {
    fail(
      'not-enough-rows',
      'there is no training row',
      'training rows have a label, finite numbers, and an event time inside the window and before the hold-out',
    );
  }
  const empty = state.classRows.indexOf(0);
  if (method.kind === 'logistic' && empty >= 0) {
    fail(
      'not-enough-rows',
      `no row of class "${method.classes[empty]}" is in the training set`,
      'refresh in full, so that the class is forgotten; two classes at least are needed',
    );
  }
  if (method.kind === 'poisson' && !((state.labels.high[0] ?? 0) > 0)) {
    fail('not-enough-rows', 'all labels are 0 in the training set', 'a log link needs labels above 0');
  }
}

export function describeView(
  plan: FeaturePlan,
  state: AnchoredState,
  method: AnchoredMethod,
  options: PenaltyOptions,
  view: NewtonView,
): AnchoredParameters {
  const { system } = view.step;
  const served = servedWeights(view, createLoss(method).contrasts);
  const places = new Map(system.columns.map((column, index) => [column.place, { column, x: index + 1 }]));
  const weightsAt = (place: number, divisor = 1) => {
    const found = places.get(place);
    return served.map((score) => (found === undefined ? 0 : (score[found.x] ?? 0) / divisor));
  };
  const described = plan.measured.map((_, feature) => describeFeature(plan, state, view, feature, weightsAt));
  const names = method.kind === 'logistic' && served.length > 1 ? method.classes : ['score'];
  const scores = served.map((weights, score) => {
    let offset = weights[0] ?? 0;
    for (const [index, column] of system.columns.entries()) {
      if (column.kind !== 'measure') offset -= (weights[index + 1] ?? 0) * column.mean;
    }
    let intercept = offset;
    for (const { feature, rest } of described) {
      const weight = feature.weights[score] ?? 0;
      intercept -= weight * (feature.center + rest);
      // centres are told as doubles; what that moves the score goes into the offset
      offset -= weight * rest;
    }
    return { name: names[score] ?? 'score', offset, intercept };
  });
  return {
    method,
    scores,
    features: described.map(({ feature }) => feature),
    categories: describeCategories(plan, state, weightsAt),
    rows: trainingRows(state),
    l2: options.l2,
    standardize: options.standardize,
    missing: plan.missing,
    certificate: { kind: view.certificate.kind, worst: view.certificate.worst },
    bound: scoreBoundOf(state, view, createLoss(method).contrasts),
  };
}

/** Standard weights per served score. */
function servedWeights({ step }: NewtonView, contrasts: Contrasts | null): Float64Array[] {
  const { size } = step.system;
  if (contrasts === null) return [step.served];
  return Array.from({ length: contrasts.classes }, (_, k) =>
    Float64Array.from({ length: size }, (_, j) => {
      let sum = 0;
      for (let c = 0; c < contrasts.classes - 1; c++) {
        sum += (contrasts.matrix[k * (contrasts.classes - 1) + c] ?? 0) * (step.served[c * size + j] ?? 0);
      }
      return sum;
    }),
  );
}

function describeFeature(
  plan: FeaturePlan,
  state: AnchoredState,
  { step }: NewtonView,
  feature: number,
  weightsAt: (place: number, divisor?: number) => number[],
): { feature: AnchoredFeature; rest: number } {
  const { name = '', kind = 'numeric' } = plan.measured[feature] ?? {};
  const scale = state.frame.scale[feature] ?? 1;
  const [moved, lost] = twoProduct(step.system.means[feature] ?? 0, scale);
  const [center, rest] = twoSum(state.frame.pivot[feature] ?? 0, moved);
  const unit = step.system.columns.find((c) => c.kind === 'measure' && c.index === feature)?.unit ?? 1;
  return {
    rest: rest + lost,
    feature: {
      name,
      kind,
      center,
      deviation: (step.system.deviations[feature] ?? 0) * scale,
      weights: weightsAt(1 + feature, unit * scale),
      penalizedWeights: weightsAt(1 + feature),
      missingWeights: weightsAt(1 + plan.measured.length + feature),
      missingRows: trainingRows(state) - presentRowsOf(state, feature),
    },
  };
}

function describeCategories(
  plan: FeaturePlan,
  state: AnchoredState,
  weightsAt: (place: number) => number[],
): AnchoredCategory[] {
  let place = 1 + 2 * plan.measured.length;
  return plan.categorical.map(({ name, type }, index) => ({
    name,
    type,
    levels: (state.levels[index] ?? []).map((level) => {
      const at = place++;
      return { level, weights: weightsAt(at), rows: state.columns.high[at] ?? 0 };
    }),
  }));
}

function scoreBoundOf(
  state: AnchoredState,
  view: NewtonView,
  contrasts: Contrasts | null,
): ScoreBound | null {
  const { certificate, step } = view;
  const { size } = step.system;
  const columns = step.system.columns.map((column) => boundColumn(state, column));
  if (certificate.kind === 'none') return null;
  if (certificate.kind !== 'local-norm') {
    const { kind, offset, slope } = certificate;
    return { kind, columns, offset, slope };
  }
  const { radius, lines, rank } = certificate;
  return {
    kind: 'local-norm',
    columns,
    radius,
    lines: Array.from({ length: rank }, (_, row) =>
      Array.from(lines.subarray(row * step.metric.size, (row + 1) * step.metric.size)),
    ),
    size,
    contrasts:
      contrasts === null
        ? null
        : Array.from({ length: contrasts.classes }, (_, k) =>
            Array.from(
              contrasts.matrix.subarray(k * (contrasts.classes - 1), (k + 1) * (contrasts.classes - 1)),
            ),
          ),
  };
}

function boundColumn(
  state: AnchoredState,
  { kind, index, mean, unit }: StandardColumn,
): ScoreBound['columns'][number] {
  if (kind === 'missing') return { kind, feature: index, mean };
  if (kind === 'measure') return { kind, feature: index, unit: unit * (state.frame.scale[index] ?? 1) };
  let place = index;
  for (const [category, levels] of state.levels.entries()) {
    if (place < levels.length) return { kind, category, level: levels[place] ?? null, mean };
    place -= levels.length;
  }
  throw new EverviewError('internal', `level ${index} is in no category`);
}
