import { EverviewError, formatDurationMs } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { Batch } from './cut-arrivals.ts';

/**
 * How long after its event time a label is known. The engine counts an example once event time + delay ≤ now, and a row
 * is predicted at the arrival it comes with: so the delay has to be longer than from the event time of any row until
 * then. Rows whose event time is ahead of the update they come with are predicted at the first arrival after it. Rows that
 * are late are not predicted, and say nothing. Of arrivals in equal intervals it is one interval.
 * @param batches those that change something
 * @param ahead event times after the start of rows that are there already
 * @throws EverviewError `invalid-option` where one is asked for that is too short
 */
export function labelDelayOf(
  batches: readonly Batch[],
  startMs: number,
  ahead: readonly number[],
  { labelDelay, arrival }: Pick<Experiment, 'labelDelay' | 'arrival'>,
): number {
  const shortest = shortestDelayMs(batches, startMs, ahead);
  if (labelDelay === null) return arrival.kind === 'interval' ? Math.max(arrival.every, shortest) : shortest;
  if (labelDelay >= shortest) return labelDelay;
  throw new EverviewError(
    'invalid-option',
    `a labelDelay of ${formatDurationMs(labelDelay)} would have labels known before their rows are predicted`,
    {
      hint: `it has to be longer than ${formatDurationMs(shortest - 1)}: ${shortest} milliseconds are the shortest with these arrivals; left out, labelDelay is long enough; or have rows arrive more often`,
      data: { shortestMs: shortest },
    },
  );
}

function shortestDelayMs(batches: readonly Batch[], startMs: number, ahead: readonly number[]): number {
  let beforeMs = startMs;
  let longest = 0;
  let waiting = [...ahead];
  for (const { atMs, moments } of batches) {
    for (const { eventMs, weight } of moments) {
      if (weight > 0 && eventMs !== null && eventMs > beforeMs) waiting.push(eventMs);
    }
    const predicted = waiting.filter((eventMs) => eventMs <= atMs);
    for (const eventMs of predicted) longest = Math.max(longest, atMs - eventMs + 1);
    waiting = waiting.filter((eventMs) => eventMs > atMs);
    beforeMs = atMs;
  }
  return longest;
}
