import type { BetweenRefresh, CellResult, LossMatrix } from '../cell-result.ts';
import type { LearningWindow, Policy } from '../policy.ts';
import { answeringBetween, arrivalPoints, type RefreshPoint } from './refresh-point.ts';

/** What every schedule over one history meets alike. Models by number, as in `ScheduleProblem`: one for each point. */
export type LabelTimeline = {
  readonly window: LearningWindow;
  readonly steps: number;
  readonly atMs: readonly number[];
  /** When a schedule may refresh, by time. */
  readonly points: readonly RefreshPoint[];
  readonly answers: readonly number[];
  /** By model: labels that a refresh could have learned from so far, had none left the window. Never falls. */
  readonly labels: Float64Array;
  /** By model: labels that it learned from. */
  readonly trainingRows: Float64Array;
  /** By step: as `labels`, when its answers were given; a mean where they were given at several moments. */
  readonly labelsAtAnswers: Float64Array;
  /** By step: labels that a refresh at its arrival learns from. */
  readonly trainingRowsAt: Float64Array;
  /** As `labels`, of a refresh between two arrivals. */
  readonly labelsOf: LabelsOf;
};

type LabelsOf = (between: BetweenRefresh) => number;

type Cells = readonly [CellResult, ...CellResult[]];

/**
 * @param cells of one seed, whatever their windows: arrivals, workload and labels are the same
 * @param matrices of the same seed. They tell how many labels each model learned from; without them a hold-out is not
 *   known of, and out of a sliding window labels are taken to leave its length after they became known.
 */
export function labelTimeline(
  cells: Cells,
  window: LearningWindow,
  matrices: readonly LossMatrix[],
  deployDelayMs: number,
): LabelTimeline {
  const [{ atMs, answers, labelsAtStart, labels: known }] = cells;
  const ofAll = matrices.find(({ policy }) => policy.window.kind !== 'sliding');
  const ofWindow = matrices.find(({ policy }) => isSameWindow(policy.window, window));
  const labels = withTold(Float64Array.from([labelsAtStart, ...known]), ofAll);
  const told = window.kind === 'sliding' ? rowsInWindow(labels, atMs, window.length) : labels;
  const trainingRows = withTold(told, ofWindow);
  const labelsOf: LabelsOf = ({ known: all, learnable }) => (ofAll === undefined ? all : learnable);
  return {
    window,
    steps: atMs.length,
    atMs,
    points: arrivalPoints(atMs),
    answers,
    labels,
    trainingRows,
    labelsAtAnswers: labelsAtAnswers(cells, labels, labelsOf, deployDelayMs),
    trainingRowsAt: trainingRows.slice(1),
    labelsOf,
  };
}

/** With more moments at which schedules may refresh. */
export function withPoints(timeline: LabelTimeline, more: readonly RefreshPoint[]): LabelTimeline {
  const arrivals = timeline.points.map((point, model) => ({
    point,
    labels: timeline.labels[model] ?? 0,
    trainingRows: timeline.trainingRows[model] ?? 0,
  }));
  const others = more.flatMap((point) =>
    point.between === null
      ? []
      : [{ point, labels: timeline.labelsOf(point.between), trainingRows: point.between.trainingRows }],
  );
  const all = [...arrivals, ...others].sort((a, b) => a.point.atMs - b.point.atMs);
  return {
    ...timeline,
    points: all.map(({ point }) => point),
    labels: Float64Array.from(all, ({ labels }) => labels),
    trainingRows: Float64Array.from(all, ({ trainingRows }) => trainingRows),
  };
}

export function isSameWindow(one: LearningWindow, other: LearningWindow): boolean {
  switch (one.kind) {
    case 'all':
      return other.kind === 'all';
    case 'sliding':
      return other.kind === 'sliding' && other.length === one.length;
    case 'decay':
      return other.kind === 'decay' && other.halfLife === one.halfLife;
  }
}

/** Whether models of two policies learn from the same, in the same way: they differ in their schedule at most. */
export function learnsAlike(one: Policy, other: Policy): boolean {
  return one.maintenance === other.maintenance && isSameWindow(one.window, other.window);
}

/** Labels that a model has not learned when the answers of a step are given, less those that came and left again. */
export function pendingLabels(timeline: LabelTimeline, model: number, step: number): number {
  const came = Math.max(0, (timeline.labelsAtAnswers[step] ?? 0) - (timeline.labels[model] ?? 0));
  return timeline.window.kind === 'sliding' ? Math.min(came, timeline.trainingRowsAt[step] ?? came) : came;
}

function withTold(supposed: Float64Array, matrix: LossMatrix | undefined): Float64Array {
  return supposed.map((rows, model) => matrix?.trainingRows[model] ?? rows);
}

/**
 * From a cell whose model stays the same within a step, so that the labels that are pending add up with those it had
 * learned; of sliding windows they do not. Where there is none all are taken to be answered at the end of the step.
 */
function labelsAtAnswers(
  cells: Cells,
  labels: Float64Array,
  labelsOf: LabelsOf,
  deployDelayMs: number,
): Float64Array {
  const steady = cells.filter(({ policy }) => policy.window.kind !== 'sliding');
  const calmest = steady.reduce<CellResult | null>(
    (least, cell) => (least === null || refreshCount(cell) < refreshCount(least) ? cell : least),
    null,
  );
  if (calmest === null) return labels.slice(1);
  const between = answeringBetween(calmest, deployDelayMs);
  const learned = (step: number): number => {
    const made = between[step]?.between ?? null;
    return made === null ? (labels[(calmest.activeSince[step] ?? -1) + 1] ?? 0) : labelsOf(made);
  };
  return Float64Array.from(calmest.pendingLabels, (pending, step) =>
    Math.min(pending + learned(step), labels[step + 1] ?? Number.POSITIVE_INFINITY),
  );
}

function refreshCount({ refreshes }: CellResult): number {
  return refreshes.filter(({ kind, step }) => step >= 0 && kind !== 'none').length;
}

function rowsInWindow(labels: Float64Array, atMs: readonly number[], lengthMs: number): Float64Array {
  let left = 0;
  return labels.map((known, model) => {
    if (model === 0) return known;
    const untilMs = (atMs[model - 1] ?? 0) - lengthMs;
    while (left < model && (atMs[left] ?? 0) <= untilMs) left++;
    return left === 0 ? known : known - (labels[left] ?? 0);
  });
}
