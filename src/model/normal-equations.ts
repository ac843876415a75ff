import { add, type DoubleDouble, divide, multiply, subtract } from './double-double.ts';
import {
  denseSize,
  measuredCount,
  type PairedSums,
  pairAt,
  pairedSums,
  presentRows,
  presentWeight,
  rowCount,
  type SumsState,
  totalWeight,
} from './sums-state.ts';

/** A column of the design, by the state's coordinates. */
export type DesignColumn =
  | { readonly kind: 'measure' | 'missing'; readonly feature: number }
  | { readonly kind: 'level'; readonly place: number };

/**
 * Sums of centred products of the design's columns and the labels, in the state's coordinates (z, not x), with the
 * missing values of a feature replaced by the mean of the others.
 */
export type CentredProducts = {
  readonly columns: readonly DesignColumn[];
  /** m × m for the m columns and labels, the labels last. */
  readonly products: PairedSums;
  /** m. */
  readonly size: number;
  /** Means of the columns and the labels. */
  readonly means: readonly DoubleDouble[];
};

/**
 * Σ(u − ū)(v − v̄) = Σuv − ΣuΣv/n for all pairs, in 32 digits, then z' = z + z̄·missing as a linear map of rows and
 * columns. Of the state's measures the first `features` are features, the others labels. `whole` says which columns
 * there are and what stands for a missing value: for a part of the rows, the state of all, with the same levels.
 */
export function centredProducts(
  state: SumsState,
  features: number,
  whole: SumsState = state,
): CentredProducts {
  const columns = designColumns(whole, features);
  const entries: Entry[] = [
    ...columns.map((column) => entryOf(state, column)),
    ...labelEntries(state, features),
  ];
  const rows: DoubleDouble = [totalWeight(state), 0];
  const sums = entries.map((entry) => sumOf(state, entry));
  const products = pairedSums(entries.length ** 2);
  entries.forEach((entry, i) => {
    const share = divide(sums[i] ?? [0, 0], rows);
    for (let j = i; j < entries.length; j++) {
      const other = entries[j] ?? entry;
      const value = subtract(productOf(state, entry, other), multiply(share, sums[j] ?? [0, 0]));
      setPair(products, i * entries.length + j, value);
      setPair(products, j * entries.length + i, value);
    }
  });
  const means = sums.map((sum) => divide(sum, rows));
  columns.forEach((column, missing) => {
    if (column.kind !== 'missing') return;
    const measure = columns.findIndex((c) => c.kind === 'measure' && c.feature === column.feature);
    const imputed = presentMean(whole, column.feature);
    addScaledLine(products, entries.length, measure, missing, imputed[0]);
    means[measure] = add(means[measure] ?? [0, 0], multiply(imputed, means[missing] ?? [0, 0]));
  });
  return { columns, products, size: entries.length, means };
}

/** The mean of a feature's values that are there, in z; 0 when there are none. */
export function presentMean(state: SumsState, feature: number): DoubleDouble {
  if (presentRows(state, feature) === 0) return [0, 0];
  return divide(pairAt(state.dense, feature + 1), [presentWeight(state, feature), 0]);
}

function designColumns(state: SumsState, count: number): DesignColumn[] {
  const features = Array.from({ length: count }, (_, feature) => feature);
  const missing = features.filter((feature) => presentRows(state, feature) < rowCount(state));
  return [
    ...features.map((feature) => ({ kind: 'measure', feature }) as const),
    ...missing.map((feature) => ({ kind: 'missing', feature }) as const),
    ...state.levels.flat().map((_, place) => ({ kind: 'level', place }) as const),
  ];
}

/** A coordinate of the state: in the dense part, or a level. */
type Entry = { readonly kind: 'dense' | 'level'; readonly index: number };

function entryOf(state: SumsState, column: DesignColumn): Entry {
  switch (column.kind) {
    case 'measure':
      return { kind: 'dense', index: column.feature + 1 };
    case 'missing':
      return { kind: 'dense', index: measuredCount(state) + 2 + column.feature };
    case 'level':
      return { kind: 'level', index: column.place };
  }
}

function labelEntries(state: SumsState, features: number): Entry[] {
  const count = measuredCount(state) + 1 - features;
  return Array.from({ length: count }, (_, label) => ({ kind: 'dense', index: features + label + 1 }));
}

function sumOf(state: SumsState, entry: Entry): DoubleDouble {
  return productOf(state, { kind: 'dense', index: 0 }, entry);
}

function productOf(state: SumsState, a: Entry, b: Entry): DoubleDouble {
  const size = denseSize(measuredCount(state));
  if (a.kind === 'dense' && b.kind === 'dense') return pairAt(state.dense, a.index * size + b.index);
  if (a.kind === 'level' && b.kind === 'level') {
    const total = state.grouped.high.length / size;
    const [first, second] = a.index < b.index ? [a.index, b.index] : [b.index, a.index];
    return [state.together[first * total + second] ?? 0, 0];
  }
  const [level, dense] = a.kind === 'level' ? [a, b] : [b, a];
  return pairAt(state.grouped, level.index * size + dense.index);
}

function setPair(sums: PairedSums, index: number, [high, low]: DoubleDouble): void {
  sums.high[index] = high;
  sums.low[index] = low;
}

/** Line `to` += factor · line `from`, for rows and then for columns. */
function addScaledLine(matrix: PairedSums, size: number, to: number, from: number, factor: number): void {
  const scaled = (index: number) => multiply(pairAt(matrix, index), [factor, 0]);
  for (let j = 0; j < size; j++) {
    setPair(matrix, to * size + j, add(pairAt(matrix, to * size + j), scaled(from * size + j)));
  }
  for (let i = 0; i < size; i++) {
    setPair(matrix, i * size + to, add(pairAt(matrix, i * size + to), scaled(i * size + from)));
  }
}
