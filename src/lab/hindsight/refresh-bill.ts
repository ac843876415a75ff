import type { RefreshMark } from '../cell-result.ts';
import type { Maintenance } from '../policy.ts';
import { type RefreshCost, refreshSeconds } from '../refresh-cost.ts';
import type { LabelTimeline } from './label-timeline.ts';

export type RefreshKind = 'incremental' | 'full';

/**
 * The ways a refresh may be done. Where the engine is free to choose, those that it chose somewhere: a family of models
 * that has only one is not to be measured by the other.
 */
export function refreshKinds(maintenance: Maintenance, seen: readonly RefreshMark[]): readonly RefreshKind[] {
  if (maintenance !== 'auto') return [maintenance];
  const kinds = (['incremental', 'full'] as const).filter((kind) =>
    seen.some((mark) => mark.step >= 0 && mark.kind === kind),
  );
  return kinds.length === 0 ? ['incremental', 'full'] : kinds;
}

/**
 * Labels by which what two models learned from differs, those that came and those that left. Out of a sliding window
 * they leave in the order in which they came, so that of what the first had learned all but the newest came are left.
 */
export function changedLabels(timeline: LabelTimeline, from: number, to: number): number {
  const [before, now] = [timeline.trainingRows[from] ?? 0, timeline.trainingRows[to] ?? 0];
  if (timeline.window.kind !== 'sliding') return Math.max(0, now - before);
  const came = (timeline.labels[to] ?? 0) - (timeline.labels[from] ?? 0);
  const stayed = Math.min(before, Math.max(0, now - came));
  return before + now - 2 * stayed;
}

/** Seconds that a refresh is billed: the least of the ways in which it may be done. */
export function billedSeconds(
  timeline: LabelTimeline,
  cost: RefreshCost,
  kinds: readonly RefreshKind[],
): (from: number, to: number) => number {
  return (from, to) => {
    const changed = changedLabels(timeline, from, to);
    const learned = timeline.trainingRows[to] ?? 0;
    let least = Number.POSITIVE_INFINITY;
    for (const kind of kinds) least = Math.min(least, refreshSeconds(cost, kind, changed, learned));
    return least;
  };
}
