import type { Everview, Row } from '../../src/index.ts';
import { type FamilyCase, questions } from './family-history.ts';

const numbers = 'x, far, tiny, twin, hole, flag, kind';
const fewerNumbers = 'x, far, tiny, hole, flag, kind';

/** Exact whatever rows come and go. */
export const exactFamilies: readonly FamilyCase[] = [
  {
    name: 'ridge',
    label: 'y',
    options: 'method = ridge, l2 = 0.7, expand = (hour(moment), spline(x, -1, 2))',
    features: numbers,
  },
  {
    name: 'ridge of several labels',
    label: 'y',
    options: 'method = ridge, labels = (z), rare = 5',
    features: numbers,
  },
  {
    name: 'ridge that decays',
    label: 'y',
    options: "method = ridge, decay = INTERVAL '4 days'",
    features: numbers,
  },
  { name: 'linear', label: 'y', options: 'method = linear', features: fewerNumbers },
  { name: 'elastic net', label: 'y', options: 'method = elastic_net, l1 = 20, l2 = 1', features: numbers },
  { name: 'group means', label: 'y', options: 'method = group_means, smoothing = 3', features: 'kind' },
  {
    name: 'seasonal means',
    label: 'y',
    options: 'method = seasonal_means, expand = (season(moment, weekday))',
    features: 'moment',
  },
  {
    name: 'principal components',
    label: 'y',
    options: 'method = pca, components = 3',
    features: 'x, far, tiny, hole, flag',
  },
  {
    name: 'Gaussian naive Bayes',
    label: 'class',
    options: "method = gaussian_nb, decay = INTERVAL '9 days'",
    features: numbers,
  },
  {
    name: 'multinomial naive Bayes',
    label: 'class',
    options: 'method = multinomial_nb, rare = 4',
    features: 'words, other, kind',
  },
  { name: 'Bernoulli naive Bayes', label: 'yes', options: 'method = bernoulli_nb', features: 'flag, kind' },
  {
    name: 'linear discriminant',
    label: 'yes',
    options: 'method = lda',
    features: 'x, far, tiny, hole, words',
  },
  {
    name: 'quadratic discriminant',
    label: 'class',
    options: 'method = qda, regularization = 0.1',
    features: 'x, hole, words, flag',
  },
];

/** As near as they say. */
export const certifiedFamilies: readonly FamilyCase[] = [
  { name: 'logistic', label: 'yes', options: 'method = logistic, l2 = 0.5', features: fewerNumbers },
  {
    name: 'logistic, several classes',
    label: 'class',
    options: 'method = logistic, l2 = 2',
    features: 'x, hole, flag',
  },
  {
    name: 'poisson',
    label: 'words',
    options: 'method = poisson, l2 = 1, max_effect = 0.05',
    features: fewerNumbers,
  },
  { name: 'gamma', label: 'amount', options: 'method = gamma, l2 = 1', features: 'x, hole, kind' },
  { name: 'huber', label: 'y', options: 'method = huber, delta = 1.5, l2 = 1', features: 'x, hole, flag' },
];

/** Near, and nothing is proved. */
export const heuristicFamilies: readonly FamilyCase[] = [
  { name: 'k-means', label: 'y', options: 'method = kmeans, clusters = 4', features: fewerNumbers },
];

/** What the model of a history answers; null: no version does. */
export async function answers(db: Everview): Promise<readonly Row[] | null> {
  const { rows: versions } = await db.query(`SELECT model_version FROM everview.models WHERE name = 'm'`);
  if (versions[0]?.model_version === null) return null;
  const { rows } = await db.query(`SELECT * FROM PREDICT(m, ${questions}) ORDER BY i`);
  return rows;
}
