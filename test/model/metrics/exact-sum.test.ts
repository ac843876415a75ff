import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../../src/model/metrics/exact-sum.ts';
import { Random } from '../../support/random.ts';

function sumOf(terms: readonly number[]): ExactSum {
  const sum = new ExactSum();
  for (const term of terms) sum.add(term);
  return sum;
}

/** A double as a whole number of 2⁻¹⁰⁷⁴. */
function exact(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = (word >> 52n) & 0x7ffn;
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return word >> 63n === 0n ? size : -size;
}

const distance = (a: bigint, b: bigint) => (a > b ? a - b : b - a);

/** The neighbours of a double. */
function beside(value: number): number[] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigInt64(0);
  return [word - 1n, word + 1n].map((near) => {
    bits.setBigInt64(0, near);
    return bits.getFloat64(0);
  });
}

describe('an exact sum', () => {
  it.each([1, 2, 3])('is the double nearest to the sum, whatever the scales, seed %i', (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 200; round++) {
      const half = random.list(random.int(1, 60), () => (random.next() - 0.5) * 2 ** random.int(-90, 90));
      // what cancels nearly leaves the small ones
      const terms = [...half, ...half.map((term) => -term * (random.chance(0.5) ? 1 : 1 + 2 ** -50))];
      const truth = terms.reduce((sum, term) => sum + exact(term), 0n);
      const got = sumOf(terms).value();
      const off = distance(exact(got), truth);
      if (got !== 0) for (const near of beside(got)) expect(off <= distance(exact(near), truth)).toBe(true);
      else expect(truth).toBe(0n);
      const [high, low] = sumOf(terms).rounded();
      expect(high).toBe(got);
      expect(distance(exact(high) + exact(low), truth) * 2n ** 52n <= off || off === 0n).toBe(true);
    }
  });

  it('merges exactly', () => {
    const [one, other] = [sumOf([1e100, 1, -3e-20]), sumOf([-1e100, 1e-30])];
    one.merge(other);
    expect(one.value()).toBe(1 - 3e-20 + 1e-30);
    expect(one.rounded()).toEqual([1, -3e-20 + 1e-30]);
  });

  it('is NaN once a term or the sum is not finite', () => {
    expect(sumOf([1, Number.POSITIVE_INFINITY, 2]).value()).toBeNaN();
    expect(sumOf([Number.NaN]).value()).toBeNaN();
    expect(sumOf([1e308, 1e308]).value()).toBeNaN();
    expect(sumOf([]).value()).toBe(0);
  });
});
