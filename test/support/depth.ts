/**
 * How far tests go: `npm test` is what one waits for at every change; `EVERVIEW_TEST_DEPTH=long npm test` takes the
 * tests that are long as well; and `npm run test:campaigns`, where those that draw draw more, as many again.
 */
const asked = process.env['EVERVIEW_TEST_DEPTH'];

/** `npm test` stops at the first figure, `npm run test:campaigns`, which takes the same files again, at the second. */
export function depth<T>(everyRun: T, campaign: T): T {
  return asked === 'campaign' ? campaign : everyRun;
}

/** Of cases that are alike, every other one in every run, and all of them in the campaigns. */
export function everyOther<T>(cases: readonly T[]): readonly T[] {
  return depth(
    cases.filter((_, place) => place % 2 === 0),
    cases,
  );
}

/** Of cases that are alike, the first in every run, and all of them where long tests are asked for. */
export function firstOf<T>(cases: readonly T[], count = 1): readonly T[] {
  return asked === undefined ? cases.slice(0, count) : cases;
}

/** `npm test` stops at the first figure, and goes on to the second where long tests are asked for. */
export function longer<T>(everyRun: T, long: T): T {
  return asked === undefined ? everyRun : long;
}

/**
 * Tests that are not there in every run: what they show has a shorter one beside it, or is seldom touched and takes
 * seconds. CI plays them in each refresh mode.
 */
export function longTests(declare: () => void): void {
  if (asked !== undefined) declare();
}
