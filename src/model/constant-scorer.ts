import type { Scorer } from './scorer.ts';

/** Log odds that leave nothing to another class. */
const sure = 40;

/** A scorer of the same outputs that says one value of every row; null: the model cannot predict that. */
export function constantScorer({ head, offsets, bound }: Scorer, value: number | string): Scorer | null {
  const constant = (scores: readonly number[]): Scorer => ({
    missing: 'impute',
    features: [],
    categories: [],
    offsets: scores,
    quadratic: null,
    head,
    bound: bound === null ? null : { ...bound, radius: 0, form: { constants: [], rows: [] } },
  });
  switch (head.kind) {
    case 'identity':
      return typeof value === 'number'
        ? constant(offsets.map((_, place) => (place === 0 ? value : 0)))
        : null;
    case 'exponential':
      return typeof value === 'number' && value > 0 ? constant([Math.log(value)]) : null;
    case 'logistic': {
      const place = head.classes.indexOf(String(value));
      return place < 0 ? null : constant([place === 0 ? -sure : sure]);
    }
    case 'softmax': {
      const place = head.classes.indexOf(String(value));
      return place < 0 ? null : constant(head.classes.map((_, index) => (index === place ? sure : 0)));
    }
    case 'nearest':
      return null;
  }
}
