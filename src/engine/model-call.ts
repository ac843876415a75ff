import { z } from 'zod';
import { checkedCall } from './checked-call.ts';

const name = z.string('the name of a model');
const version = z.number('the number of a version').int('a whole number').positive('versions count from 1');

const weightsCall = z.strictObject({
  name,
  options: z.strictObject({ version: version.nullable().default(null) }).default({ version: null }),
});

const compareCall = z.strictObject({
  name,
  before: version,
  after: version,
  options: z
    .strictObject({
      tolerance: z.number('an error in units of the label').nonnegative().nullable().default(null),
    })
    .default({ tolerance: null }),
});

const performanceCall = z.strictObject({
  name: name.optional(),
  options: z
    .strictObject({ per: z.string('a column of slices').min(1).nullable().default(null) })
    .default({ per: null }),
});

export type PerformanceOptions = z.input<typeof performanceCall>['options'];

/** The arguments of `performance()`, checked. @throws EverviewError `invalid-option` */
export function checkedPerformanceCall(
  given: z.input<typeof performanceCall>,
): z.output<typeof performanceCall> {
  return checkedCall('performance', performanceCall, given);
}

export type WeightsOptions = z.input<typeof weightsCall>['options'];
export type CompareOptions = z.input<typeof compareCall>['options'];

/** The arguments of `weights()`, checked. @throws EverviewError `invalid-option` */
export function checkedWeightsCall(given: z.input<typeof weightsCall>): z.output<typeof weightsCall> {
  return checkedCall('weights', weightsCall, given);
}

/** The arguments of `compare()`, checked. @throws EverviewError `invalid-option` */
export function checkedCompareCall(given: z.input<typeof compareCall>): z.output<typeof compareCall> {
  return checkedCall('compare', compareCall, given);
}
