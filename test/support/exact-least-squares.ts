/** A number as integer / denominator, the denominator positive. */
export type Rational = { readonly over: bigint; readonly under: bigint };

/** The decimal number as it is printed: 0.1 is one tenth. */
export function decimal(value: number): Rational {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const shift = BigInt(exponent) - BigInt(fraction.length);
  const digits = BigInt(`${sign}${whole}${fraction}`);
  return shift < 0n ? { over: digits, under: 10n ** -shift } : { over: digits * 10n ** shift, under: 1n };
}

/** The double as it is: 0.1 is 3602879701896397 / 2^55. */
export function binary(value: number): Rational {
  let over = value;
  let under = 1n;
  for (; !Number.isInteger(over); under *= 2n) over *= 2;
  return { over: BigInt(over), under };
}

export function power({ over, under }: Rational, exponent: number): Rational {
  return { over: over ** BigInt(exponent), under: under ** BigInt(exponent) };
}

/** The nearest double, but for a unit in its last place. */
export function toNumber({ over, under }: Rational): number {
  const magnitude = over < 0n ? -over : over;
  if (magnitude === 0n) return 0;
  const shift = BigInt(under.toString(2).length - magnitude.toString(2).length + 64);
  const ratio = shift >= 0n ? (magnitude << shift) / under : magnitude / (under << -shift);
  return (over < 0n ? -1 : 1) * Number(ratio) * 2 ** Number(-shift);
}

export type ExactFit = {
  /** The intercept, then the slopes. */
  readonly weights: readonly Rational[];
  readonly residualSquares: Rational;
};

/**
 * Least squares with an intercept in rational arithmetic: nothing is rounded. Columns are brought to integers, and
 * their normal equations solved by Bareiss' elimination (doi:10.1090/S0025-5718-1968-0226829-0).
 */
export function fitExactly(x: readonly (readonly Rational[])[], y: readonly Rational[]): ExactFit {
  const one: Rational = { over: 1n, under: 1n };
  const lines = x.map((line, i) => [one, ...line, y[i] ?? one]);
  const width = lines[0]?.length ?? 0;
  const unders = Array.from({ length: width }, (_, j) =>
    lines.reduce((all, line) => leastMultiple(all, line[j]?.under ?? 1n), 1n),
  );
  const whole = lines.map((line) => line.map(({ over, under }, j) => over * ((unders[j] ?? 1n) / under)));
  const products = Array.from({ length: width }, (_, j) =>
    Array.from({ length: width }, (_, k) =>
      whole.reduce((sum, line) => sum + (line[j] ?? 0n) * (line[k] ?? 0n), 0n),
    ),
  );
  const label = width - 1;
  const labelUnder = unders[label] ?? 1n;
  const reduced = eliminate(
    products.map((line) => line.slice()),
    label,
  );
  const determinant = reduced[label - 1]?.[label - 1] ?? 1n;
  const solution: bigint[] = new Array<bigint>(label).fill(0n);
  for (let row = label - 1; row >= 0; row--) {
    let rest = (reduced[row]?.[label] ?? 0n) * determinant;
    for (let k = row + 1; k < label; k++) rest -= (reduced[row]?.[k] ?? 0n) * (solution[k] ?? 0n);
    solution[row] = rest / (reduced[row]?.[row] ?? 1n);
  }
  const explained = solution.reduce((sum, value, j) => sum + value * (products[j]?.[label] ?? 0n), 0n);
  return {
    weights: solution.map((value, j) => signed(value * (unders[j] ?? 1n), determinant * labelUnder)),
    residualSquares: signed(
      (products[label]?.[label] ?? 0n) * determinant - explained,
      determinant * labelUnder ** 2n,
    ),
  };
}

/** Fraction-free: every division is exact, and pivot k is the determinant of the leading k × k part. */
function eliminate(matrix: bigint[][], pivots: number): bigint[][] {
  let before = 1n;
  for (let k = 0; k < pivots; k++) {
    const pivot = matrix[k]?.[k] ?? 0n;
    if (pivot === 0n) throw new Error('columns depend on one another');
    for (const line of matrix.slice(k + 1)) {
      const factor = line[k] ?? 0n;
      line.forEach((value, j) => {
        if (j > k) line[j] = (value * pivot - factor * (matrix[k]?.[j] ?? 0n)) / before;
      });
      line[k] = 0n;
    }
    before = pivot;
  }
  return matrix;
}

function signed(over: bigint, under: bigint): Rational {
  return under < 0n ? { over: -over, under: -under } : { over, under };
}

function leastMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}
