import { EverviewError } from '../core/errors.ts';
import type { Scorer } from './scorer.ts';

/**
 * Numbers too large to be squared leave a fit that is none: every prediction would be NULL, and no gate need notice.
 *
 * @throws EverviewError `not-enough-rows`
 */
export function assertFinite(model: string, scorer: Scorer): void {
  if (isFiniteScorer(scorer)) return;
  throw new EverviewError(
    'not-enough-rows',
    `model "${model}" cannot be fitted: its weights are beyond what a DOUBLE can hold, and every prediction would be NULL`,
    { hint: 'a smaller l2 or l1 (or regularization), or features and a label in smaller units' },
  );
}

/** Of what every prediction rests on. */
function isFiniteScorer({ offsets, features, categories, quadratic }: Scorer): boolean {
  return (
    areFinite(offsets) &&
    features.every((one) => areFinite([one.center, ...one.weights, ...one.missingWeights])) &&
    categories.every(
      (one) => areFinite(one.unseen) && one.levels.every(({ weights }) => areFinite(weights)),
    ) &&
    (quadratic ?? []).every((form) => areFinite(form.constants) && form.rows.every(areFinite))
  );
}

function areFinite(numbers: readonly number[]): boolean {
  return numbers.every(Number.isFinite);
}
