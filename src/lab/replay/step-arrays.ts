import type { StalenessReport } from '../../index.ts';
import type { CellResult } from '../cell-result.ts';

/** How stale the model was in some answers of one moment. */
export type AnswersGiven = {
  readonly answers: number;
  readonly activeSince: number;
  readonly report: Omit<StalenessReport, 'name' | 'asOf'>;
  /** Labels known then that the answering model had not learned. */
  readonly pendingLabels: number;
  /** Labels that it was fitted on. */
  readonly trainingRows: number;
  /** No version of the engine answered: the model before did. */
  readonly isWithoutModel: boolean;
};

/** The arrays of a cell: one value for each step. */
export type StepArrays = Pick<
  CellResult,
  | 'atMs'
  | 'rows'
  | 'lossSum'
  | 'answers'
  | 'activeSince'
  | 'staleVersions'
  | 'staleRows'
  | 'staleMs'
  | 'staleEffect'
  | 'pendingLabels'
  | 'outsideBound'
  | 'withoutModel'
  | 'labels'
>;

export function emptyStepArrays(): StepArrays {
  return {
    atMs: [],
    rows: [],
    lossSum: [],
    answers: [],
    activeSince: [],
    staleVersions: [],
    staleRows: [],
    staleMs: [],
    staleEffect: [],
    pendingLabels: [],
    outsideBound: [],
    withoutModel: [],
    labels: [],
  };
}

/**
 * Adds a step. What was asked at several moments is told by its mean over the answers.
 * @param given in the order of time; the last is of what arrived
 */
export function addStep(arrays: StepArrays, given: readonly AnswersGiven[], told: StepFigures): void {
  const answers = given.reduce((sum, one) => sum + one.answers, 0);
  // A step in which nothing was predicted shows how stale the model was all the same.
  const weights = given.map((one) => (answers === 0 ? 1 : one.answers));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (of: (one: AnswersGiven) => number): number =>
    given.reduce((sum, one, place) => sum + (weights[place] ?? 0) * of(one), 0) / Math.max(1, total);
  const isKnown = given.every((one, place) => weights[place] === 0 || one.report.effect !== null);
  arrays.atMs.push(told.atMs);
  arrays.rows.push(told.rows);
  arrays.lossSum.push(told.lossSum);
  arrays.labels.push(told.labels);
  arrays.answers.push(answers);
  arrays.activeSince.push(given.at(-1)?.activeSince ?? -1);
  arrays.staleVersions.push(mean(({ report }) => report.versions));
  arrays.staleRows.push(mean(({ report }) => report.rows));
  arrays.staleMs.push(mean(({ report }) => report.ms));
  arrays.staleEffect.push(isKnown ? mean(({ report }) => report.effect ?? 0) : null);
  arrays.pendingLabels.push(mean(({ pendingLabels }) => pendingLabels));
  arrays.withoutModel.push(given.reduce((sum, one) => sum + (one.isWithoutModel ? one.answers : 0), 0));
  arrays.outsideBound.push(given.reduce((sum, one) => sum + (one.report.policyMet ? 0 : one.answers), 0));
}

type StepFigures = {
  readonly atMs: number;
  readonly rows: number;
  readonly lossSum: number;
  readonly labels: number;
};
