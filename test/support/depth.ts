/**
 * How far the tests go that ask here: `npm test` is what one waits for at every change. `EVERVIEW_TEST_DEPTH=long npm test`
 * takes long tests as well, and `npm run test:campaigns` these at their most.
 */
const asked = askedDepth(process.env['EVERVIEW_TEST_DEPTH']);

type Depth = 'every-run' | 'long' | 'campaign';

function askedDepth(told: string | undefined): Depth {
  if (told === undefined || told === '') return 'every-run';
  if (told === 'long' || told === 'campaign') return told;
  throw new RangeError(`EVERVIEW_TEST_DEPTH is long, campaign or not set; it is ${told}`);
}

/** The first figure but in the campaigns. */
export function depth<T>(everyRun: T, campaign: T): T {
  return asked === 'campaign' ? campaign : everyRun;
}

/** Of cases that are alike, every other one, and all of them in the campaigns. */
export function everyOther<T>(cases: readonly T[]): readonly T[] {
  return depth(
    cases.filter((_, place) => place % 2 === 0),
    cases,
  );
}

/** The first figure in every run, the second where long tests are asked for. */
export function longer<T>(everyRun: T, long: T): T {
  return asked === 'every-run' ? everyRun : long;
}

/** Of cases that are alike, the first `count` in every run, and all of them where long tests are asked for. */
export function firstOf<T>(cases: readonly T[], count = 1): readonly T[] {
  return longer(cases.slice(0, count), cases);
}

/**
 * Tests that are not there in every run: what they show has a shorter one beside it, or is seldom touched and takes
 * seconds.
 */
export function longTests(declare: () => void): void {
  if (asked !== 'every-run') declare();
}
