import { describe, expect, it } from 'vitest';
import { Adwin } from '../../../src/lab/detectors/adwin.ts';
import { ExponentialHistogram } from '../../../src/lab/detectors/exponential-histogram.ts';
import { Kswin } from '../../../src/lab/detectors/kswin.ts';
import { PageHinkley } from '../../../src/lab/detectors/page-hinkley.ts';
import { drawNormal } from '../../support/draw-normal.ts';
import { Random } from '../../support/random.ts';

/** Values at which it says something: 400 of one mean, then some one deviation higher. */
function alarmsOf(add: (value: number) => boolean, scale: number, shift: number): number[] {
  const random = new Random(11);
  return random
    .list(1000, (place) => (add(shift + scale * (drawNormal(random) + (place < 400 ? 0 : 1))) ? place : -1))
    .filter((place) => place >= 0);
}

describe('exponential histogram', () => {
  it('has the moments of the values that it holds, in few buckets', () => {
    const random = new Random(2);
    const histogram = new ExponentialHistogram();
    let values: number[] = [];
    for (let step = 0; step < 5000; step++) {
      const value = 1e6 + drawNormal(random);
      histogram.add(value);
      values.push(value);
      if (random.chance(0.01)) {
        histogram.dropOldest();
        values = values.slice(values.length - histogram.count);
      }
    }
    const { count, mean, deviations } = histogram.moments();
    const plainMean = values.reduce((a, b) => a + b, 0) / values.length;
    expect(count).toBe(values.length);
    expect(histogram.count).toBe(values.length);
    expect(mean).toBeCloseTo(plainMean, 6);
    expect(deviations / values.reduce((sum, value) => sum + (value - plainMean) ** 2, 0)).toBeCloseTo(1, 6);
    expect(histogram.buckets).toBeLessThanOrEqual(5 * Math.ceil(Math.log2(5000)));
  });
});

describe('ADWIN', () => {
  it('drops what was before a change, and says by how much the mean rose', () => {
    const adwin = new Adwin(0.002);
    const random = new Random(4);
    for (let row = 0; row < 2000; row++) expect(adwin.add(random.chance(0.2) ? 1 : 0)).toBeNull();
    expect(adwin.width).toBe(2000);
    const rises = random
      .list(1000, () => adwin.add(random.chance(0.6) ? 1 : 0))
      .filter((rise) => rise !== null);
    expect(rises.length).toBeGreaterThan(0);
    expect(rises[0]).toBeGreaterThan(0.1);
    expect(rises[0]).toBeLessThan(0.5);
    expect(adwin.width).toBeLessThan(1200);
  });

  it('says the same of a loss in any unit, and passes over NaN', () => {
    const plain = new Adwin(0.002);
    const scaled = new Adwin(0.002);
    const expected = alarmsOf((value) => plain.add(value) !== null, 1, 0);
    expect(expected.length).toBeGreaterThan(0);
    expect(
      alarmsOf(
        (value) => {
          scaled.add(Number.NaN);
          return scaled.add(value) !== null;
        },
        1024,
        4096,
      ),
    ).toEqual(expected);
  });
});

describe('the risk of an ADWIN check', () => {
  /** Whether the first check of a window of n values finds that its second half is 1 higher, beside noise of ±1. */
  function isFound(n: number, delta: number): boolean {
    const adwin = new Adwin(delta);
    let found = false;
    for (let place = 0; place < n; place++) {
      const noise = place % 2 === 0 ? 1 : -1;
      // Checks come every 32 values: the one that counts is the last.
      found = adwin.add(noise + (place < n / 2 ? 0 : 1)) !== null;
    }
    return found;
  }

  it('is δ/ln n, n the width of the window', () => {
    for (const n of [64, 128]) {
      // At the change: rise 1, variance 1 + 1/4, range 3, 1/m = 4/n. Solve √(2/m · σ² · L) + 2L/(3m) · range = 1 for L.
      const inverse = 4 / n;
      const [a, b] = [Math.sqrt(2 * inverse * 1.25), (2 / 3) * inverse * 3];
      const root = (-a + Math.sqrt(a * a + 4 * b)) / (2 * b);
      const critical = 2 * Math.log(n) * Math.exp(-(root ** 2));
      expect(critical).toBeLessThan(1);
      expect([isFound(n, critical * 1.001), isFound(n, critical * 0.999)], `n = ${n}`).toEqual([true, false]);
    }
  });
});

describe('Page–Hinkley', () => {
  it('finds a rise after about threshold/(rise − delta) values, in any unit', () => {
    const first = (scale: number, shift: number) => {
      const detector = new PageHinkley(0.1, 50);
      return alarmsOf((value) => detector.add(value), scale, shift)[0];
    };
    expect(first(1, 0)).toBeGreaterThan(430);
    expect(first(1, 0)).toBeLessThan(490);
    expect(first(1024, 4096)).toBe(first(1, 0));
  });

  it('does not alarm on one outlier, on a fall, or on what never varies', () => {
    const detector = new PageHinkley(0.1, 50);
    const random = new Random(8);
    for (let row = 0; row < 1000; row++) expect(detector.add(drawNormal(random))).toBe(false);
    expect(detector.add(1e9)).toBe(false);
    const falling = new PageHinkley(0.1, 50);
    for (let row = 0; row < 1000; row++)
      expect(falling.add(drawNormal(random) - (row < 500 ? 0 : 3))).toBe(false);
    const same = new PageHinkley(0, 1e-9);
    for (let row = 0; row < 100; row++) expect(same.add(7)).toBe(false);
  });
});

describe('KSWIN', () => {
  it('finds another spread though the mean is the same, and begins anew from there', () => {
    const kswin = new Kswin(0.005, 300, 100);
    const random = new Random(6);
    const alarms = random
      .list(1200, (row) => (kswin.add(drawNormal(random) * (row < 500 ? 1 : 4)) === null ? -1 : row))
      .filter((row) => row >= 0);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toBeLessThan(700);
  });
});

describe('Page-Hinkley', () => {
  it('does not take one outlier for a rise', () => {
    const detector = new PageHinkley(0.1, 20);
    for (let row = 0; row < 1000; row++) detector.add(row % 2);
    expect(detector.add(1e9)).toBe(false);
  });
});
