import type { Levels } from './sums-state.ts';

/** Per column of the old layout its place in the new one; −1 where it is gone. */
export function columnPlaces(from: readonly Levels[], to: readonly Levels[], first: number): number[] {
  const places = Array.from({ length: first }, (_, column) => column);
  let offset = first;
  from.forEach((levels, feature) => {
    const known = to[feature] ?? [];
    const targets = new Map(known.map((level, index) => [level, offset + index]));
    for (const level of levels) places.push(targets.get(level) ?? -1);
    offset += known.length;
  });
  return places;
}

/** Lines of `from` columns each, as lines of `to`: columns that are new are 0. */
export function movedLines(
  values: Float64Array,
  from: number,
  to: number,
  places: readonly number[],
): Float64Array {
  const count = values.length / from;
  const moved = new Float64Array(count * to);
  for (let line = 0; line < count; line++) {
    places.forEach((place, column) => {
      if (place >= 0) moved[line * to + place] = values[line * from + column] ?? 0;
    });
  }
  return moved;
}
