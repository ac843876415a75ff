/**
 * How far a test that draws goes: `npm test` stops at the first figure, `npm run test:campaigns`, which takes the same
 * files again, at the second.
 */
export function depth<T>(everyRun: T, campaign: T): T {
  return process.env['EVERVIEW_TEST_DEPTH'] === 'campaign' ? campaign : everyRun;
}

/** Of cases that are alike, every other one in every run, and all of them in the campaigns. */
export function everyOther<T>(cases: readonly T[]): readonly T[] {
  return depth(
    cases.filter((_, place) => place % 2 === 0),
    cases,
  );
}
