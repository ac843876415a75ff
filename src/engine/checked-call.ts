import type { z } from 'zod';
import { EverviewError } from '../core/errors.ts';

/** The arguments of a method of the public face, checked. @throws EverviewError `invalid-option` */
export function checkedCall<T extends z.ZodType>(method: string, schema: T, given: unknown): z.output<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new EverviewError(
    'invalid-option',
    `${method}(): ${place === '' ? '' : `${place}: `}${issue?.message}`,
  );
}
