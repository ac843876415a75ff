import { EverviewError } from '../../index.ts';

/** Characters that are shown from the place on. */
const shown = 40;

/**
 * A failure of SQL that is a part of an experiment, told as of that part: the place is in words, since whoever shows
 * the failure has another text at hand, or none.
 * @param what how messages call the part: `the declarations`
 * @param text what was run
 * @param linesBefore how many lines of it come before the part
 */
export function failureInText(failure: unknown, what: string, text: string, linesBefore = 0): unknown {
  if (!(failure instanceof EverviewError)) return failure;
  const { code, message, hint, at, data } = failure;
  const line = (at?.line ?? 0) - linesBefore;
  const source = at === undefined ? '' : (text.slice(at.offset).split(/\r?\n/)[0] ?? '');
  const excerpt = source.length > shown ? `${source.slice(0, shown)}…` : source;
  const place = at === undefined || line < 1 ? '' : `, line ${line}, column ${at.column}, at \`${excerpt}\``;
  return new EverviewError(code, `${what}${place}: ${message}`, { hint, data, cause: failure });
}
