import { EverviewError, type TextPlace } from '../core/errors.ts';
import { placeInScript } from '../declare/statement-reader.ts';

/** The same failure, at a place. */
export function locatedFailure(failure: EverviewError, at: TextPlace): EverviewError {
  const { code, message, hint, cause, data } = failure;
  return new EverviewError(code, message, { at, hint, cause, data });
}

/** A failure whose place is within a piece of a text, told within the text. */
export function shiftedFailure(failure: unknown, piece: TextPlace): unknown {
  if (!(failure instanceof EverviewError) || failure.at === undefined) return failure;
  return locatedFailure(failure, placeInScript(failure.at, piece));
}

/** As `shiftedFailure`, for a `catch`. */
export function toldAt(piece: TextPlace): (failure: unknown) => never {
  return (failure) => {
    throw shiftedFailure(failure, piece);
  };
}
