import type { TestResult } from './test-result.ts';

/** Factors between units that people mix up, with how they are said. */
const factors: readonly (readonly [factor: number, text: string])[] = [
  ...[10, 100, 1_000, 10_000, 1_000_000].flatMap((factor): [number, string][] => [
    [factor, `× ${factor}`],
    [1 / factor, `÷ ${factor}`],
  ]),
  [2.54, '× 2.54 (inches as centimetres)'],
  [1 / 2.54, '÷ 2.54 (centimetres as inches)'],
  [2.2046, '× 2.2046 (kilograms as pounds)'],
  [1 / 2.2046, '÷ 2.2046 (pounds as kilograms)'],
  [1.609_344, '× 1.609 (miles as kilometres)'],
  [1 / 1.609_344, '÷ 1.609 (kilometres as miles)'],
  [3.280_84, '× 3.281 (metres as feet)'],
  [1 / 3.280_84, '÷ 3.281 (feet as metres)'],
  [60, '× 60'],
  [1 / 60, '÷ 60'],
  [3_600, '× 3600'],
  [1 / 3_600, '÷ 3600'],
];

/** The known factor nearest to a ratio, by logarithm; null when none is within `slack` of it. */
export function nearestFactor(ratio: number, slack: number): { factor: number; text: string } | null {
  if (!(ratio > 0) || Math.abs(Math.log(ratio)) < 0.35) return null;
  const place = (factor: number) => Math.abs(Math.log(ratio / factor));
  const powers = factors.slice(0, 10);
  const [factor, text] = nearest(powers, place, slack) ??
    nearest(factors, place, Math.min(slack, 0.1)) ?? [0, ''];
  return factor === 0 ? null : { factor, text };
}

/**
 * The factor above 2 by which most of what came is explained: a power of ten before others.
 *
 * @param ratioOf what came over what the factor lets expect; NaN where it cannot be that one
 */
export function fittingFactor(ratioOf: (factor: number) => number): { factor: number; text: string } | null {
  const larger = factors.filter(([factor]) => factor > 2);
  const place = (factor: number) => {
    const off = Math.abs(Math.log(ratioOf(factor)));
    return Number.isNaN(off) ? Number.POSITIVE_INFINITY : off;
  };
  const powers = larger.filter(([factor]) => Number.isInteger(Math.log10(factor)));
  const [factor, text] = nearest(powers, place, 0.8) ?? nearest(larger, place, 0.1) ?? [0, ''];
  return factor === 0 ? null : { factor, text };
}

function nearest(
  list: typeof factors,
  place: (factor: number) => number,
  slack: number,
): (typeof factors)[number] | null {
  const [first] = [...list].sort((a, b) => place(a[0]) - place(b[0]));
  return first !== undefined && place(first[0]) <= slack ? first : null;
}

/** Observed over expected of a test of one statistic; null without one. */
export function factorOf(tests: readonly TestResult[], statistic: string): number | null {
  const test = tests.find((one) => one.statistic === statistic);
  return test === undefined || !(test.expected > 0 && test.observed > 0)
    ? null
    : test.observed / test.expected;
}
