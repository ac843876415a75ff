import { placeIn, type TextPlace } from '../core/errors.ts';

/** Where the parser's `query_location`, an offset in bytes of UTF-8, stands in the text. */
export function placeInQuery(text: string, byteOffset: number | null, length = 1): TextPlace | undefined {
  if (byteOffset === null) return undefined;
  const offset = Buffer.from(text, 'utf8').subarray(0, byteOffset).toString('utf8').length;
  return offset <= text.length ? placeIn(text, offset, length) : undefined;
}
