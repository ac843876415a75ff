/** An accuracy that others published for Elec2, 45,312 half hours of the price of electricity in New South Wales. */
export type PublishedAccuracy = {
  readonly learner: string;
  readonly accuracy: number;
  readonly protocol: string;
  readonly source: string;
};

const river =
  'River, docs/benchmarks/Binary classification/index.md in github.com/online-ml/river at 7468665748';
const interleaved =
  'each row predicted, then learned from; the first row, before anything is known, does not count';
const zliobaite =
  'I. Žliobaitė, How good is the Electricity benchmark for evaluating concept drift adaptation, arXiv:1301.3524 (2013)';

export const publishedElec2 = {
  noChange: {
    learner: 'no-change (last class)',
    accuracy: 0.853303,
    protocol: interleaved,
    source: river,
  },
  movingAverageOfOne: {
    learner: 'moving average of one (last class)',
    accuracy: 0.853,
    protocol: 'the label of the row before',
    source: zliobaite,
  },
  prior: {
    learner: 'share of DOWN',
    accuracy: 0.58,
    protocol: 'prior probability over all rows, as a whole per cent',
    source: zliobaite,
  },
  logistic: {
    learner: 'logistic regression by stochastic gradient, standardized',
    accuracy: 0.822144,
    protocol: interleaved,
    source: river,
  },
  logisticSklearn: {
    learner: "scikit-learn's SGDClassifier",
    accuracy: 0.819099,
    protocol: interleaved,
    source: river,
  },
  logisticVowpalWabbit: {
    learner: 'Vowpal Wabbit logistic regression',
    accuracy: 0.697475,
    protocol: interleaved,
    source: river,
  },
  naiveBayes: {
    learner: 'Gaussian naive Bayes',
    accuracy: 0.728741,
    protocol: interleaved,
    source: river,
  },
  hoeffdingTree: {
    learner: 'Hoeffding tree',
    accuracy: 0.795635,
    protocol: interleaved,
    source: river,
  },
} as const satisfies Record<string, PublishedAccuracy>;
