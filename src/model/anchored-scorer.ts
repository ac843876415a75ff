import type { AnchoredParameters } from './anchored/anchored-parameters.ts';
import { boundForm } from './anchored/bound-form.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { predictionColumn } from './head.ts';
import type { Head, ScoreBound, Scorer } from './scorer.ts';

/** Of a fit that no certificate covers: 2·(the largest double), so infinite, as JSON cannot say. */
const unbounded: ScoreBound = {
  radius: Number.MAX_VALUE,
  form: { constants: [2], rows: [[]] },
  certificate: 'none',
};

/** A served model as a scorer, with the bound that its certificate proves. */
export function anchoredScorer(plan: FeaturePlan, served: AnchoredParameters): Scorer {
  const unseen = served.scores.map(() => 0);
  const features = plan.measured.flatMap(({ source, kind }, index) => {
    const fitted = served.features[index];
    if (fitted === undefined) return [];
    const { name, center, deviation, weights, penalizedWeights, missingWeights, missingRows } = fitted;
    return {
      name,
      source,
      kind,
      center,
      deviation,
      weights,
      standardizedWeights: penalizedWeights,
      missingWeights,
      missingRows,
    };
  });
  const categories = plan.categorical.map(({ name, source, type }, index) => ({
    name,
    source,
    type,
    levels: served.categories[index]?.levels ?? [],
    unseen,
  }));
  return {
    missing: served.missing,
    features,
    categories,
    offsets: served.scores.map(({ offset }) => offset),
    quadratic: null,
    head: headOf(plan, served),
    bound: served.bound === null ? unbounded : boundForm(served.bound, { features, categories }),
  };
}

function headOf({ labelType: type }: FeaturePlan, { method }: AnchoredParameters): Head {
  switch (method.kind) {
    case 'logistic': {
      const { classes } = method;
      const [negative, positive, ...more] = classes;
      return negative !== undefined && positive !== undefined && more.length === 0
        ? { kind: 'logistic', type, classes: [negative, positive] }
        : { kind: 'softmax', type, classes };
    }
    case 'poisson':
    case 'gamma':
      return { kind: 'exponential' };
    case 'huber':
      return { kind: 'identity', columns: [predictionColumn] };
  }
}
