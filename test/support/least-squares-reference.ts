import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';

/** One training row as the reference sees it: null is missing. */
export type ReferenceRow = {
  readonly numeric: readonly (number | null)[];
  readonly categories: readonly (string | null)[];
  readonly y: number;
};

export type ReferenceOptions = {
  readonly l2: number;
  readonly standardize: boolean;
  /** Per numeric column: 0/1 columns are not standardized. */
  readonly binary: readonly boolean[];
};

export type ReferenceFit = {
  predict(row: Omit<ReferenceRow, 'y'>): number;
  /** Per numeric column: weight in the design's own scale. */
  readonly weights: readonly number[];
  readonly residualSquares: number;
};

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** A mean in two passes: the second takes out what rounding left. */
function carefulMean(values: readonly number[]): number {
  const first = mean(values);
  return first + mean(values.map((value) => value - first));
}

/**
 * Ridge from its definition: the explicit design matrix of these rows (imputed, indicated, one-hot, standardized,
 * centred), stacked on √l2·I, solved by singular values. Shares nothing with src/model.
 */
export function fitReference(rows: readonly ReferenceRow[], options: ReferenceOptions): ReferenceFit {
  const width = rows[0]?.numeric.length ?? 0;
  const columns = Array.from({ length: width }, (_, j) => {
    const values = rows.map((row) => row.numeric[j] ?? null);
    const present = values.filter((value) => value !== null);
    const center = carefulMean(present);
    const centred = values.map((value) => (value === null ? 0 : value - center));
    const deviation = Math.sqrt(mean(centred.map((value) => value * value)));
    const constant = present.every((value) => value === present[0]);
    const divisor = options.standardize && options.binary[j] !== true && !constant ? deviation : 1;
    return { center, divisor, constant, missing: present.length < rows.length };
  });
  const levels = (rows[0]?.categories ?? []).map((_, c) => [
    ...new Set(rows.map((row) => row.categories[c] ?? null)),
  ]);
  const encode = (row: Omit<ReferenceRow, 'y'>): number[] => [
    ...columns.map(({ center, divisor, constant }, j) => {
      const value = row.numeric[j] ?? null;
      return value === null || constant ? 0 : (value - center) / divisor;
    }),
    ...columns.flatMap(({ missing }, j) => (missing ? [(row.numeric[j] ?? null) === null ? 1 : 0] : [])),
    ...levels.flatMap((known, c) => known.map((level) => ((row.categories[c] ?? null) === level ? 1 : 0))),
  ];
  const design = rows.map(encode);
  const size = design[0]?.length ?? 0;
  const means = Array.from({ length: size }, (_, j) => mean(design.map((line) => line[j] ?? 0)));
  const labelMean = carefulMean(rows.map((row) => row.y));
  const penalty = Array.from({ length: options.l2 > 0 ? size : 0 }, (_, i) =>
    Array.from({ length: size }, (_, j) => (i === j ? Math.sqrt(options.l2) : 0)),
  );
  const stacked = [...design.map((line) => line.map((value, j) => value - (means[j] ?? 0))), ...penalty];
  const right = [...rows.map((row) => row.y - labelMean), ...penalty.map(() => 0)];
  let weights = leastNorm(stacked, right, size);
  for (let round = 0; round < 2; round++) {
    const rest = stacked.map((line, i) =>
      line.reduce((sum, x, j) => sum - x * (weights[j] ?? 0), right[i] ?? 0),
    );
    weights = leastNorm(stacked, rest, size).map((correction, j) => correction + (weights[j] ?? 0));
  }
  const predict = (row: Omit<ReferenceRow, 'y'>) =>
    labelMean + encode(row).reduce((sum, value, j) => sum + (value - (means[j] ?? 0)) * (weights[j] ?? 0), 0);
  return {
    predict,
    weights: weights.slice(0, width),
    residualSquares: rows.reduce((sum, row) => sum + (row.y - predict(row)) ** 2, 0),
  };
}

/**
 * The solution of least norm. Columns are brought to one length first, so that which of them depend on others does
 * not hang on their units; the part in the null space is then taken out in the design's own units.
 */
function leastNorm(matrix: number[][], right: number[], size: number): number[] {
  if (size === 0 || matrix.length === 0) return [];
  const lengths = Array.from(
    { length: size },
    (_, j) => Math.hypot(...matrix.map((line) => line[j] ?? 0)) || 1,
  );
  const even = matrix.map((line) => line.map((value, j) => value / (lengths[j] ?? 1)));
  const padded = [
    ...even,
    ...Array.from({ length: Math.max(0, size - even.length) }, () => new Array<number>(size).fill(0)),
  ];
  const svd = new SingularValueDecomposition(new Matrix(padded));
  const cut = 1e-11 * Math.max(...svd.diagonal, 0);
  const along = svd.leftSingularVectors
    .transpose()
    .mmul(Matrix.columnVector(padded.map((_, i) => right[i] ?? 0)));
  const weights = new Array<number>(size).fill(0);
  const dependent: number[][] = [];
  svd.diagonal.forEach((value, k) => {
    const direction = weights.map((_, j) => svd.rightSingularVectors.get(j, k) / (lengths[j] ?? 1));
    if (value <= cut) dependent.push(direction);
    else
      direction.forEach((part, j) => {
        weights[j] = (weights[j] ?? 0) + (part * along.get(k, 0)) / value;
      });
  });
  if (dependent.length === 0) return weights;
  const basis = new QrDecomposition(new Matrix(dependent).transpose()).orthogonalMatrix;
  const inNullSpace = basis.mmul(basis.transpose().mmul(Matrix.columnVector(weights)));
  return weights.map((weight, j) => weight - inNullSpace.get(j, 0));
}
