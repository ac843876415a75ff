import type { TensorType } from '../onnx-graph.ts';
import type { Head } from '../scorer.ts';

/**
 * How an exported model is told that a value is missing, and tells that it gives none. Numbers and booleans are NaN;
 * ONNX has no such value for texts and integers:
 *
 * - texts are U+FFFF, which Unicode keeps free for such use: no text of the data can mean it as a character, and
 *   unlike NUL it passes through every runtime (onnxruntime-web hands texts over as C strings)
 * - moments are the least int64, as NumPy's NaT
 */
export const missingText = '\uffff';
export const missingMoment = -(2n ** 63n);

/** What an input takes. */
export type InputKind = 'number' | 'float' | 'boolean' | 'moment' | 'text';

export type InputForm = { readonly tensor: TensorType; readonly meaning: string };

export const inputForms: Readonly<Record<InputKind, InputForm>> = {
  number: { tensor: 'double', meaning: 'a number; NaN: missing' },
  float: { tensor: 'float', meaning: 'a FLOAT; NaN: missing' },
  boolean: { tensor: 'double', meaning: '1 for true, 0 for false; NaN: missing' },
  moment: { tensor: 'int64', meaning: `milliseconds since 1970-01-01 UTC; ${missingMoment}: missing` },
  text: {
    tensor: 'string',
    meaning: 'a text, of other types the text DuckDB casts it to; U+FFFF: missing',
  },
};

/** What an output means, by its name. */
export function outputMeaning(head: Head, name: string): string {
  if (name === 'prediction_certain') return 'whether the exact model is proved to give the same class';
  if (name !== 'prediction') return 'NaN where there is no prediction';
  switch (head.kind) {
    case 'identity':
    case 'exponential':
      return 'NaN where there is no prediction';
    case 'logistic':
    case 'softmax':
      return 'the class, as text; U+FFFF where there is no prediction';
    case 'nearest':
      return 'the number of the cluster, from 1 on; 0 where there is no prediction';
  }
}
