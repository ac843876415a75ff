import type { AnsweredRow } from './example-reader.ts';
import type { TrueLabel } from './loss-of.ts';

/** A row that arrived and has a label, with what was said of it then. */
export type LabelledRow = AnsweredRow & {
  readonly label: TrueLabel;
  readonly loss: number;
  /** False where nothing is right or wrong. */
  readonly isRight: boolean;
  /** By the version before the one that answered; null: there is none, or nobody asks. */
  readonly supersededLoss: number | null;
};

/** The labelled rows of a step, and the version that predicted them. */
export type StepRows = { readonly version: number; readonly rows: readonly LabelledRow[] };
