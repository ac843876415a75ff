import type { CellResult } from '../cell-result.ts';
import { type LabelTimeline, pendingLabels } from './label-timeline.ts';

/**
 * When within a step a model is refreshed. `before`: ahead of the answers, which it gives already, as where the engine
 * refreshes what is due, or what a read needs; also between two arrivals. `after`: once they are given, as a trigger
 * decides.
 */
export type RefreshMoment = 'before' | 'after';

/** Labels are whole numbers, and means of some thousand of them. */
const rounding = 1e-6;

/**
 * `before` where it was refreshed between two arrivals, or where in some step fewer labels were pending than the model of
 * the step before could have left.
 * @param timeline with the arrivals as its points
 */
export function refreshMoment(cell: CellResult, timeline: LabelTimeline): RefreshMoment {
  const isBefore =
    cell.refreshes.some(({ between }) => between !== null) ||
    cell.activeSince.some(
      (since, step) =>
        since >= step || (cell.pendingLabels[step] ?? 0) < pendingLabels(timeline, step, step) - rounding,
    );
  return isBefore ? 'before' : 'after';
}

/** First step that each model answers, refreshed at that moment of a step and deployed so much later. */
export function firstAnswers(
  { points, atMs }: Pick<LabelTimeline, 'points' | 'atMs'>,
  moment: RefreshMoment,
  deployDelayMs: number,
): Int32Array {
  let deployed = 0;
  return Int32Array.from(points, (point) => {
    if (point.step < 0) return 0;
    while (deployed < atMs.length && (atMs[deployed] ?? 0) < point.atMs + deployDelayMs) deployed++;
    const isAhead = point.between !== null || moment === 'before';
    return Math.max(deployed, isAhead ? point.step : point.step + 1);
  });
}
