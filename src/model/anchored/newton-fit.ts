import { EverviewError } from '../../core/errors.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { type AnchoredState, trainingRows } from './anchored-state.ts';
import type { Loss } from './loss.ts';
import { normIn } from './metric.ts';
import { type NewtonView, newtonView } from './newton-view.ts';
import { type PenaltyOptions, stateWeights } from './standard-system.ts';

/** The sums of all rows at `anchor` (scores × D) under the loss. */
export type Scan = (loss: Loss, anchor: Float64Array) => Promise<AnchoredState>;

export type NewtonOptions = PenaltyOptions & {
  /** How far, in units of a score, the served model may be from the optimum on any training row. */
  readonly tolerance: number;
  readonly mostScans: number;
};

export type NewtonFit = {
  readonly state: AnchoredState;
  readonly view: NewtonView;
  readonly isDone: boolean;
};

type Point = { readonly state: AnchoredState; readonly view: NewtonView };

/** A step shortened this often is none. */
const mostHalvings = 6;

/** Across kinks a Newton step shortened more often gains next to nothing, and a majorizer's step much. */
const mostHalvingsOfKinked = 1;

/**
 * Newton's method with halved steps (Boyd & Vandenberghe 2004, §9.5), one scan per trial, until the certificate of
 * the next point is within the tolerance, or the decrement says that rounding is all that is left. A loss with a
 * majorizer (Huber 1981, §7.8) starts by that and comes back to it where Newton's step does not descend.
 */
export async function newtonFit(
  plan: FeaturePlan,
  loss: Loss,
  scan: Scan,
  start: Float64Array,
  options: NewtonOptions,
): Promise<NewtonFit> {
  let scans = 0;
  const at = async (anchor: Float64Array, law: Loss): Promise<Point> => {
    scans += 1;
    const state = await scan(law, anchor);
    return { state, view: newtonView(plan, law, state, options) };
  };
  let point = await at(start, loss);
  while (trainingRows(point.state) > 0) {
    if (isConverged(point.view, options.tolerance)) return { ...point, isDone: true };
    // Where no row is curved there is no certificate, but a flat place of a piecewise quadratic is an optimum.
    if (loss.majorizer !== null && isFlat(point.view)) return { ...point, isDone: true };
    if (scans >= options.mostScans) return { ...point, isDone: false };
    const next = await descend(point, loss, at);
    if (next === null) return { ...point, isDone: isSettled(point.view, 1e-9) };
    point = next;
  }
  return { ...point, isDone: true };
}

function isConverged(view: NewtonView, tolerance: number): boolean {
  return view.certificate.worst <= tolerance || (view.certificate.kind !== 'none' && isSettled(view, 1e-20));
}

/** The decrease that the Newton step promises is beyond what the objective's digits can tell. */
function isSettled({ step, objective }: NewtonView, share: number): boolean {
  const decrement = normIn(step.metric.matrix, step.step) ** 2;
  return decrement <= share * (Math.abs(objective) + 1);
}

/** Nothing is left of the gradient but rounding. */
function isFlat({ step: { gradient, rounding, start, system } }: NewtonView): boolean {
  return gradient.every(
    (slope, j) => Math.abs(slope) <= 4 * (rounding[j] ?? 0) + 2 ** -48 * system.l2 * Math.abs(start[j] ?? 0),
  );
}

/** The next point, by Newton's step or the majorizer's; null: neither descends. */
async function descend(
  point: Point,
  loss: Loss,
  at: (anchor: Float64Array, law: Loss) => Promise<Point>,
): Promise<Point | null> {
  const onLoss = (anchor: Float64Array) => at(anchor, loss);
  const halvings = loss.majorizer === null ? mostHalvings : mostHalvingsOfKinked;
  const newton = await search(point, point.view, onLoss, halvings);
  // Where no row is curved Newton's step stays where it is, and that is no descent.
  const descends = newton !== null && newton.view.objective < point.view.objective;
  if (descends || loss.majorizer === null) return newton;
  const origin = stateWeights(point.state, point.view.step.system, point.view.step.start);
  const majorized = await at(origin, loss.majorizer);
  return (await search(point, majorized.view, onLoss, mostHalvings)) ?? newton;
}

async function search(
  from: Point,
  view: NewtonView,
  at: (anchor: Float64Array) => Promise<Point>,
  halvings: number,
): Promise<Point | null> {
  const origin = stateWeights(from.state, view.step.system, view.step.start);
  const goal = from.view.objective + 1e-13 * Math.abs(from.view.objective);
  for (let halving = 0, share = 1; halving <= halvings; halving++, share /= 2) {
    const trial = await at(origin.map((value, j) => value + share * ((view.weights[j] ?? 0) - value)));
    if (trial.view.objective <= goal) return trial;
  }
  return null;
}

/** @throws EverviewError `invalid-option` when the fit ended without a certificate or a settled objective. */
export function assertFitted(plan: FeaturePlan, fit: NewtonFit, options: PenaltyOptions): void {
  if (fit.isDone) return;
  const { step } = fit.view;
  const far = Number.isFinite(step.geometry.reach)
    ? step.geometry.reach.toPrecision(2)
    : 'more than a double holds';
  throw new EverviewError(
    'invalid-option',
    `model "${plan.model}" has no optimum that could be reached: after the last pass scores still move by ${far}`,
    {
      hint:
        options.l2 === 0
          ? 'features that tell the label apart completely have no finite weights with l2 = 0: set l2 above 0'
          : 'set l2 higher, or leave out features of extreme values',
    },
  );
}
