import { EverviewError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { assertSolvable } from '../moment-accumulator.ts';
import { readLevels, sampleFrame } from '../moment-query.ts';
import type { OnnxRuntime } from '../onnx-runtime.ts';
import { contentsSource, type RowSource, type TrainingRelation } from '../row-source.ts';
import { type Frame, type Levels, mergeLevels } from '../sums-state.ts';
import type { TrainingBounds } from '../training-window.ts';
import { anchoredWithLevels, tidiedAnchored } from './anchored-layout.ts';
import { type AnchoredParameters, solveAnchored } from './anchored-parameters.ts';
import { type AnchoredState, mergeAnchored, trainingRows } from './anchored-state.ts';
import { type AnchoredMethod, createLoss } from './create-loss.ts';
import { type AnchoredOptions, FullFit } from './full-fit.ts';
import { readClasses, readingPlan, trainedClasses, withClassCodes } from './label-classes.ts';
import type { Loss } from './loss.ts';
import { assertFitted } from './newton-fit.ts';
import { newtonView } from './newton-view.ts';
import { planParts } from './scan-parts.ts';
import { betterFrameOf, needsReframe } from './state-frame.ts';
import { sumParts } from './sum-parts.ts';

export type AnchoredFit = {
  readonly state: AnchoredState;
  readonly method: AnchoredMethod;
  readonly parameters: AnchoredParameters;
  readonly rowsRead: number;
  /** Passes over the whole source. */
  readonly scans: number;
};

/** `classes-changed`: a class came or lost its last row, which no anchor knows how to weigh: fit in full. */
export type AnchoredAdvance =
  | { readonly kind: 'advanced'; readonly state: AnchoredState; readonly rowsRead: number }
  | { readonly kind: 'classes-changed' };

/** Which loss to fit: a classifier's classes are read from the rows. */
export type AnchoredChoice =
  | { readonly kind: 'logistic' }
  | { readonly kind: 'poisson' | 'gamma' }
  | { readonly kind: 'huber'; readonly delta: number };

/** A state and what it is a state of. */
export type Anchored = { readonly state: AnchoredState; readonly method: AnchoredMethod };

/** Parameters (scores × columns) a solve can have; it takes time cubic in them. */
export const largestSystem = 2_000;

/** Fits until pivots fit the data: nearly always one. */
const largestPasses = 3;

/** Fits anchored families from the store: in full, or by what changed. Holds no state of any model. */
export class AnchoredFitter {
  readonly #runtime: OnnxRuntime;
  readonly #memoryBytes: number;

  /** @param memoryBytes of rows that a fit may keep between passes instead of reading them again */
  constructor(runtime: OnnxRuntime, memoryBytes = 48 * 2 ** 20) {
    this.#runtime = runtime;
    this.#memoryBytes = memoryBytes;
  }

  /**
   * The optimum over the training rows in the contents of `relation`, within the tolerance, by as many parallel
   * streams as there are snapshots; it does not depend on their number.
   *
   * @param from a state of the same model, whose served weights and frame to start from
   * @throws EverviewError `not-enough-rows`, `invalid-row`; `invalid-option` when there is no finite optimum.
   */
  async fitFull(
    snapshots: readonly [Session, ...Session[]],
    modelPlan: FeaturePlan,
    relation: TrainingRelation,
    bounds: TrainingBounds,
    choice: AnchoredChoice,
    options: AnchoredOptions,
    from: Anchored | null = null,
  ): Promise<AnchoredFit> {
    const plan = readingPlan(modelPlan);
    if (choice.kind !== 'logistic')
      return this.#fitMethod(snapshots, plan, relation, bounds, choice, options, from);
    const [first] = snapshots;
    const whole = [contentsSource(relation, bounds.training)];
    const classes = await readClasses(first, plan, whole);
    const fitOf = (those: readonly string[]) =>
      this.#fitMethod(snapshots, plan, relation, bounds, { ...choice, classes: those }, options, from);
    try {
      return await fitOf(classes);
    } catch (failure) {
      if (!(failure instanceof EverviewError && failure.code === 'not-enough-rows')) throw failure;
      const trained = await trainedClasses(first, plan, whole, classes);
      if (trained.length === classes.length) throw failure;
      return await fitOf(trained);
    }
  }

  async #fitMethod(
    snapshots: readonly [Session, ...Session[]],
    plan: FeaturePlan,
    relation: TrainingRelation,
    bounds: TrainingBounds,
    method: AnchoredMethod,
    options: AnchoredOptions,
    from: Anchored | null,
  ): Promise<AnchoredFit> {
    const [first] = snapshots;
    const whole = contentsSource(relation, bounds.training);
    const loss = createLoss(method);
    const levels = await readLevels(first, plan, [whole], largestSystem);
    assertSolvable(plan, levels, Math.floor(largestSystem / loss.scores));
    const rowsInMemory = Math.floor(this.#memoryBytes / (8 * (plan.measured.length + 1)));
    const parts = await planParts(first, relation, rowsInMemory);
    const source = (condition: string | null) =>
      coded(plan, contentsSource(relation, bounds.training, 1, condition), method);
    const classes = method.kind === 'logistic' ? method.classes.length : 0;
    let warm = from !== null && isWarm(from, method) ? from.state : null;
    let frame = warm?.frame ?? measuredFrame(await sampleFrame(first, plan, source(null)));
    let rowsRead = 0;
    for (let pass = 1; ; pass++) {
      const layout = { frame, levels, classes };
      const start = warm === null ? null : warmWeights(plan, loss, warm, levels, options);
      const rest = { layout, parts, rowsInMemory, source, options, warm: start };
      const task = { snapshots, plan, method, loss, ...rest };
      const full = new FullFit(this.#runtime, task);
      const fit = await full.run();
      rowsRead += full.rowsRead;
      if (start !== null && !fit.isDone) {
        // New rows where the old weights are sure and wrong: Newton's method does not come down from there.
        warm = null;
        continue;
      }
      if (pass >= largestPasses || needsReframe(fit.state) === null) {
        assertFitted(plan, fit, options);
        const state = tidiedAnchored(fit.state);
        return {
          state,
          method,
          parameters: this.solve(plan, state, method, options),
          rowsRead,
          scans: full.scans,
        };
      }
      frame = betterFrameOf(plan, fit.state);
      warm = null;
    }
  }

  /** The state with the sources' rows added and taken away at its anchor; the given one stays as it is. */
  async advance(
    snapshots: readonly [Session, ...Session[]],
    modelPlan: FeaturePlan,
    state: AnchoredState,
    method: AnchoredMethod,
    sources: readonly RowSource[],
  ): Promise<AnchoredAdvance> {
    const plan = readingPlan(modelPlan);
    const [first] = snapshots;
    const loss = createLoss(method);
    if (method.kind === 'logistic') {
      const found = await readClasses(first, plan, sources);
      const others = found.filter((label) => !method.classes.includes(label));
      if ((await trainedClasses(first, plan, sources, others)).length > 0) return { kind: 'classes-changed' };
    }
    const found = await readLevels(first, plan, sources, largestSystem);
    const levels = state.levels.map((known, index) => mergeLevels(known, found[index] ?? []));
    assertSolvable(plan, levels, Math.floor(largestSystem / loss.scores));
    const sum = anchoredWithLevels(state, levels);
    const layout = { frame: state.frame, levels, classes: state.classRows.length };
    const parts = await sumParts(
      this.#runtime,
      snapshots,
      plan,
      loss,
      layout,
      sum.anchor,
      sources.map((source) => coded(plan, source, method)),
      true,
    );
    let rowsRead = 0;
    for (const [index, part] of parts.entries()) {
      mergeAnchored(sum, part.state, sources[index]?.sign ?? 1);
      rowsRead += part.rows;
    }
    if (trainingRows(sum) > 0 && sum.classRows.some((rows) => rows === 0)) return { kind: 'classes-changed' };
    return { kind: 'advanced', state: tidiedAnchored(sum), rowsRead };
  }

  /** What the state serves, with its certificate; `needsReframe` (state-frame.ts) tells when not to trust a state. */
  solve(
    plan: FeaturePlan,
    state: AnchoredState,
    method: AnchoredMethod,
    options: AnchoredOptions,
  ): AnchoredParameters {
    return solveAnchored(plan, state, method, options);
  }
}

function coded(plan: FeaturePlan, source: RowSource, method: AnchoredMethod): RowSource {
  return method.kind === 'logistic' ? withClassCodes(plan, source, method.classes) : source;
}

/** The sampled frame without its label, which stays as it is. */
function measuredFrame({ pivot, scale }: Frame): Frame {
  return { pivot: pivot.slice(0, -1), scale: scale.slice(0, -1) };
}

function isWarm({ state, method }: Anchored, now: AnchoredMethod): boolean {
  if (trainingRows(state) === 0 || needsReframe(state) !== null || method.kind !== now.kind) return false;
  if (method.kind !== 'logistic' || now.kind !== 'logistic') return true;
  return method.classes.join('\n') === now.classes.join('\n');
}

/** What the state serves, over the columns of `levels`; null when that is not finite. */
function warmWeights(
  plan: FeaturePlan,
  loss: Loss,
  state: AnchoredState,
  levels: readonly Levels[],
  options: AnchoredOptions,
): Float64Array | null {
  const anchor = newtonView(plan, loss, state, options).weights;
  return anchor.every(Number.isFinite) ? anchoredWithLevels({ ...state, anchor }, levels).anchor : null;
}
