import type { Measured } from './measure.ts';

/** What one benchmark may use: its own directory, and how much to do. */
export type Scale = {
  readonly directory: string;
  /** A run that only shows that everything runs. */
  readonly isQuick: boolean;
};

/** A statement about two rows of a table: `contender` takes at most `limit` times what `baseline` does. */
export type Aim = {
  readonly text: string;
  readonly contender: string;
  readonly baseline: string;
  readonly limit: number;
};

/** A statement that a benchmark judges by itself. */
export type JudgedAim = { readonly text: string; readonly measured: string; readonly holds: boolean };

/** Results that are no comparison of contenders. */
export type ToldSection = {
  readonly title: string;
  readonly text: string;
  /** Markdown. */
  readonly lines: readonly string[];
  readonly judged: readonly JudgedAim[];
};

/** Results in a form of their own, or a table of contenders. */
export type AnySection = Section | ToldSection;

/** One table of results. */
export type Section = {
  readonly title: string;
  /** What the rows mean. */
  readonly text: string;
  readonly rows: readonly Measured[];
  /** The row that ratios are to. */
  readonly baseline: string;
  readonly aims: readonly Aim[];
};

export type Benchmark = {
  readonly run: (scale: Scale) => Promise<readonly AnySection[]>;
};
