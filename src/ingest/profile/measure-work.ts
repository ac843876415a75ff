import { createNumberHash } from './hash-values.ts';
import { createNumberSort } from './sort-numbers.ts';

/** What measuring one column after the other uses again and again: thousands of them are measured at a time. */
export type MeasureWork = {
  /** Room for so many numbers, in no order; the next call gives the same room. */
  readonly room: (length: number) => Float64Array;
  /** Finite numbers from the least on, in a room of their own until the next call. */
  readonly sorted: (values: Float64Array) => Float64Array;
  readonly hashOf: (value: number) => number;
};

export function createMeasureWork(): MeasureWork {
  let room = new Float64Array(0);
  return {
    room: (length) => {
      if (room.length < length) room = new Float64Array(length);
      return room;
    },
    sorted: createNumberSort(),
    hashOf: createNumberHash(),
  };
}
