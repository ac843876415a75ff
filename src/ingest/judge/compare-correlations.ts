import type { BatchProfile } from '../profile/batch-profile.ts';
import { type ColumnProfile, measureNames } from '../profile/column-profile.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import type { TestCollector } from './test-collector.ts';

/** What an update's rows can tell of relations of one column. */
type Telling = {
  /** Values that differ: rows that share one tell it once. */
  readonly variety: number;
  /** Rows that are not tied with most others: of n rows, one by itself among equal ones is as three. */
  readonly untied: number;
};

const nothing: Telling = { variety: 0, untied: 0 };

/** Rank correlations of the pairs that the plan looks at. */
export function compareCorrelations(
  collector: TestCollector,
  profile: BatchProfile,
  { correlations }: JointPlan,
): void {
  const profiles = collector.history.units.map((unit) => unit.profile);
  const known = new Map<string, readonly Telling[]>();
  const tellingOf = (name: string) => {
    const made = known.get(name) ?? [...profiles, profile].map((one) => telling(one, name));
    known.set(name, made);
    return made;
  };
  for (const [place, [a, b]] of correlations.entries()) {
    const [ofA, ofB] = [tellingOf(a), tellingOf(b)];
    const least = (which: keyof Telling) =>
      ofA.map((one, unit) => Math.min(one[which], (ofB[unit] ?? nothing)[which]));
    const [varieties, untied] = [least('variety'), least('untied')];
    const values = [...profiles, profile].map((one, unit) =>
      moderated(one.correlations[place] ?? Number.NaN, untied[unit] ?? 0),
    );
    const [now, variety] = [values.pop() ?? Number.NaN, varieties.pop() ?? 0];
    // Fewer rows scatter more, and so do fewer values that they share: by whichever is less than it was.
    const byRows = mean(collector.rows) / profile.rows;
    const byValues = mean(varieties) / variety;
    const [n, past] = byValues > byRows ? [variety, varieties] : [profile.rows, collector.rows];
    collector.measure(a, 'correlation', now, n, values, { kind: 'plain', floor: 0.15 }, past, [b]);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Rows that a correlation of 1 must show before it is one: as many as Fisher's transformation takes off. */
const taken = 3;

/** Fisher's z of a correlation that few rows show by being apart from all others: one or two of them make it perfect. */
function moderated(z: number, untied: number): number {
  return Math.atanh((Math.tanh(z) * untied) / (untied + taken));
}

function telling({ columns }: BatchProfile, name: string): Telling {
  const column = columns.find((one) => one.name === name);
  if (column === undefined) return nothing;
  const share = column.kind === 'number' ? column.measures[measureNames.number.indexOf('distinct')] : 1;
  return { variety: column.present * (share ?? 1) || 0, untied: column.present * untiedShare(column) };
}

/** What ties leave of the variance of ranks (Kendall 1945): 1 − Σ t³/n³. */
function untiedShare({ values, top, present }: ColumnProfile): number {
  return (values ?? top).reduce((left, [, rows]) => left - (rows / Math.max(1, present)) ** 3, 1);
}
