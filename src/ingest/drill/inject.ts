import type { CatalogueCause } from '../../core/verdict.ts';
import type { BatchColumn, BatchColumns } from '../profile/batch-columns.ts';

/** An error of the catalogue put into a copy of a batch. */
export type Injection = {
  readonly cause: CatalogueCause;
  /** As it was done: `× 100`, `−1 in place of values`. */
  readonly what: string;
  readonly columns: readonly string[];
  readonly batch: BatchColumns;
};

export type InjectionContext = {
  /** Share of the rows hit, 0 to 1. */
  readonly share: number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The batch before, for what repeats old values. */
  readonly previous: BatchColumns;
};

type Injector = {
  readonly cause: CatalogueCause;
  readonly what: string;
  /** Null: the error cannot happen to this batch. */
  readonly inject: (batch: BatchColumns, context: InjectionContext) => Injected | null;
};

type Injected = { readonly columns: readonly string[]; readonly batch: BatchColumns };

/** Every error the drill knows that can happen to the batch, put into it. */
export function injectAll(batch: BatchColumns, context: InjectionContext): Injection[] {
  return injectors.flatMap(({ cause, what, inject }) => {
    const injected = inject(batch, context);
    return injected === null ? [] : [{ cause, what, ...injected }];
  });
}

const isNumber = (column: BatchColumn) => column.kind === 'number' && distinctOf(column) >= 3;
const isMeasured = (column: BatchColumn) => column.kind === 'number' && distinctOf(column) >= 20;
const isFractional = (column: BatchColumn) =>
  isMeasured(column) && countWhere(column, (x) => !Number.isInteger(x)) > column.present.length * 0.3;
const isText = (column: BatchColumn) => column.kind === 'text' && distinctOf(column) >= 2;
const isWord = (column: BatchColumn) =>
  isText(column) && column.texts.some((text) => text !== null && /[a-z]{3}/i.test(text));
const isCategory = (column: BatchColumn) => isText(column) && distinctOf(column) <= 60;
const isTime = (column: BatchColumn) => column.kind === 'time' && distinctOf(column) >= 5;

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

type RowSet = {
  readonly has: (row: number) => boolean;
  readonly random: () => number;
  readonly share: number;
};
type ColumnChange = (column: BatchColumn, rows: RowSet) => BatchColumn;

function onColumn(fits: (column: BatchColumn) => boolean, change: ColumnChange): Injector['inject'] {
  return (batch, { share, random }) => {
    const column = pick(batch.columns.filter(fits), random);
    if (column === undefined) return null;
    const changed = change(column, { has: chooseRows(batch.rows, share, random), random, share });
    return { columns: [column.name], batch: replaced(batch, [changed]) };
  };
}

function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** Exactly the share of the rows, at least one. */
function chooseRows(rows: number, share: number, random: () => number): (row: number) => boolean {
  if (share >= 1) return () => true;
  const order = Array.from({ length: rows }, (_, row) => row);
  const wanted = Math.max(1, Math.round(rows * share));
  for (let place = 0; place < wanted; place++) {
    const other = place + Math.floor(random() * (rows - place));
    [order[place], order[other]] = [order[other] ?? 0, order[place] ?? 0];
  }
  const chosen = new Set(order.slice(0, wanted));
  return (row) => chosen.has(row);
}

function replaced(batch: BatchColumns, columns: readonly BatchColumn[]): BatchColumns {
  return {
    rows: batch.rows,
    columns: batch.columns.map((old) => columns.find(({ name }) => name === old.name) ?? old),
  };
}

function distinctOf(column: BatchColumn): number {
  const seen = new Set<number | string>();
  for (let row = 0; row < column.present.length && seen.size <= 60; row++) {
    if (column.present[row] === 1)
      seen.add(column.kind === 'text' ? (column.texts[row] ?? '') : (column.numbers[row] ?? 0));
  }
  return seen.size;
}

function countWhere({ numbers, present }: BatchColumn, test: (value: number) => boolean): number {
  let count = 0;
  for (let row = 0; row < numbers.length; row++)
    if (present[row] === 1 && test(numbers[row] ?? 0)) count += 1;
  return count;
}

function setNull(column: BatchColumn, { has }: RowSet): BatchColumn {
  return {
    ...column,
    present: column.present.map((one, row) => (has(row) ? 0 : one)),
    texts: column.texts.map((text, row) => (has(row) ? null : text)),
  };
}

function setNumber(column: BatchColumn, { has }: RowSet, change: (value: number) => number): BatchColumn {
  return { ...column, numbers: column.numbers.map((value, row) => (has(row) ? change(value) : value)) };
}

function setText(column: BatchColumn, { has }: RowSet, change: (text: string) => string): BatchColumn {
  return {
    ...column,
    texts: column.texts.map((text, row) => (text !== null && has(row) ? change(text) : text)),
  };
}

/** A run of rows repeats the value before it. */
function freeze(column: BatchColumn, { random, share }: RowSet): BatchColumn {
  const rows = column.present.length;
  const length = Math.max(2, Math.round(rows * share));
  const start = Math.floor(random() * (rows - length + 1));
  const inside = (row: number) => row >= start && row < start + length;
  const from = (row: number) => (inside(row) ? start : row);
  return taken(column, rows, from);
}

/** The column with the values of other rows. */
function taken(column: BatchColumn, rows: number, from: (row: number) => number): BatchColumn {
  const order = Array.from({ length: rows }, (_, row) => from(row));
  return {
    ...column,
    numbers:
      column.kind === 'text' ? column.numbers : Float64Array.from(order, (row) => column.numbers[row] ?? 0),
    texts: column.kind === 'text' ? order.map((row) => column.texts[row] ?? null) : column.texts,
    present: Uint8Array.from(order, (row) => column.present[row] ?? 0),
  };
}

