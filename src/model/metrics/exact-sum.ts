import type { DoubleDouble } from '../double-double.ts';

/**
 * A sum of doubles without any error: kept as doubles that do not overlap, and rounded once, when it is read. So it
 * is the same to the last bit in whatever order the terms come (law 7). Shewchuk 1997 ("Adaptive precision
 * floating-point arithmetic", Theorem 10), the last rounding as in Python's math.fsum. A term or sum that is not
 * finite makes it NaN.
 */
export class ExactSum {
  /** The first `#size` are in use: increasing in magnitude, none overlapping another. */
  #parts = new Float64Array(4);
  #size = 0;

  add(term: number): void {
    const parts = this.#parts;
    const size = this.#size;
    let kept = 0;
    let rest = term;
    for (let index = 0; index < size; index++) {
      const part = parts[index] ?? 0;
      const sum = rest + part;
      // Knuth's two-sum: no comparison of magnitudes
      const shadow = sum - rest;
      const error = rest - (sum - shadow) + (part - shadow);
      if (error !== 0) parts[kept++] = error;
      rest = sum;
    }
    this.#size = kept + 1;
    if (kept === parts.length) this.#grow();
    this.#parts[kept] = rest;
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#parts.length);
    grown.set(this.#parts);
    this.#parts = grown;
  }

  /** Adds the sum of `other`, exactly. */
  merge(other: ExactSum): void {
    for (const part of other.#used()) this.add(part);
  }

  /** The sum, rounded once, to the nearest double. */
  value(): number {
    return this.rounded()[0];
  }

  #used(): Float64Array {
    return this.#parts.subarray(0, this.#size);
  }

  /** The sum to twice the digits of a double. */
  rounded(): DoubleDouble {
    const high = nearest(this.#used());
    if (!Number.isFinite(high)) return [Number.NaN, 0];
    const rest = new ExactSum();
    rest.merge(this);
    rest.add(-high);
    return [high, nearest(rest.#used())];
  }
}

function nearest(parts: Float64Array): number {
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
  // A tie was rounded to even; what lies below it says which way it should have gone.
  const below = parts[index - 1] ?? 0;
  if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
    const twice = low * 2;
    const up = high + twice;
    if (twice === up - high) return up;
  }
  return high;
}
