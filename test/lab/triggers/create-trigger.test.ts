import { expect, it } from 'vitest';
import { scheduleSchema } from '../../../src/lab/policy.ts';
import { createTrigger } from '../../../src/lab/triggers/create-trigger.ts';
import type { ScheduleInput } from '../../support/drift-streams.ts';

it.each<ScheduleInput>([
  { kind: 'never' },
  { kind: 'rows', rows: 10 },
  { kind: 'interval', every: '1 day' },
  { kind: 'every-update' },
  { kind: 'on-read' },
  { kind: 'max-effect', effect: 1 },
])('leaves %j to the engine', (schedule) => {
  expect(createTrigger(scheduleSchema.parse(schedule), { lossPrice: 1 })).toBeNull();
});

it('refuses a window of KSWIN with nothing to compare', () => {
  expect(scheduleSchema.safeParse({ kind: 'kswin', window: 30, recent: 30 }).error?.issues[0]).toMatchObject({
    path: ['recent'],
    message: 'must be below the window',
  });
});
