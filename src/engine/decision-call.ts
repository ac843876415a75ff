import { z } from 'zod';
import type { Decision } from '../core/incident.ts';
import { readDuration } from '../declare/duration.ts';
import { checkedCall } from './checked-call.ts';

const number = (of: string) =>
  z.number(`the number of ${of}`).int('a whole number').positive('they count from 1');
const text = z.string().min(1).optional();
const signed = { because: text, by: text };

const duration = z.string().transform((value, context) => {
  const read = readDuration(value);
  if ('ms' in read) return read.ms;
  context.addIssue({ code: 'custom', message: read.problem });
  return z.NEVER;
});

const modelCall = z.discriminatedUnion('action', [
  z.strictObject({
    name: z.string('the name of a model'),
    action: z.literal('promote'),
    options: z.strictObject({ ...signed, version: number('a version').optional() }),
  }),
  z.strictObject({
    name: z.string('the name of a model'),
    action: z.literal('hold'),
    options: z.strictObject(signed),
  }),
  z.strictObject({
    name: z.string('the name of a model'),
    action: z.literal('rollback'),
    options: z.strictObject({ ...signed, version: number('a version') }),
  }),
]);

const updateCall = z.strictObject({
  updateId: number('an update'),
  action: z.enum(['approve', 'reject']),
  options: z.strictObject(signed),
});

const incidentCall = z.strictObject({
  incidentId: number('an incident'),
  action: z.enum(['acknowledge', 'accept', 'resolve']),
  options: z.strictObject({ ...signed, for: duration.optional() }),
});

/** Who decides, in place of the user the engine was opened for, and why, for the record. */
export type DecisionOptions = { readonly because?: string; readonly by?: string };

/** The arguments of `decideModel()`, checked. @throws EverviewError `invalid-option` */
export function checkedModelDecision(given: { name: string; action: string; options: object }) {
  return checkedCall('decideModel', modelCall, given);
}

/** The arguments of `decideUpdate()`, checked. @throws EverviewError `invalid-option` */
export function checkedUpdateDecision(given: { updateId: number; action: string; options: object }) {
  return checkedCall('decideUpdate', updateCall, given);
}

/** The arguments of `decideIncident()`, checked. @throws EverviewError `invalid-option` */
export function checkedIncidentDecision(given: { incidentId: number; action: string; options: object }) {
  return checkedCall('decideIncident', incidentCall, given);
}

export function decisionOf({
  because,
  by,
}: {
  because?: string | undefined;
  by?: string | undefined;
}): Decision {
  return { who: by ?? null, why: because ?? null };
}
