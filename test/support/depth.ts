/**
 * How far a test that draws goes: `npm test` stops at the first figure, `npm run test:campaigns`, which takes the same
 * files again, at the second.
 */
export function depth<T>(everyRun: T, campaign: T): T {
  return process.env['EVERVIEW_TEST_DEPTH'] === 'campaign' ? campaign : everyRun;
}
