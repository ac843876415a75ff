import { EverviewError } from '../core/errors.ts';
import { reservedPrefix } from '../core/identifier.ts';
import { sameName } from '../core/schema.ts';
import type { DraftName, DraftOption } from './definition-draft.ts';

/** @throws EverviewError `invalid-definition` */
export function assertName({ name, at }: DraftName, what: string): void {
  if (name !== '' && !name.toLowerCase().startsWith(reservedPrefix)) return;
  throw new EverviewError('invalid-definition', `"${name}" cannot be the name of ${what}`, {
    at,
    hint: `names that start with ${reservedPrefix} are the engine's`,
  });
}

/** Where an option was given, for errors that a value makes beside others. */
export function placeOf(options: readonly DraftOption[], name: string) {
  const option = options.find((one) => sameName(one.name, name));
  return option?.valueAt ?? option?.at;
}

export function missing(name: DraftName, kind: string, option: string, example: string): EverviewError {
  return new EverviewError('invalid-option', `${kind} "${name.name}" has no ${option}`, {
    at: name.at,
    hint: `every ${kind} needs one: ${example}`,
  });
}
