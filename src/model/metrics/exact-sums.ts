import type { DoubleDouble } from '../double-double.ts';

/**
 * Bits of a digit. A double fits into three, and 2²⁰ of them, with what the parts of a sum hold, are added to a digit
 * before it outgrows 53 bits.
 */
const digitBits = 32;
const base = 2 ** digitBits;
const addsBetweenCarries = 2 ** 20;

/** Digits of a sum: the finite doubles reach from bit 0, worth 2⁻¹⁰⁷⁴, to bit 2097; what carries goes above. */
const digitCount = 67;

/**
 * A term below 2²⁸ is cut into three parts, multiples of 2⁻⁴, 2⁻³⁷ and 2⁻⁷⁰, and a rest that nearly always is 0. So many
 * parts of a kind as there are adds between carries are summed in a double without rounding, and their sums become
 * digits then: two thirds of the time that the digits of every term take. Adding 1.5·2⁵²⁺ᵏ and taking it off again
 * rounds to a multiple of 2ᵏ.
 */
const partCount = 3;
const largestCut = 2 ** 28;
const cutAtHigh = 1.5 * 2 ** (52 - 4);
const cutAtMiddle = 1.5 * 2 ** (52 - 37);
const cutAtLow = 1.5 * 2 ** (52 - 70);

/**
 * Sums of doubles without any error: fixed-point numbers with a digit for every place that a double can have, rounded
 * once, when they are read. So each is the same to the last bit in whatever order the terms come (law 7). The small
 * superaccumulator of Neal 2015 ("Fast exact summation using small and large superaccumulators", arXiv:1505.05571).
 * A term that is not finite makes a sum NaN, and so does a sum beyond the doubles. 560 bytes each.
 */
export class ExactSums {
  /** By sum, then by digit, the least first; of either sign, and beyond the base, until they are carried. */
  readonly #digits: Float64Array;
  /** By sum, what is not yet in its digits. */
  readonly #parts: Float64Array;
  readonly #isSpoilt: Uint8Array;
  #adds = 0;
  readonly #term = new Float64Array(1);
  readonly #words = new Uint32Array(this.#term.buffer);
  readonly #single = new Float64Array(1);

  constructor(count: number) {
    this.#digits = new Float64Array(count * digitCount);
    this.#parts = new Float64Array(count * partCount);
    this.#isSpoilt = new Uint8Array(count);
  }

