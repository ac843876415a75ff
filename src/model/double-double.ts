/**
 * An unevaluated sum of two doubles, about 32 digits: [high, low] with |low| at most half an ulp of high.
 * Algorithms: Knuth's two-sum, Dekker's product with Veltkamp's split (Dekker 1971, doi:10.1007/BF01397083).
 */
export type DoubleDouble = readonly [high: number, low: number];

export function twoSum(a: number, b: number): DoubleDouble {
  const sum = a + b;
  const part = sum - a;
  return [sum, a - (sum - part) + (b - part)];
}

/** Veltkamp's: cuts a double into two halves of 26 bits. */
export const splitter = 2 ** 27 + 1;

export function twoProduct(a: number, b: number): DoubleDouble {
  const product = a * b;
  const aBig = a * splitter;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = b * splitter;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return [product, aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

function normalized(high: number, low: number): DoubleDouble {
  const sum = high + low;
  return [sum, low - (sum - high)];
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [sum, error] = twoSum(a[0], b[0]);
  return normalized(sum, error + (a[1] + b[1]));
}

export function subtract(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  return add(a, [-b[0], -b[1]]);
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const [product, error] = twoProduct(a[0], b[0]);
  return normalized(product, error + (a[0] * b[1] + a[1] * b[0]));
}

export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a[0] / b[0];
  const rest = subtract(a, multiply(b, [first, 0]));
  const second = rest[0] / b[0];
  return normalized(first, second);
}
