import { describe, expect, it } from 'vitest';
import { ExactSums } from '../../../src/model/metrics/exact-sums.ts';
import { Random } from '../../support/random.ts';

function sumOf(terms: readonly number[]): { value: number; rounded: readonly [number, number] } {
  const sums = new ExactSums(1);
  for (const term of terms) sums.add(0, term);
  return { value: sums.value(0), rounded: sums.rounded(0) };
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
      const got = sumOf(terms).value;
      const off = distance(exact(got), truth);
      if (got !== 0) for (const near of beside(got)) expect(off <= distance(exact(near), truth)).toBe(true);
      else expect(truth).toBe(0n);
      const [high, low] = sumOf(terms).rounded;
      expect(high).toBe(got);
      expect(distance(exact(high) + exact(low), truth) * 2n ** 52n <= off || off === 0n).toBe(true);
    }
  });

  it('adds several, and tells the sum of some of them exactly', () => {
    const sums = new ExactSums(3);
    const terms = [
      [1e100, 1, -3e-20],
      [-1e100, 1e-30],
      [7, -9],
    ];
    for (const [place, list] of terms.entries()) for (const term of list) sums.add(place, term);
    expect(sums.value(0, 2)).toBe(1 - 3e-20 + 1e-30);
    expect(sums.rounded(0, 2)).toEqual([1, -3e-20 + 1e-30]);
    expect([sums.value(0), sums.value(1), sums.value(2)]).toEqual([1e100, -1e100, -2]);
    sums.add(2, 0.5);
    expect([sums.value(2), sums.value(0, 3)]).toEqual([-1.5, -0.5]);
  });

  it.each([4, 5, 6])('adds many at once as one by one, seed %i', (seed) => {
    const random = new Random(seed);
    for (let round = 0; round < 100; round++) {
      const together = new ExactSums(2);
      const singly = new ExactSums(2);
      for (let call = random.int(1, 6); call > 0; call--) {
        const terms = random.list(random.int(0, 40), () => (random.next() - 0.5) * 2 ** random.int(-100, 60));
        const place = random.int(0, 1);
        const count = random.int(0, terms.length);
        together.addAll(place, Float64Array.from(terms), count);
        for (const term of terms.slice(0, count)) singly.add(place, term);
      }
      for (const place of [0, 1]) expect(together.rounded(place)).toEqual(singly.rounded(place));
    }
  });

  it('goes on past what fits into a digit before it is carried', () => {
    const sums = new ExactSums(2);
    const term = 2 ** 64 - 2 ** 11;
    const times = 2 ** 21 + 3;
    for (let index = 0; index < times; index++) {
      sums.add(0, term);
      sums.add(1, -term);
    }
    const [high, low] = sums.rounded(0);
    expect(exact(high) + exact(low)).toBe(exact(term) * BigInt(times));
    expect(sums.value(1)).toBe(-sums.value(0));
    expect(sums.value(0, 2)).toBe(0);
  });

  it.each([2 ** 28 - 2 ** -25, 2 ** 28, 1e7 / 3, 1 / 3, 2 ** -40 / 3, 2 ** -69 + 2 ** -121, 2 ** -90 / 3])(
    'goes on past what the parts of a term fit into: %d',
    (term) => {
      const sums = new ExactSums(2);
      const times = 2 ** 20 + 2 ** 19 + 1;
      // singly and many at once, and beside another sum, whose terms count towards the same carry
      for (let index = 0; index < 2 ** 19; index++) sums.add(0, term);
      sums.addAll(1, new Float64Array(2 ** 18).fill(-term), 2 ** 18);
      sums.addAll(0, new Float64Array(times).fill(term), times - 2 ** 19);
      const [high, low] = sums.rounded(0);
      expect(exact(high) + exact(low)).toBe(exact(term) * BigInt(times));
    },
  );

  it('knows the least and the greatest doubles, and all between', () => {
    const { MIN_VALUE: least, MAX_VALUE: greatest } = Number;
    expect(sumOf([least, least, -5 * least]).value).toBe(-3 * least);
    expect(sumOf([2 ** -1022, -least]).value).toBe(2 ** -1022 - least);
    expect(sumOf([greatest, greatest, -greatest]).value).toBe(greatest);
    expect(sumOf([greatest, -greatest, least]).rounded).toEqual([least, 0]);
    expect(sumOf([-greatest, least]).rounded).toEqual([-greatest, least]);
  });

  it('rounds a tie to even, and one that something lies beside away from it', () => {
    const half = 2 ** -53;
    expect(sumOf([1, half]).value).toBe(1);
    expect(sumOf([1, half, 1e-300]).value).toBe(1 + 2 * half);
    expect(sumOf([-1, -half, -1e-300]).value).toBe(-1 - 2 * half);
    expect(sumOf([1 + 2 * half, half]).value).toBe(1 + 4 * half);
    expect(sumOf([1 + 2 * half, half, -1e-300]).value).toBe(1 + 2 * half);
  });

  it('is NaN once a term or the sum is not finite', () => {
    expect(sumOf([1, Number.POSITIVE_INFINITY, 2]).value).toBeNaN();
    expect(sumOf([Number.NaN]).value).toBeNaN();
    expect(sumOf([1e308, 1e308]).value).toBeNaN();
    expect(sumOf([]).value).toBe(0);
  });
});
