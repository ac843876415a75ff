import { EverviewError } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { TableRows } from '../history.ts';
import type { Moment } from './timeline.ts';

/** Moments that come as one update. */
export type Batch = { readonly atMs: number; readonly moments: readonly Moment[] };

/** With what it does to the tables. */
export type UpdateBatch = Batch & { readonly tables: readonly TableRows[] };

/**
 * Where the warm-up ends: at a share of the time between the first moment and the last, or a length after the first.
 * @throws EverviewError `not-enough-rows`
 */
export function warmUpEnd(moments: readonly Moment[], warmUp: number): number {
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined) {
    throw new EverviewError('not-enough-rows', 'the source has no rows with a time', {
      hint: 'a replay needs rows of at least one table with an event time',
    });
  }
  const lengthMs = warmUp < 1 ? Math.floor(warmUp * (last.atMs - first.atMs)) : warmUp;
  const endMs = first.atMs + lengthMs;
  if (endMs < last.atMs) return endMs;
  throw new EverviewError(
    'not-enough-rows',
    `no row comes after the warm-up, which ends at ${new Date(endMs).toISOString()}; the last is of ${new Date(last.atMs).toISOString()}`,
    { hint: 'make `warmUp` shorter' },
  );
}

/**
 * Cuts what comes after the warm-up into updates; what is of one moment is not taken apart.
 * @param moments by time, all after `startMs`
 * @param random numbers from 0 to below 1
 */
export function cutArrivals(
  moments: readonly Moment[],
  startMs: number,
  arrival: Experiment['arrival'],
  random: () => number,
): Batch[] {
  switch (arrival.kind) {
    case 'interval': {
      const { every } = arrival;
      return gathered(moments, ({ atMs }) => startMs + Math.ceil((atMs - startMs) / every) * every);
    }
    case 'poisson': {
      let endMs = startMs;
      return gathered(moments, ({ atMs }) => {
        while (endMs < atMs) endMs += Math.max(1, Math.round(-Math.log(1 - random()) * arrival.mean));
        return endMs;
      });
    }
    case 'updates':
      return gathered(moments, ({ atMs }) => atMs);
    case 'rows':
      return inRows(moments, arrival.rows);
  }
}

function gathered(moments: readonly Moment[], comesAtMs: (moment: Moment) => number): Batch[] {
  const batches: { atMs: number; moments: Moment[] }[] = [];
  for (const moment of moments) {
    const atMs = comesAtMs(moment);
    const last = batches.at(-1);
    if (last?.atMs === atMs) last.moments.push(moment);
    else batches.push({ atMs, moments: [moment] });
  }
  return batches;
}

function inRows(moments: readonly Moment[], rows: number): Batch[] {
  const batches: Batch[] = [];
  let from = 0;
  for (const [place, { atMs }] of moments.entries()) {
    const next = moments[place + 1];
    if (next !== undefined && (place + 1 - from < rows || next.atMs === atMs)) continue;
    batches.push({ atMs, moments: moments.slice(from, place + 1) });
    from = place + 1;
  }
  return batches;
}
