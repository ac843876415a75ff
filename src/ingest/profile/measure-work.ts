import { createNumberHash } from './hash-values.ts';

/** What measuring one column after the other uses again and again: thousands of them are measured at a time. */
export type MeasureWork = {
  /** Room for so many numbers, in no order; the next call gives the same room. */
  readonly sorted: (length: number) => Float64Array;
  readonly hashOf: (value: number) => number;
};

export function createMeasureWork(): MeasureWork {
  let room = new Float64Array(0);
  return {
    sorted: (length) => {
      if (room.length < length) room = new Float64Array(length);
      return room;
    },
    hashOf: createNumberHash(),
  };
}
