import { EverviewError } from '../../src/index.ts';

/** What a call fails with, as plain data: the code, the place as `line:column+length`, the hint. */
export async function failureOf(work: Promise<unknown>) {
  try {
    await work;
  } catch (failure) {
    if (!(failure instanceof EverviewError)) throw failure;
    const { code, message, at, hint, data } = failure;
    const place = at === undefined ? undefined : `${at.line}:${at.column}+${at.length}`;
    return { code, message, place, hint, data };
  }
  throw new Error('it did not fail');
}
