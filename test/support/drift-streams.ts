import type { z } from 'zod';
import { scheduleSchema } from '../../src/lab/policy.ts';
import type { FeatureColumn, Observation, RefreshTrigger } from '../../src/lab/trigger.ts';
import { createTrigger } from '../../src/lab/triggers/create-trigger.ts';
import { drawNormal } from './draw-normal.ts';
import type { Random } from './random.ts';

/** Draws the value of a row; `changed` after the change. */
export type ValueStream = (random: Random, changed: boolean) => number;

/** Independent rows. The change is a rise by one standard deviation, or by as much as is usual for the kind. */
export const valueStreams = {
  normal: (random, changed) => drawNormal(random) + (changed ? 1 : 0),
  uniform: (random, changed) => random.next() + (changed ? Math.sqrt(1 / 12) : 0),
  'wrong at 0.2': (random, changed) => (random.chance(changed ? 0.4 : 0.2) ? 1 : 0),
  'wrong at 0.02': (random, changed) => (random.chance(changed ? 0.2 : 0.02) ? 1 : 0),
  // Student's t with two degrees of freedom: no variance.
  'heavy tails': (random, changed) => {
    const u = 2 * random.next() - 1;
    return (u * Math.SQRT2) / Math.sqrt(Math.max(1e-12, 1 - u * u)) + (changed ? 1.5 : 0);
  },
  'log-normal': (random, changed) => Math.exp(drawNormal(random) + (changed ? 1 : 0)),
  'whole numbers': (random, changed) => Math.round(drawNormal(random) + (changed ? 1 : 0)),
  'some missing': (random, changed) => (random.chance(changed ? 0.4 : 0.1) ? Number.NaN : drawNormal(random)),
} as const satisfies Record<string, ValueStream>;

export type StreamName = keyof typeof valueStreams;

export const lossStreamNames = [
  'normal',
  'uniform',
  'wrong at 0.2',
  'wrong at 0.02',
  'heavy tails',
  'log-normal',
  'whole numbers',
] as const satisfies readonly StreamName[];

const levels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

export function drawLevel(random: Random, changed: boolean): string | null {
  if (random.chance(0.02)) return null;
  if (changed && random.chance(0.3)) return 'b';
  // Zipf-like, with rare levels.
  return levels[Math.min(levels.length - 1, Math.floor(-2 * Math.log(1 - random.next())))] ?? null;
}

/** An observation of which nothing is out of the ordinary. */
export function observationOf(given: Partial<Observation>): Observation {
  const rows = given.losses?.length ?? 0;
  return {
    atMs: 0,
    features: [],
    losses: new Float64Array(),
    answeredBy: new Int32Array(rows),
    supersededLosses: null,
    pendingLabels: 1,
    trainingRows: 100,
    answers: 1,
    stalenessCost: 0,
    refreshCost: 1,
    ...given,
  };
}

export type ScheduleInput = z.input<typeof scheduleSchema>;

export function triggerOf(schedule: ScheduleInput, lossPrice = 1): RefreshTrigger {
  const parsed = scheduleSchema.parse(schedule);
  const trigger = createTrigger(parsed, { lossPrice });
  if (trigger === null) throw new RangeError(`${parsed.kind} has no trigger`);
  return trigger;
}

export type Feed = {
  readonly random: Random;
  readonly rows: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Row from which on it is changed; null: never. */
  readonly changeAt: number | null;
};

/** Rows it had seen when it called for a refresh; null: it did not. */
export function rowsToAlarmOnLoss(trigger: RefreshTrigger, stream: ValueStream, feed: Feed): number | null {
  return rowsToAlarm(trigger, feed, (rows, isChanged) => ({
    losses: Float64Array.from({ length: rows }, (_, row) => stream(feed.random, isChanged(row))),
  }));
}

/** Features: one of each stream named, and so many categories, of which the first of all changes. */
export function rowsToAlarmOnFeatures(
  trigger: RefreshTrigger,
  streams: readonly ValueStream[],
  categories: number,
  feed: Feed,
): number | null {
  return rowsToAlarm(trigger, feed, (rows, isChanged) => {
    const numbers = streams.map(
      (stream, place): FeatureColumn => ({
        name: `number${place}`,
        kind: 'number',
        values: Float64Array.from({ length: rows }, (_, row) =>
          stream(feed.random, place === 0 && isChanged(row)),
        ),
      }),
    );
    const texts = Array.from(
      { length: categories },
      (_, place): FeatureColumn => ({
        name: `category${place}`,
        kind: 'category',
        values: Array.from({ length: rows }, (_, row) =>
          drawLevel(feed.random, streams.length === 0 && place === 0 && isChanged(row)),
        ),
      }),
    );
    return { features: [...numbers, ...texts] };
  });
}

function rowsToAlarm(
  trigger: RefreshTrigger,
  { rows, batch, changeAt }: Feed,
  draw: (rows: number, isChanged: (row: number) => boolean) => Partial<Observation>,
): number | null {
  for (let from = 0; from < rows; from += batch) {
    const seen = draw(batch, (row) => changeAt !== null && from + row >= changeAt);
    if (trigger.observe(observationOf({ atMs: from, ...seen })).refresh) return from + batch;
  }
  return null;
}
