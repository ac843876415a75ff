import type { CatalogueCause } from '../../core/verdict.ts';
import type { BatchColumn, BatchColumns } from '../profile/batch-columns.ts';
import {
  addNoise,
  type BatchChange,
  dropRows,
  duplicate,
  type InjectionContext,
  missingSegment,
  onColumn,
  stale,
  swap,
} from './break-batch.ts';
import {
  flood,
  freeze,
  medianInstead,
  setNull,
  setNumber,
  setText,
  shuffle,
  swapDayMonth,
} from './break-column.ts';
import {
  countWhere,
  distinctOf,
  isCategory,
  isFractional,
  isMeasured,
  isText,
  isTime,
  isWord,
} from './column-traits.ts';

/** An error of the catalogue put into a copy of a batch. */
export type Injection = {
  readonly cause: CatalogueCause;
  /** As it was done: `× 100`, `−1 in place of values`. */
  readonly what: string;
  readonly columns: readonly string[];
  readonly batch: BatchColumns;
};

type Injector = {
  readonly cause: CatalogueCause;
  readonly what: string;
  readonly inject: BatchChange;
};

/**
 * Every error the drill knows that can happen to the batch, put into it. One that leaves all as it was, as exchanging day
 * and month does after the 12th, is none.
 */
export function injectAll(batch: BatchColumns, context: InjectionContext): Injection[] {
  return injectors.flatMap(({ cause, what, inject }) => {
    const injected = inject(batch, context);
    return injected === null || isSame(injected.batch, batch) ? [] : [{ cause, what, ...injected }];
  });
}

function isSame(a: BatchColumns, b: BatchColumns): boolean {
  return a.rows === b.rows && a.columns.every((column, place) => isSameColumn(column, b.columns[place]));
}

function isSameColumn(a: BatchColumn, b: BatchColumn | undefined): boolean {
  if (b === undefined) return false;
  if (a === b) return true;
  return a.present.every((one, row) => {
    if (one !== b.present[row]) return false;
    return (
      one === 0 || (a.kind === 'text' ? a.texts[row] === b.texts[row] : a.numbers[row] === b.numbers[row])
    );
  });
}

const injectors: readonly Injector[] = [
  {
    cause: 'null-burst',
    what: 'NULL in place of values',
    inject: onColumn((c) => distinctOf(c) >= 2, setNull),
  },
  {
    cause: 'implicit-null',
    what: "'N/A' in place of values",
    inject: onColumn(isText, (c, r) => setText(c, r, () => 'N/A')),
  },
  {
    cause: 'sentinel',
    what: '-1 in place of values',
    inject: onColumn(isMeasured, (c, r) => setNumber(c, r, () => -1)),
  },
  {
    cause: 'sentinel',
    what: '0 in place of values',
    inject: onColumn(
      (c) => isMeasured(c) && countWhere(c, (x) => x === 0) < c.present.length * 0.2,
      (c, r) => setNumber(c, r, () => 0),
    ),
  },
  {
    cause: 'sentinel',
    what: '9999 in place of values',
    inject: onColumn(isMeasured, (c, r) => setNumber(c, r, () => 9_999)),
  },
  {
    cause: 'frozen-column',
    what: 'one value repeated in successive rows',
    inject: onColumn((c) => isMeasured(c) || (c.kind === 'text' && distinctOf(c) > 20), freeze),
  },
  { cause: 'stale-column', what: 'values of the batch before, shuffled', inject: stale },
  { cause: 'swapped-columns', what: 'two columns exchanged', inject: swap },
  {
    cause: 'unit-change',
    what: '× 100',
    inject: onColumn(isMeasured, (c, r) => setNumber(c, r, (x) => x * 100)),
  },
  {
    cause: 'unit-change',
    what: '× 10',
    inject: onColumn(isMeasured, (c, r) => setNumber(c, r, (x) => x * 10)),
  },
  {
    cause: 'unit-change',
    what: '÷ 1000',
    inject: onColumn(isMeasured, (c, r) => setNumber(c, r, (x) => x / 1_000)),
  },
  {
    cause: 'sign-flip',
    what: '× −1',
    inject: onColumn(
      (c) => isMeasured(c) && countWhere(c, (x) => x > 0) > c.present.length * 0.8,
      (c, r) => setNumber(c, r, (x) => -x),
    ),
  },
  {
    cause: 'precision-loss',
    what: 'decimals cut off',
    inject: onColumn(isFractional, (c, r) => setNumber(c, r, Math.trunc)),
  },
  {
    cause: 'not-a-number',
    what: 'infinity',
    inject: onColumn(isFractional, (c, r) => setNumber(c, r, () => Number.POSITIVE_INFINITY)),
  },
  {
    cause: 'date-format',
    what: 'day and month exchanged',
    inject: onColumn(
      (c) => (c.kind === 'time' || c.kind === 'day') && distinctOf(c) >= 2,
      (c, r) => setNumber(c, r, swapDayMonth),
    ),
  },
  {
    cause: 'time-shift',
    what: '+ 1 hour',
    inject: onColumn(isTime, (c, r) => setNumber(c, r, (x) => x + 3_600_000)),
  },
  {
    cause: 'time-shift',
    what: '+ 8 hours',
    inject: onColumn(isTime, (c, r) => setNumber(c, r, (x) => x + 8 * 3_600_000)),
  },
  {
    cause: 'clock-skew',
    what: '+ 2 years',
    inject: onColumn(
      (c) => c.kind === 'time' || c.kind === 'day',
      (c, r) => setNumber(c, r, (x) => x + 731 * 86_400_000),
    ),
  },
  {
    cause: 'missing-rows',
    what: 'the last rows did not come',
    inject: (batch, { share }) =>
      share >= 1 ? null : dropRows(batch, (row) => row >= batch.rows * (1 - share)),
  },
  { cause: 'missing-segment', what: 'one value of a category did not come', inject: missingSegment },
  { cause: 'duplicated-rows', what: 'rows came twice', inject: duplicate },
  {
    cause: 'key-loss',
    what: 'leading zeros put before numbers',
    inject: onColumn(
      (c) => c.kind === 'text' && c.texts.some((text) => text !== null && /^\d+$/.test(text)),
      (c, r) => setText(c, r, (text) => `00${text}`),
    ),
  },
  {
    cause: 'new-category',
    what: 'a letter dropped',
    inject: onColumn(
      (c) => isCategory(c) && isWord(c),
      (c, r) => setText(c, r, (text) => text.slice(0, 1) + text.slice(2)),
    ),
  },
  {
    cause: 'new-category',
    what: 'a blank behind',
    inject: onColumn(isCategory, (c, r) => setText(c, r, (text) => `${text} `)),
  },
  {
    cause: 'category-flood',
    what: 'the rarest value in place of others',
    inject: onColumn(isCategory, flood),
  },
  {
    cause: 'encoding-damage',
    what: 'UTF-8 read as Latin-1',
    inject: onColumn(isWord, (c, r) => setText(c, r, (text) => text.replace(/[aeiou]/i, 'Ã©'))),
  },
  {
    cause: 'pattern-break',
    what: 'in quotes',
    inject: onColumn(isText, (c, r) => setText(c, r, (text) => `"${text}"`)),
  },
  { cause: 'noise', what: 'noise of one standard deviation', inject: addNoise },
  {
    cause: 'derived-disagreement',
    what: 'values of one column moved among rows',
    inject: onColumn(isMeasured, shuffle),
  },
  {
    cause: 'default-flood',
    what: 'the median in place of values',
    inject: onColumn(isMeasured, medianInstead),
  },
];
