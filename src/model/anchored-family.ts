import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { FitOptions } from '../declare/definition.ts';
import type { Method } from '../declare/methods.ts';
import { type Anchored, type AnchoredChoice, AnchoredFitter } from './anchored/anchored-fitter.ts';
import type { AnchoredParameters } from './anchored/anchored-parameters.ts';
import { trainingRows } from './anchored/anchored-state.ts';
import { needsReframe } from './anchored/state-frame.ts';
import { anchoredScorer } from './anchored-scorer.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from './family.ts';
import { anchoredOf, type ModelState } from './model-state.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { contentsSource, type RowSource, rowsOf } from './row-source.ts';
import { type ModelParameters, parametersForm } from './scorer.ts';

/** Where `max_effect` does not say: how far a score may be from the exact model's before a fit is made in full. */
const usualScoreError = 0.01;

/**
 * Families without sums that suffice: what is kept are sums of gradients and curvatures at an anchor, from which a
 * Newton step goes to the served model. A certificate bounds how far that is from the exact one; beyond what the model
 * allows, it is anchored anew from where it stands.
 */
export class AnchoredFamily implements ModelFamily {
  readonly method: Method;
  readonly capability = { inserts: 'certified', deletes: 'certified' } as const;
  readonly #fitter: AnchoredFitter;
  readonly #choiceOf: (options: FitOptions) => AnchoredChoice;

  constructor(method: Method, choiceOf: (options: FitOptions) => AnchoredChoice, runtime: OnnxRuntime) {
    this.method = method;
    this.#choiceOf = choiceOf;
    this.#fitter = new AnchoredFitter(runtime);
  }

  async fitFull(task: FitTask, from: ModelState | null = null): Promise<Fit> {
    const { snapshots, plan, relation, bounds, options } = task;
    const start = from === null ? null : anchoredOf(from);
    const choice = this.#choiceOf(options);
    try {
      const fit = await this.#fitter.fitFull(snapshots, plan, relation, bounds, choice, options, start);
      return { state: { kind: 'anchored', state: fit.state, method: fit.method }, rowsRead: fit.rowsRead };
    } catch (failure) {
      if (!(failure instanceof EverviewError && failure.code === 'not-enough-rows')) throw failure;
      const rows = await countRows(task);
      return { state: { kind: 'none', rows }, rowsRead: rows };
    }
  }

  async advance(task: FitTask, state: ModelState, sources: readonly RowSource[]): Promise<Fit | NeedsFull> {
    if (state.kind === 'none') return { needsFull: 'too-few-rows', rowsRead: 0 };
    const known = anchoredOf(state);
    const moved = await this.#fitter.advance(task.snapshots, task.plan, known.state, known.method, sources);
    if (moved.kind === 'classes-changed') return { needsFull: 'classes-changed', rowsRead: 0, from: null };
    const { rowsRead } = moved;
    const reached: ModelState = { kind: 'anchored', state: moved.state, method: known.method };
    const reframe = needsReframe(moved.state);
    if (reframe !== null) return { needsFull: reframe, rowsRead, from: null };
    if (trainingRows(moved.state) === 0) return { state: reached, rowsRead };
    const served = this.#served(task, { state: moved.state, method: known.method });
    return served === null || isAllowed(served, task.maxEffect)
      ? { state: reached, rowsRead }
      : { needsFull: 'certificate-exceeded', rowsRead, from: reached };
  }

  solve(task: Pick<FitTask, 'plan' | 'options'>, state: ModelState): ModelParameters | null {
    const served = state.kind === 'none' ? null : this.#served(task, anchoredOf(state));
    if (served === null) return null;
    const { plan } = task;
    return {
      form: parametersForm,
      scorer: anchoredScorer(plan, served),
      rows: served.rows,
      labelMean: null,
      details: {
        intercept: served.scores.map(({ intercept }) => intercept),
        certificate: served.certificate.kind,
        certified_score_error: Number.isFinite(served.certificate.worst) ? served.certificate.worst : null,
        l2: served.l2,
        standardize: served.standardize,
      },
    };
  }

  rows(state: ModelState): number {
    return state.kind === 'none' ? state.rows : trainingRows(anchoredOf(state).state);
  }

  /** Null: too few rows for any model. */
  #served(
    { plan, options }: Pick<FitTask, 'plan' | 'options'>,
    { state, method }: Anchored,
  ): AnchoredParameters | null {
    if (trainingRows(state) === 0) return null;
    try {
      return this.#fitter.solve(plan, state, method, options);
    } catch (failure) {
      if (failure instanceof EverviewError && failure.code === 'not-enough-rows') return null;
      throw failure;
    }
  }
}

async function countRows({ snapshots, plan, relation, bounds }: FitTask): Promise<number> {
  const labelled = rowsOf(contentsSource(relation, bounds.training), [
    `${quoteIdentifier(plan.label)} IS NOT NULL`,
  ]);
  const [row] = await snapshots[0].rows(`SELECT count(*)::DOUBLE AS n ${labelled}`);
  return Number(row?.n ?? 0);
}

/**
 * Whether no answer over the training rows is further from the exact one than the model allows. A probability moves by
 * at most a quarter of its score (half, of several classes), a mean under a logarithmic link in proportion.
 */
function isAllowed({ certificate, method }: AnchoredParameters, maxEffect: number | null): boolean {
  if (maxEffect === null) return certificate.worst <= usualScoreError;
  switch (method.kind) {
    case 'logistic':
      return certificate.worst * (method.classes.length === 2 ? 0.25 : 0.5) <= maxEffect;
    case 'huber':
      return certificate.worst <= maxEffect;
    case 'poisson':
    case 'gamma':
      return Math.expm1(certificate.worst) <= maxEffect;
  }
}