  /** Adds to the sum at a place, from 0 on. */
  add(place: number, term: number): void {
    this.#single[0] = term;
    this.addAll(place, this.#single, 1);
  }

  /** Adds the first `count` of the terms to the sum at a place. */
  addAll(place: number, terms: Float64Array, count: number): void {
    for (let from = 0; from < count; ) {
      const until = Math.min(count, from + addsBetweenCarries - this.#adds);
      this.#addParts(place, terms, from, until);
      this.#adds += until - from;
      if (this.#adds === addsBetweenCarries) this.#carry();
      from = until;
    }
  }

  // The parts are sums of their own within the loop, so that they stay in registers: a third of the time.
  #addParts(place: number, terms: Float64Array, from: number, until: number): void {
    let highs = 0;
    let middles = 0;
    let lows = 0;
    for (let index = from; index < until; index++) {
      const term = terms[index] ?? 0;
      if (!(Math.abs(term) < largestCut)) {
        this.#addDigits(place, term);
        continue;
      }
      const high = term + cutAtHigh - cutAtHigh;
      const belowHigh = term - high;
      const middle = belowHigh + cutAtMiddle - cutAtMiddle;
      const belowMiddle = belowHigh - middle;
      const low = belowMiddle + cutAtLow - cutAtLow;
      const rest = belowMiddle - low;
      highs += high;
      middles += middle;
      lows += low;
      if (rest !== 0) this.#addDigits(place, rest);
    }
    const parts = this.#parts;
    const at = place * partCount;
    parts[at] = (parts[at] ?? 0) + highs;
    parts[at + 1] = (parts[at + 1] ?? 0) + middles;
    parts[at + 2] = (parts[at + 2] ?? 0) + lows;
  }

  #addDigits(place: number, term: number): void {
    this.#term[0] = term;
    const low = this.#words[lowWord] ?? 0;
    const top = this.#words[1 - lowWord] ?? 0;
    const exponent = (top >>> 20) & 0x7ff;
    if (exponent === 0x7ff) {
      this.#isSpoilt[place] = 1;
      return;
    }
    const high = exponent === 0 ? top & 0xfffff : (top & 0xfffff) | 0x100000;
    const bit = exponent === 0 ? 0 : exponent - 1;
    const shift = bit % digitBits;
    // a shift by 32 is one by 0
    const first = (low << shift) >>> 0;
    const second = shift === 0 ? high : ((low >>> (digitBits - shift)) | (high << shift)) >>> 0;
    const third = shift === 0 ? 0 : high >>> (digitBits - shift);
    const sign = top >>> 31 === 0 ? 1 : -1;
    const digits = this.#digits;
    const at = place * digitCount + (bit >>> 5);
    digits[at] = (digits[at] ?? 0) + sign * first;
    digits[at + 1] = (digits[at + 1] ?? 0) + sign * second;
    digits[at + 2] = (digits[at + 2] ?? 0) + sign * third;
  }

  #carry(): void {
    if (this.#adds === 0) return;
    for (const [at, part] of this.#parts.entries()) this.#addDigits(Math.floor(at / partCount), part);
    this.#parts.fill(0);
    for (let at = 0; at < this.#digits.length; at += digitCount)
      carry(this.#digits.subarray(at, at + digitCount));
    this.#adds = 0;
  }

  /** The sum of `count` of the sums from a place on, rounded once, to the nearest double. */
  value(place: number, count = 1): number {
    return this.rounded(place, count)[0];
  }

  /** As `value`, to twice the digits of a double. */
  rounded(place: number, count = 1): DoubleDouble {
    const total = this.#total(place, count);
    const high = nearest(total.#digits);
    if (total.#isSpoilt[0] === 1 || !Number.isFinite(high)) return [Number.NaN, 0];
    total.#addDigits(0, -high);
    return [high, nearest(total.#digits)];
  }

  #total(place: number, count: number): ExactSums {
    this.#carry();
    const total = new ExactSums(1);
    for (let sum = place; sum < place + count; sum++) {
      for (let digit = 0; digit < digitCount; digit++)
        total.#digits[digit] = (total.#digits[digit] ?? 0) + (this.#digits[sum * digitCount + digit] ?? 0);
      if (this.#isSpoilt[sum] === 1) total.#isSpoilt[0] = 1;
    }
    return total;
  }
}

/** Where the lower half of a double lies in memory. */
const lowWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** Brings every digit but the last into [0, base). */
function carry(digits: Float64Array): void {
  let over = 0;
  for (let digit = 0; digit < digitCount - 1; digit++) {
    const whole = (digits[digit] ?? 0) + over;
    over = Math.floor(whole / base);
    digits[digit] = whole - over * base;
  }
  digits[digitCount - 1] = (digits[digitCount - 1] ?? 0) + over;
}

/** The nearest double. The digits are carried. */
function nearest(digits: Float64Array): number {
  carry(digits);
  const isNegative = (digits.at(-1) ?? 0) < 0;
  const size = isNegative ? digits.map((digit) => -digit) : digits;
  if (isNegative) carry(size);
  const parts: number[] = [];
  let worth = Number.MIN_VALUE;
  for (const digit of size) {
    if (digit !== 0) parts.push(digit * worth);
    worth *= base;
  }
  return isNegative ? -roundedOnce(parts) : roundedOnce(parts);
}

/** The sum of positive doubles that do not overlap, the least first; the rounding as in Python's math.fsum. */
function roundedOnce(parts: readonly number[]): number {
  let index = parts.length - 1;
  let high = parts[index] ?? 0;
  let low = 0;
  while (index > 0) {
    const before = high;
    const part = parts[--index] ?? 0;
    high = before + part;
    low = part - (high - before);
    if (low !== 0) break;
  }
  // A tie was rounded to even; what lies below it says that it should have gone up.
  if (low > 0 && index > 0) {
    const twice = low * 2;
    const up = high + twice;
    if (twice === up - high) return up;
  }
  return high;
}
