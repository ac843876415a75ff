import { homogeneityPValue } from '../detectors/homogeneity.ts';
import { kolmogorovSmirnov, sortedSample } from '../detectors/kolmogorov-smirnov.ts';
import { countByLevel, countByQuantile } from '../detectors/paired-counts.ts';
import { populationStability } from '../detectors/population-stability.ts';

/** Two samples of one feature. */
export type FeatureSamples =
  | { readonly kind: 'number'; readonly reference: readonly number[]; readonly newest: readonly number[] }
  | {
      readonly kind: 'category';
      readonly reference: readonly (string | null)[];
      readonly newest: readonly (string | null)[];
    };

/** What is different between two samples, at a risk of saying so where they are of one distribution; null: nothing. */
export type FeatureTest = (samples: FeatureSamples, risk: number) => string | null;

const bins = 10;

export const distributionTest: FeatureTest = (samples, risk) => {
  if (samples.kind === 'number') {
    const { distance, pValue } = kolmogorovSmirnov(
      sortedSample(samples.reference),
      sortedSample(samples.newest),
    );
    return pValue > risk ? null : `a Kolmogorov–Smirnov distance of ${distance.toFixed(3)}`;
  }
  const pValue = homogeneityPValue(countByLevel(samples.reference, samples.newest));
  return pValue > risk ? null : `other shares of its levels (p ≤ ${pValue.toExponential(0)})`;
};

/** The index is to be above the threshold by more than chance gives it, and the bins to be significantly different. */
export function createStabilityTest(threshold: number): FeatureTest {
  return (samples, risk) => {
    const counts =
      samples.kind === 'number'
        ? countByQuantile(sortedSample(samples.reference), sortedSample(samples.newest), bins)
        : countByLevel(samples.reference, samples.newest);
    const { index, excess } = populationStability(counts);
    if (excess < threshold || homogeneityPValue(counts) > risk) return null;
    return `a population stability index of ${index.toFixed(2)}`;
  };
}
