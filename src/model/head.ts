import type { Column } from '../core/schema.ts';
import type { Scorer } from './scorer.ts';

/** The column a prediction stands in. */
export const predictionColumn = 'prediction';
/** For certified families: how far `probability`, or the mean that is predicted, can be from the exact model's. */
export const boundColumn = 'prediction_bound';
/** For certified classifiers: whether the exact model is proved to give the same class. */
export const certainColumn = 'prediction_certain';

/**
 * Of two classes the second's probability alone; else one per class. SQL takes names that differ in case alone for one: the
 * later of such classes get a number that no other name ends in.
 */
export function probabilityNames(classes: readonly string[]): string[] {
  if (classes.length === 2) return ['probability'];
  const plain = classes.map((label) => `probability_${label}`);
  const taken = new Set(plain.map((name) => name.toLowerCase()));
  const given = new Set<string>();
  return plain.map((name) => {
    let own = name;
    for (let count = 1; given.has(own.toLowerCase()); count++) {
      const numbered = `${name}_${count}`;
      if (!taken.has(numbered.toLowerCase())) own = numbered;
    }
    given.add(own.toLowerCase());
    return own;
  });
}

/** The columns that `PREDICT` adds to its input, in order. */
export function predictionColumns({ head, bound }: Pick<Scorer, 'head' | 'bound'>): readonly Column[] {
  const double = (name: string): Column => ({ name, type: 'DOUBLE' });
  const bounded = bound === null ? [] : [double(boundColumn)];
  const certain = bound === null ? [] : [{ name: certainColumn, type: 'BOOLEAN' }];
  switch (head.kind) {
    case 'identity':
      return [...head.columns.map(double), ...bounded];
    case 'exponential':
      return [double(predictionColumn), ...bounded];
    case 'logistic':
      return [{ name: predictionColumn, type: head.type }, double('probability'), ...bounded, ...certain];
    case 'softmax':
      return [
        { name: predictionColumn, type: head.type },
        ...probabilityNames(head.classes).map(double),
        ...bounded,
        ...certain,
      ];
    case 'nearest':
      return [{ name: predictionColumn, type: 'BIGINT' }];
  }
}
