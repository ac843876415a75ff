import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';

/**
 * The numbers that a campaign is told on the command line, by name, with their defaults. What is no such option, or no
 * whole number above 0, ends the process with a message: a campaign of NaN steps would find nothing wrong.
 *
 * @param command as it is to be typed
 */
export function campaignNumbers<K extends string>(
  command: string,
  defaults: Readonly<Record<K, number>>,
): Readonly<Record<K, number>> {
  const program = new Command(command).showHelpAfterError();
  for (const [name, value] of Object.entries<number>(defaults))
    program.option(`--${name} <number>`, 'a whole number above 0', wholeNumber, value);
  const given = z.record(z.string(), z.number()).parse(program.parse().opts());
  return { ...defaults, ...given };
}

export function wholeNumber(text: string): number {
  const number = positiveNumber(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('Write a whole number.');
  return number;
}

export function positiveNumber(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('Write a number above 0.');
  return number;
}
