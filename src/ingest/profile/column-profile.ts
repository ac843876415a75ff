import type { ColumnKind } from './column-kind.ts';
import type { ValueSketch } from './value-sketch.ts';

/** Counts of rows, by kind of column: they add up over batches, and subtract with rows that are deleted. */
export const countNames = {
  number: ['zero', 'negative', 'whole', 'tenths', 'nonfinite', 'minus-one', 'nines'],
  text: ['empty', 'implicit-null', 'non-ascii', 'damaged', 'padded', 'digits', 'leading-zero'],
  time: ['late-day', 'midnight', 'whole-hour', 'epoch'],
  day: ['late-day', 'epoch'],
  boolean: ['true'],
  other: [],
} as const satisfies Record<ColumnKind, readonly string[]>;

/** Measures of one batch as a whole; those of two batches say nothing of both together. */
export const measureNames = {
  number: ['q05', 'q25', 'median', 'q75', 'q95', 'spread', 'distinct', 'run', 'disorder'],
  text: ['length', 'distinct', 'run', 'entropy'],
  time: [
    'first-step',
    'median-step',
    'last-step',
    'hour-east',
    'hour-north',
    'span',
    'run',
    'inversions',
    'ties',
    'gaps',
  ],
  day: ['first-step', 'median-step', 'last-step', 'span', 'run', 'inversions'],
  boolean: ['run'],
  other: [],
} as const satisfies Record<ColumnKind, readonly string[]>;

export type ValueCount = readonly [value: string, rows: number];

export type Novelty = {
  /** Rows below and above the range shown so far, and the middle one of each. */
  readonly below: number;
  readonly above: number;
  /** Rows far outside: as far again as the range is wide. */
  readonly far: number;
  readonly belowMedian: number;
  readonly aboveMedian: number;
  /** Rows with a value that is not among the few known ones, and the most frequent of these. */
  readonly values: number;
  readonly newest: readonly ValueCount[];
  /** Rows with a form that is not among the few known ones. */
  readonly patterns: number;
};

export const nothingNovel: Novelty = {
  below: 0,
  above: 0,
  far: 0,
  belowMedian: Number.NaN,
  aboveMedian: Number.NaN,
  values: 0,
  newest: [],
  patterns: 0,
};

export type ColumnProfile = {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly present: number;
  readonly nulls: number;
  /** In the order of `countNames` of the kind; of the rows that have a value. */
  readonly counts: readonly number[];
  /** In the order of `measureNames`; NaN where nothing could be measured. */
  readonly measures: readonly number[];
  /** Range of the numbers or moments; NaN without any. */
  readonly least: number;
  readonly greatest: number;
  /** The middle one; NaN without any. */
  readonly middle: number;
  /** Every value with its rows where there are few, most frequent first; null: there are many. */
  readonly values: readonly ValueCount[] | null;
  /** The most frequent values, at most five. */
  readonly top: readonly ValueCount[];
  /** Forms of the texts (`Aa+ 9+`), where there are few; null: many, or no text. */
  readonly patterns: readonly ValueCount[] | null;
  /** Hash of the bag of values, whatever their order: equal for a column that came before. */
  readonly bag: number;
  /** Of the distinct numbers or texts, where there are many; null: few, or of another kind. */
  readonly sketch: ValueSketch | null;
  /** Rows whose value the table had not shown before: outside its range, or unknown among few values or forms. */
  readonly novel: Novelty;
};

/** Distinct values up to which all are counted. */
export const fewValues = 60;
