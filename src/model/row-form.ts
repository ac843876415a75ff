import type { QuadraticForm } from './scorer.ts';

/** A quadratic form made ready to be worked out row by row: each line without the zeros at its ends. */
export type RowForm = {
  readonly constants: Float64Array;
  /** Of each line: its first place in the design, and where its weights begin in `weights`; and the end. */
  readonly places: Int32Array;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
};

export function rowForm({ constants, rows }: QuadraticForm): RowForm {
  const trimmed = rows.map((row) => {
    const first = row.findIndex((weight) => weight !== 0);
    const last = row.findLastIndex((weight) => weight !== 0);
    return { place: Math.max(0, first), weights: first < 0 ? [] : row.slice(first, last + 1) };
  });
  let next = 0;
  const starts = trimmed.map(({ weights }) => {
    const start = next;
    next += weights.length;
    return start;
  });
  return {
    constants: Float64Array.from(trimmed, (_, line) => constants[line] ?? 0),
    places: Int32Array.from(trimmed, ({ place }) => place),
    starts: Int32Array.of(...starts, next),
    weights: Float64Array.from(trimmed.flatMap(({ weights }) => weights)),
  };
}

export function rowFormAt({ constants, places, starts, weights }: RowForm, design: Float64Array): number {
  let total = 0;
  for (let line = 0; line < constants.length; line++) {
    let sum = constants[line] ?? 0;
    const end = starts[line + 1] ?? 0;
    let place = places[line] ?? 0;
    for (let at = starts[line] ?? 0; at < end; at++) sum += (weights[at] ?? 0) * (design[place++] ?? 0);
    total += sum * sum;
  }
  return total;
}
