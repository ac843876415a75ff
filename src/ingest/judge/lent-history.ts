import type { BatchProfile } from '../profile/batch-profile.ts';
import { isGrowingKey } from './column-past.ts';
import { middle } from './middle.ts';
import { columnHistory, learningUpdates, type TableHistory } from './table-history.ts';
import type { TestResult } from './test-result.ts';

/** Rows that an update brought to a table, and rows that it took away; of a replaced row both. */
export type RowsChanged = { readonly inserted: number; readonly deleted: number };

/**
 * What an update that replaces rows is compared with as long as few such updates are known: the table's loads, by what of
 * them holds for it as well.
 */
export type LentHistory = {
  readonly history: TableHistory;
  /** `correction`: its rows were chosen for what they are, so only what was never there says something of them. */
  readonly likeness: 'load' | 'correction';
};

/** Share of replaced rows up to which an update is a load like others, in which a few rows came anew. */
const fewReplaced = 0.1;

/** Null where enough is known of its like, or too little of loads. Of several columns together nothing is compared. */
export function lentHistory(
  { inserted, deleted }: RowsChanged,
  own: TableHistory,
  loads: TableHistory,
): LentHistory | null {
  if (deleted === 0 || own.units.length >= learningUpdates || loads.units.length < learningUpdates)
    return null;
  return {
    history: { ...loads, plan: null },
    likeness: deleted <= fewReplaced * inserted ? 'load' : 'correction',
  };
}

/**
 * What no rows have, however they are chosen. Values and forms never seen are none of it: orders are `new` when they come,
 * and `paid` later.
 */
const neverThere: ReadonlySet<string> = new Set([
  'above-range',
  'below-range',
  'far',
  'nonfinite',
  'minus-one',
  'nines',
  'damaged',
  'implicit-null',
  'empty',
  'padded',
  'leading-zero',
  'epoch',
]);

/** What rows show by their order, in which replaced ones stand elsewhere, and by those of the update before. */
const ofRowOrder: ReadonlySet<string> = new Set(['disorder', 'run', 'repeated']);

/** Whether what holds for loads says something of the update: not how many rows came and when, nor what did not come. */
export function speaksOfLent(
  { likeness, history }: LentHistory,
  profile: BatchProfile,
): (test: Pick<TestResult, 'column' | 'model' | 'statistic' | 'effect'>) => boolean {
  const ofOrder = new Set(
    profile.columns.flatMap(({ name, kind }, index) => {
      const isMoment = kind === 'time' || kind === 'day';
      return isMoment || isGrowingKey(columnHistory(history, name, index)) ? [name] : [];
    }),
  );
  const isOfOrder = (column: string, statistic: string) =>
    ofRowOrder.has(statistic) || (ofOrder.has(column) && statistic !== 'epoch' && statistic !== 'null');
  return ({ column, model, statistic, effect }) => {
    if (model === null && isOfOrder(column, statistic)) return false;
    if (likeness === 'correction') return model === null && neverThere.has(statistic);
    return statistic !== 'rows' && !(statistic === 'value' && effect < 0);
  };
}

/** A few rows that a person puts right stop nothing, however odd they are. */
export function isSmallCorrection({ likeness, history }: LentHistory, { rows }: BatchProfile): boolean {
  return likeness === 'correction' && rows < 0.5 * middle(history.units.map(({ profile }) => profile.rows));
}
