import type { ClassScores } from './class-scores.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { linearScorer } from './linear-parameters.ts';
import { type ModelParameters, parametersForm, type QuadraticForm } from './scorer.ts';

const noForm: QuadraticForm = { constants: [], rows: [] };

/** A classifier's scores as parameters; with two classes too, each has its own. */
export function classParameters(plan: FeaturePlan, { classes }: ClassScores, rows: number): ModelParameters {
  const scorer = linearScorer(
    plan,
    classes.map(({ score }) => score),
    [],
  );
  const isQuadratic = classes.some(({ form }) => form !== null);
  return {
    form: parametersForm,
    scorer: {
      ...scorer,
      quadratic: isQuadratic ? classes.map(({ form }) => form ?? noForm) : null,
      head: { kind: 'softmax', type: plan.labelType, classes: classes.map(({ label }) => label) },
    },
    rows,
    labelMean: null,
    details: { priors: classes.map(({ prior }) => prior) },
  };
}
