import { z } from 'zod';
import { tryParseDurationMs } from '../index.ts';

/** A length of time: a text such as `1 day`, or milliseconds. */
export const durationMs = z.union([z.string(), z.number()]).transform((value, context): number => {
  const ms = typeof value === 'number' ? value : tryParseDurationMs(value);
  if (ms !== null && Number.isFinite(ms) && ms >= 0) return Math.round(ms);
  context.addIssue({ code: 'custom', message: 'is a length of time such as "1 day" or "6 hours"' });
  return z.NEVER;
});

/** As `durationMs`, and above 0. */
export const positiveDurationMs = durationMs.refine((ms) => ms > 0, 'must be above 0');
