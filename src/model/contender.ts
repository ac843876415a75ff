import type { Schema } from '../core/schema.ts';
import { predictionColumn } from './head.ts';
import { predictedSql } from './predict-sql.ts';
import type { Head, Scorer } from './scorer.ts';

/** What a model must tell to be scored on a hold-out, through the path that answers queries. */
export type Contender = {
  readonly output: ContenderOutput;
  /**
   * A SELECT of all columns of the input and the model's own, each under the name that `nameOf` gives it; the model's
   * are NULL in rows that get no prediction.
   */
  readonly select: (input: string, schema: Schema, nameOf: (column: string) => string) => string;
};

export type ContenderOutput =
  | { readonly kind: 'number'; readonly prediction: string }
  | {
      readonly kind: 'class';
      /** Column of the class. */
      readonly prediction: string;
      /** As text, as the label prints; of two, the second is the positive one. */
      readonly classes: readonly string[];
      /** Columns, DOUBLE: one per class, the second's alone where there are two, or none. */
      readonly probabilities: readonly string[];
    };

export function scorerContender(scorer: Scorer): Contender {
  return {
    output: outputOf(scorer.head),
    select: (input, schema, nameOf) => predictedSql(scorer, input, schema, nameOf),
  };
}

function outputOf(head: Head): ContenderOutput {
  const prediction = predictionColumn;
  switch (head.kind) {
    case 'identity':
    case 'exponential':
    case 'nearest':
      return { kind: 'number', prediction };
    case 'logistic':
      return { kind: 'class', prediction, classes: head.classes, probabilities: ['probability'] };
    case 'softmax': {
      const probabilities = head.classes.map((label) => `probability_${label}`);
      // of two, the second alone is asked for
      return {
        kind: 'class',
        prediction,
        classes: head.classes,
        probabilities: probabilities.slice(probabilities.length === 2 ? 1 : 0),
      };
    }
  }
}
