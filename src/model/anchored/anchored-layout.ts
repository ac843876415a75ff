import { columnPlaces, movedLines } from '../column-places.ts';
import { twoSum } from '../double-double.ts';
import { type Levels, type PairedSums, pairedSums } from '../sums-state.ts';
import { type AnchoredState, designSize, emptyReach, sizeOf, trainingRows } from './anchored-state.ts';
import { emptyHistogram } from './kink-histogram.ts';

/**
 * A copy that can be added to without touching `state`, laid out for `levels`: columns of levels that are new are 0,
 * also in the anchor, and those of levels that are gone are left out.
 */
export function anchoredWithLevels(state: AnchoredState, levels: readonly Levels[]): AnchoredState {
  const measured = state.frame.pivot.length;
  const from = sizeOf(state);
  const to = designSize(measured, levels);
  const places = columnPlaces(state.levels, levels, 1 + 2 * measured);
  const line = (values: Float64Array) => movedLines(values, from, to, places);
  const lines = (sums: PairedSums) => ({ high: line(sums.high), low: line(sums.low) });
  const square = (values: Float64Array) => movedSquares(values, from, to, places);
  return {
    ...state,
    levels,
    anchor: line(state.anchor),
    gradient: lines(state.gradient),
    hessian: { high: square(state.hessian.high), low: square(state.hessian.low) },
    loss: copied(state.loss),
    columns: lines(state.columns),
    squares: copied(state.squares),
    classRows: state.classRows.slice(),
    labels: copied(state.labels),
    reach: { low: state.reach.low.slice(), high: state.reach.high.slice(), norm: state.reach.norm },
    kinks:
      state.kinks === null
        ? null
        : {
            rows: state.kinks.rows.slice(),
            squares: state.kinks.squares.slice(),
            curvedRows: state.kinks.curvedRows.slice(),
            curvedSquares: state.kinks.curvedSquares.slice(),
          },
    budget: {
      slopes: state.budget.slopes.slice(),
      columns: line(state.budget.columns),
      curvature: line(state.budget.curvature),
    },
  };
}

function copied(sums: PairedSums): PairedSums {
  return { high: sums.high.slice(), low: sums.low.slice() };
}

function movedSquares(
  values: Float64Array,
  from: number,
  to: number,
  places: readonly number[],
): Float64Array {
  if (from === to && places.every((place, column) => place === column)) return values.slice();
  const count = values.length / (from * from);
  const moved = new Float64Array(count * to * to);
  for (let square = 0; square < count; square++) {
    places.forEach((row, i) => {
      if (row < 0) return;
      places.forEach((column, j) => {
        if (column < 0) return;
        moved[square * to * to + row * to + column] = values[square * from * from + i * from + j] ?? 0;
      });
    });
  }
  return moved;
}

/**
 * The state with nothing left of what it no longer holds: levels without a row are gone, sums over no row are zero,
 * and each pair of doubles is in its one normal form.
 */
export function tidiedAnchored(state: AnchoredState): AnchoredState {
  const measured = state.frame.pivot.length;
  let place = 1 + 2 * measured;
  const alive = state.levels.map((levels) => levels.filter(() => (state.columns.high[place++] ?? 0) > 0));
  const result = anchoredWithLevels(state, alive);
  if (trainingRows(state) === 0) return emptied(result);
  for (const sums of [
    result.gradient,
    result.hessian,
    result.loss,
    result.columns,
    result.squares,
    result.labels,
  ])
    normalize(sums);
  for (let feature = 0; feature < measured; feature++) {
    const missing = state.columns.high[1 + measured + feature] ?? 0;
    if (missing === 0) clearColumn(result, 1 + measured + feature);
    if (missing !== trainingRows(state)) continue;
    clearColumn(result, 1 + feature);
    result.squares.high[feature] = 0;
    result.squares.low[feature] = 0;
    result.reach.low[feature] = Number.POSITIVE_INFINITY;
    result.reach.high[feature] = Number.NEGATIVE_INFINITY;
  }
  return result;
}

/** No rows: the anchor and the frame stay, so that rows can come again. */
function emptied(state: AnchoredState): AnchoredState {
  const measured = state.frame.pivot.length;
  return {
    ...state,
    gradient: pairedSums(state.gradient.high.length),
    hessian: pairedSums(state.hessian.high.length),
    loss: pairedSums(1),
    columns: pairedSums(state.columns.high.length),
    squares: pairedSums(measured),
    labels: pairedSums(1),
    reach: emptyReach(measured),
    kinks: state.kinks === null ? null : emptyHistogram(),
    budget: {
      slopes: new Float64Array(state.budget.slopes.length),
      columns: new Float64Array(state.budget.columns.length),
      curvature: new Float64Array(state.budget.curvature.length),
    },
  };
}

function clearColumn(state: AnchoredState, column: number): void {
  const size = sizeOf(state);
  for (const sums of [state.gradient, state.columns]) {
    for (let at = column; at < sums.high.length; at += size) {
      sums.high[at] = 0;
      sums.low[at] = 0;
    }
  }
  for (const values of [state.hessian.high, state.hessian.low]) {
    for (let start = 0; start < values.length; start += size * size) {
      for (let j = 0; j < size; j++) {
        values[start + column * size + j] = 0;
        values[start + j * size + column] = 0;
      }
    }
  }
  for (const values of [state.budget.columns, state.budget.curvature]) {
    for (let at = column; at < values.length; at += size) values[at] = 0;
  }
}

function normalize(sums: PairedSums): void {
  for (let index = 0; index < sums.high.length; index++) {
    const [high, low] = twoSum(sums.high[index] ?? 0, sums.low[index] ?? 0);
    sums.high[index] = high;
    sums.low[index] = low;
  }
}
