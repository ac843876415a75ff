import type { BetweenRefresh, CellResult, RefreshMark } from '../cell-result.ts';

/** A moment at which a schedule may refresh, and what model that makes. The first is the warm-up's. */
export type RefreshPoint = {
  readonly atMs: number;
  /** The step of that arrival, or the one that comes after; −1: the warm-up. */
  readonly step: number;
  /** Null: at an arrival. */
  readonly between: (BetweenRefresh & { readonly trainingRows: number }) | null;
};

/** Those of the arrivals, the warm-up's first. */
export function arrivalPoints(atMs: readonly number[]): readonly RefreshPoint[] {
  const warmUp: RefreshPoint = { atMs: Number.NEGATIVE_INFINITY, step: -1, between: null };
  return [warmUp, ...atMs.map((ms, step): RefreshPoint => ({ atMs: ms, step, between: null }))];
}

/** Moments between two arrivals at which one of the cells refreshed; none twice, by time. */
export function betweenPoints(cells: readonly CellResult[]): readonly RefreshPoint[] {
  const points = new Map<number, RefreshPoint>();
  for (const { refreshes } of cells) {
    for (const { atMs, step, trainingRows, between } of refreshes) {
      if (between === null || (points.get(atMs)?.between?.losses ?? null) !== null) continue;
      points.set(atMs, { atMs, step, between: { ...between, trainingRows } });
    }
  }
  return [...points.values()].sort((a, b) => a.atMs - b.atMs);
}

/**
 * By step, the refresh between two arrivals whose model answered; null: one of an arrival did, or that of the warm-up.
 */
export function answeringBetween(cell: CellResult, deployDelayMs: number): readonly (RefreshMark | null)[] {
  const promoted = cell.refreshes.filter((mark) => mark.step >= 0 && mark.promoted && mark.kind !== 'none');
  let place = 0;
  return cell.atMs.map((atMs, step) => {
    const since = cell.activeSince[step] ?? -1;
    for (let next = promoted[place]; next !== undefined; next = promoted[place]) {
      if (next.atMs + deployDelayMs > atMs || learnedStep(cell, next) > since) break;
      place++;
    }
    const last = promoted[place - 1];
    return last === undefined || last.between === null || learnedStep(cell, last) !== since ? null : last;
  });
}

/** The last step all of whose labels a refresh has learned. */
function learnedStep({ atMs: arrivals }: CellResult, { step, atMs }: RefreshMark): number {
  return atMs < (arrivals[step] ?? atMs) ? step - 1 : step;
}