function shuffle(column: BatchColumn, { has, random }: RowSet): BatchColumn {
  const rows = column.present.length;
  const hit = Array.from({ length: rows }, (_, row) => row).filter(has);
  const from = new Map<number, number>();
  const order = [...hit];
  for (let place = order.length - 1; place > 0; place--) {
    const other = Math.floor(random() * (place + 1));
    [order[place], order[other]] = [order[other] ?? 0, order[place] ?? 0];
  }
  for (const [place, row] of hit.entries()) from.set(row, order[place] ?? row);
  return taken(column, rows, (row) => from.get(row) ?? row);
}

function stale(batch: BatchColumns, { share, random, previous }: InjectionContext): Injected | null {
  const column = pick(batch.columns.filter(isMeasured), random);
  const old = previous.columns.find(({ name }) => name === column?.name);
  if (column === undefined || old === undefined || previous.rows === 0) return null;
  const has = chooseRows(batch.rows, share, random);
  const shuffled = shuffle(old, { has: () => true, random, share: 1 });
  const numbers = column.numbers.map((value, row) =>
    has(row) ? (shuffled.numbers[row % previous.rows] ?? 0) : value,
  );
  const present = column.present.map((one, row) =>
    has(row) ? (shuffled.present[row % previous.rows] ?? 0) : one,
  );
  return { columns: [column.name], batch: replaced(batch, [{ ...column, numbers, present }]) };
}

function swap(batch: BatchColumns, { share, random }: InjectionContext): Injected | null {
  const numbers = batch.columns.filter(isNumber);
  const a = pick(numbers, random);
  const b = pick(
    numbers.filter((one) => one !== a),
    random,
  );
  if (a === undefined || b === undefined) return null;
  const has = chooseRows(batch.rows, share, random);
  const mixedWith = (own: BatchColumn, other: BatchColumn): BatchColumn => ({
    ...own,
    numbers: own.numbers.map((value, row) => (has(row) ? (other.numbers[row] ?? 0) : value)),
    present: own.present.map((one, row) => (has(row) ? (other.present[row] ?? 0) : one)),
  });
  return { columns: [a.name, b.name], batch: replaced(batch, [mixedWith(a, b), mixedWith(b, a)]) };
}

function swapDayMonth(ms: number): number {
  const at = new Date(ms);
  if (at.getUTCDate() > 12) return ms;
  const swapped = new Date(ms);
  swapped.setUTCMonth(at.getUTCDate() - 1, at.getUTCMonth() + 1);
  return swapped.getTime();
}

function keepRows(batch: BatchColumns, rows: readonly number[]): BatchColumns {
  return {
    rows: rows.length,
    columns: batch.columns.map((column) => taken(column, rows.length, (row) => rows[row] ?? 0)),
  };
}

function dropRows(batch: BatchColumns, isDropped: (row: number) => boolean): Injected {
  const rows = Array.from({ length: batch.rows }, (_, row) => row).filter((row) => !isDropped(row));
  return { columns: [], batch: keepRows(batch, rows) };
}

function duplicate(batch: BatchColumns, { share, random }: InjectionContext): Injected {
  const has = chooseRows(batch.rows, share, random);
  const rows = Array.from({ length: batch.rows }, (_, row) => row).flatMap((row) =>
    has(row) ? [row, row] : [row],
  );
  return { columns: [], batch: keepRows(batch, rows) };
}

/** A frequent value of a category loses the share of its rows. */
function missingSegment(batch: BatchColumns, { share, random }: InjectionContext): Injected | null {
  const candidates = batch.columns.filter(
    (column) =>
      isCategory(column) || (column.kind === 'number' && distinctOf(column) >= 3 && distinctOf(column) <= 30),
  );
  const column = pick(candidates, random);
  if (column === undefined) return null;
  const valueAt = (row: number) => (column.kind === 'text' ? column.texts[row] : column.numbers[row]);
  const counts = new Map<unknown, number>();
  for (let row = 0; row < batch.rows; row++) counts.set(valueAt(row), (counts.get(valueAt(row)) ?? 0) + 1);
  const frequent = [...counts].filter(([, rows]) => rows >= batch.rows * 0.05 && rows <= batch.rows * 0.6);
  const lost = pick(frequent, random);
  if (lost === undefined) return null;
  const has = chooseRows(batch.rows, share, random);
  return { ...dropRows(batch, (row) => valueAt(row) === lost[0] && has(row)), columns: [column.name] };
}

function flood(column: BatchColumn, rows: RowSet): BatchColumn {
  const counts = new Map<string, number>();
  for (const text of column.texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  const rarest = [...counts].sort((a, b) => a[1] - b[1])[0]?.[0] ?? '';
  return setText(column, rows, () => rarest);
}

function addNoise(batch: BatchColumns, { share, random }: InjectionContext): Injected | null {
  const column = pick(batch.columns.filter(isFractional), random);
  if (column === undefined) return null;
  const { mean, deviation } = momentsOf(column);
  if (!(deviation > 0)) return null;
  const has = chooseRows(batch.rows, share, random);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const numbers = column.numbers.map((value, row) => (has(row) ? value + deviation * normal() : value));
  return Number.isFinite(mean)
    ? { columns: [column.name], batch: replaced(batch, [{ ...column, numbers }]) }
    : null;
}

function momentsOf({ numbers, present }: BatchColumn) {
  const values = numbers.filter((value, row) => present[row] === 1 && Number.isFinite(value));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

function medianInstead(column: BatchColumn, rows: RowSet): BatchColumn {
  const values = column.numbers.filter((_, row) => column.present[row] === 1).sort();
  const median = values[values.length >> 1] ?? 0;
  return setNumber(column, rows, () => median);
}
