import type { BatchProfile } from '../profile/batch-profile.ts';
import { type ColumnProfile, measureNames } from '../profile/column-profile.ts';
import type { ColumnCase, NamedCause } from './column-case.ts';
import { columnHistory, type TableHistory } from './table-history.ts';
import type { TestResult } from './test-result.ts';

type Swapped = {
  readonly columns: readonly string[];
  readonly named: NamedCause;
  readonly tests: readonly TestResult[];
};

/** Two columns of numbers that have both moved, each into the other's usual range; null: none. */
export function findSwap(
  cases: readonly ColumnCase[],
  { history, profile }: { readonly history: TableHistory; readonly profile: BatchProfile },
): Swapped | null {
  const numbers = cases.filter(({ column }) => column.kind === 'number');
  for (const [place, a] of numbers.entries()) {
    for (const b of numbers.slice(place + 1)) {
      const [pastA, pastB] = [usual(history, profile, a.column), usual(history, profile, b.column)];
      if (pastA === null || pastB === null) continue;
      const stays = distance(a.column, pastA) + distance(b.column, pastB);
      const crosses = distance(a.column, pastB) + distance(b.column, pastA);
      const isWhole = crosses < 0.5 * stays;
      if (!isWhole && !isPartly(a, b, pastA, pastB)) continue;
      const columns = [a.column.name, b.column.name];
      const how = isWhole ? 'hold' : 'hold, in part of the rows,';
      return {
        columns,
        tests: [...a.tests, ...b.tests],
        named: {
          cause: 'swapped-columns',
          explanation: `"${columns[0]}" and "${columns[1]}" ${how} each other’s values`,
          facts: { other: columns[1] ?? null },
          rows: null,
          repair: null,
        },
      };
    }
  }
  return null;
}

const places = (['q05', 'q25', 'median', 'q75', 'q95'] as const).map((name) =>
  measureNames.number.indexOf(name),
);

function usual(
  history: TableHistory,
  profile: BatchProfile,
  column: ColumnProfile,
): readonly number[] | null {
  const index = profile.columns.indexOf(column);
  const past = columnHistory(history, column.name, index).filter(
    (one) => one !== null && one.kind === 'number',
  );
  const quantiles = places.map((place) => {
    const values = past.map((one) => one?.measures[place] ?? Number.NaN).filter(Number.isFinite);
    return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  });
  return quantiles.every(Number.isFinite) ? quantiles : null;
}

/** How far a batch's quantiles are from those usual, in parts of the larger of the two widths. */
function distance(column: ColumnProfile, past: readonly number[]): number {
  const now = places.map((place) => column.measures[place] ?? Number.NaN);
  const width = Math.max((past[4] ?? 0) - (past[0] ?? 0), (now[4] ?? 0) - (now[0] ?? 0), 1e-12);
  return now.reduce((sum, value, index) => sum + Math.abs(value - (past[index] ?? 0)) / width, 0);
}

/** What is new in each lies where the other usually is. */
function isPartly(a: ColumnCase, b: ColumnCase, pastA: readonly number[], pastB: readonly number[]): boolean {
  const inside = (value: number, past: readonly number[]) =>
    value >= (past[0] ?? 0) && value <= (past[4] ?? 0);
  const strangers = ({ column: { novel } }: ColumnCase) => [
    ...(novel.above > 0 ? [novel.aboveMedian] : []),
    ...(novel.below > 0 ? [novel.belowMedian] : []),
    ...novel.newest.map(([value]) => Number(value)),
  ];
  const [ofA, ofB] = [strangers(a), strangers(b)];
  const apart = !inside(pastA[2] ?? 0, pastB) || !inside(pastB[2] ?? 0, pastA);
  const foreign = (values: readonly number[], own: readonly number[], other: readonly number[]) =>
    values.length > 0 &&
    values.filter((value) => inside(value, other) && !inside(value, own)).length >= 0.8 * values.length;
  if (!apart) return false;
  return foreign(ofA, pastA, pastB) && (ofB.length === 0 || foreign(ofB, pastB, pastA));
}
