import type { SqlValue } from '../../core/value.ts';
import type { CatalogueCause } from '../../core/verdict.ts';
import type { ColumnProfile } from '../profile/column-profile.ts';
import type { KnownColumn } from '../profile/known-column.ts';
import type { TestResult } from './test-result.ts';

/** Everything that speaks about one column of a batch. */
export type ColumnCase = {
  readonly column: ColumnProfile;
  /** What the table had shown of it; null: it is new. */
  readonly known: KnownColumn | null;
  /** The middle value that history lets expect; NaN for what has none. */
  readonly usualMiddle: number;
  readonly usualLow: number;
  readonly usualHigh: number;
  /** Telling tests, the surest first. */
  readonly tests: readonly TestResult[];
};

/** A cause as named, with what makes it more than a name. */
export type NamedCause = {
  readonly cause: CatalogueCause;
  readonly explanation: string;
  readonly facts: Readonly<Record<string, SqlValue>>;
  /** SQL condition over the column (`{c}`) that finds the rows; null: not known. */
  readonly rows: string | null;
  readonly repair: string | null;
};

export function rise(of: ColumnCase, statistic: string): TestResult | null {
  return of.tests.find((test) => test.statistic === statistic && test.effect > 0) ?? null;
}

export function has(of: ColumnCase, ...statistics: readonly string[]): TestResult | null {
  return of.tests.find((test) => statistics.includes(test.statistic)) ?? null;
}

export function named(
  cause: CatalogueCause,
  explanation: string,
  more: Partial<Pick<NamedCause, 'facts' | 'rows' | 'repair'>> = {},
): NamedCause {
  return { cause, explanation, facts: {}, rows: null, repair: null, ...more };
}

export function percent(share: number): string {
  const points = share * 100;
  return `${points >= 10 || points === 0 ? points.toFixed(0) : points.toPrecision(2)} %`;
}
