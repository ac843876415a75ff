import type { Schema } from './schema.ts';
import type { SqlValue } from './value.ts';
import type { Version } from './version.ts';

/**
 * What can be wrong with a batch: the closed list of root causes, with their numbers in the catalogue of errors. Rules
 * (constraints, contracts, replay, heartbeat) and the learned profile name their findings by it alike.
 */
export const catalogueCauses = {
  'null-burst': [1, 'many more values are missing than usual'],
  'implicit-null': [2, 'texts that stand for a missing value came in place of values'],
  sentinel: [3, 'one value that hardly occurred before stands in many rows'],
  'frozen-column': [4, 'the column repeats one value'],
  'stale-column': [5, "the column's values are those of an earlier batch, or no longer belong to their rows"],
  'swapped-columns': [6, 'two columns hold each other’s values'],
  'unit-change': [7, 'values are multiplied by a constant factor, or measured in another unit'],
  'sign-flip': [8, 'values have changed their sign'],
  'precision-loss': [9, 'values carry fewer digits than before'],
  'not-a-number': [10, 'infinities or NaN came where numbers were'],
  'separator-change': [11, 'decimal and thousands separators were misread'],
  'date-format': [12, 'day and month of dates were swapped'],
  'time-shift': [13, 'times are shifted, by hours or in their unit'],
  'clock-skew': [14, 'rows happened in the future, or long ago'],
  'missing-rows': [15, 'fewer rows came than usual, or none'],
  'missing-segment': [16, 'the rows of one value of a category did not come'],
  'replayed-batch': [17, 'the batch came before'],
  'duplicated-rows': [18, 'rows repeat within the batch'],
  'key-loss': [19, 'keys no longer find their partner'],
  'sequence-break': [20, 'ids repeat, skip or go back'],
  'schema-change': [21, 'columns were added, dropped, renamed, retyped or reordered'],
  'new-category': [22, 'values that never occurred, such as typos of known ones'],
  'category-flood': [23, 'one value of a category has taken over'],
  'encoding-damage': [24, 'texts were decoded by the wrong character set'],
  'pattern-break': [25, 'texts no longer have the form they had'],
  'field-shift': [26, 'fields stand in the wrong columns'],
  'truncated-file': [27, 'the file ended too early'],
  noise: [28, 'values scatter more, or less, than usual'],
  'outlier-rows': [29, 'some rows are far from all others'],
  'label-flip': [30, 'labels are wrong for their rows'],
  'label-delay': [31, 'labels have not matured'],
  'target-leakage': [32, 'a feature gives the label away'],
  'serving-skew': [33, 'features at serving are not those of training'],
  'derived-disagreement': [34, 'columns that agreed do so no longer'],
  'covariate-drift': [35, 'the values of a column have moved, in no way that looks like an error'],
  'concept-drift': [36, 'the label relates to the features in another way'],
  'population-change': [37, 'the mix of rows has changed'],
  'source-flood': [38, 'one source sends most of the rows'],
  'sensitive-data': [39, 'personal data or secrets stand in the column'],
  'default-flood': [40, 'one exact value stands where values varied'],
} as const satisfies Record<string, readonly [number: number, meaning: string]>;

export type CatalogueCause = keyof typeof catalogueCauses;

/** `block`: not taken without more ado; `notice`: people should look; `log`: recorded only. */
export type FindingSeverity = 'block' | 'notice' | 'log';

/** One test that speaks for a finding. */
export type Evidence = {
  readonly column: string;
  /** `null-rate`, `median`, `rank-correlation(other)`, … */
  readonly statistic: string;
  /** As `2.1 % (0.4 % to 3.9 %)`. */
  readonly expected: string;
  readonly observed: string;
  readonly pValue: number;
};

/** One root cause: columns and statistics that move together are one finding. */
export type Finding = {
  readonly cause: CatalogueCause;
  readonly table: string;
  readonly columns: readonly string[];
  /** The statistic that shows it best; `evidence` has the others. */
  readonly statistic: string;
  readonly severity: FindingSeverity;
  /** For people; what history lets expect, and what came. */
  readonly expected: string;
  readonly observed: string;
  /** Of the best test, two-sided, before it is divided over the number of tests. 0 for an exact rule. */
  readonly pValue: number;
  /** Size of the change: the share of rows, for rates; in deviations of history, for the rest. */
  readonly effect: number;
  /** A sentence: `amount × 100 in 38 % of the rows`. */
  readonly explanation: string;
  /** SQL condition over the table's columns that is true for the bad rows; null: it is not known which they are. */
  readonly rowsPredicate: string | null;
  /** What would repair it, for people: a SET list, `amount = amount / 100`. */
  readonly repair: string | null;
  /** The parts of the cause that programs use: `{ factor: 100 }`, `{ value: -1 }`, `{ other: 'b' }`. */
  readonly facts: Readonly<Record<string, SqlValue>>;
  /** Models that err by it, or would learn otherwise: of those whose training set the table feeds. */
  readonly models: readonly string[];
  readonly evidence: readonly Evidence[];
};

export type Verdict = {
  readonly table: string;
  readonly version: Version;
  /** Rows that were judged: those the update brings. */
  readonly rows: number;
  /** `learning`: fewer accepted updates than it takes to know what is usual, so that only exact rules speak. */
  readonly state: 'off' | 'learning' | 'judged';
  /** The worst of the findings; null: none. */
  readonly severity: FindingSeverity | null;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Accepted updates that the expectation rests on. */
  readonly history: number;
  /** Tests made; the thresholds are the p-values of one of them, of weight 1, that make a block and a notice. */
  readonly tests: number;
  readonly thresholds: { readonly block: number; readonly notice: number };
};

const rank: Readonly<Record<FindingSeverity, number>> = { log: 0, notice: 1, block: 2 };

/** The worst severity among findings; null when there is none. */
export function worstSeverity(findings: readonly Pick<Finding, 'severity'>[]): FindingSeverity | null {
  return findings.reduce<FindingSeverity | null>((worst, { severity }) => worseOf(worst, severity), null);
}

/** The worse of two; null: nothing speaks for it. */
export function worseOf<A extends FindingSeverity | null, B extends FindingSeverity | null>(
  a: A,
  b: B,
): A | B {
  if (a === null || b === null) return a ?? b;
  return rank[b] > rank[a] ? b : a;
}

/** A batch whose rows met every constraint, before it is committed. */
export type JudgedBatch = {
  readonly table: string;
  readonly schema: Schema;
  readonly eventTime: string | null;
  /** Of the update, if it is taken. */
  readonly version: Version;
  readonly nowMs: number;
  /** FROM item with the table's columns: the rows the update brings, inside its own transaction. */
  readonly relation: string;
};

/** What of a finding makes it the same as another. */
export type FoundCause = { readonly cause: string; readonly columns: readonly string[] };

/** What tells the incident of a finding from others of its table. */
export function subjectOf({ cause, columns }: FoundCause): string {
  return [cause, ...columns.toSorted()].join(' ');
}
