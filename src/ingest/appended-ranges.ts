import { PackedColumn, type PackedValues } from '../core/packed-column.ts';
import { sameName } from '../core/schema.ts';
import type { AppendedColumn } from '../core/session.ts';
import type { KeyRange } from '../store/key-range.ts';
import { type IngestTarget, keysOf } from './ingest-target.ts';
import type { KeyRanges } from './stage.ts';

const wholeNumber = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/;

type Whole = number | bigint;
type Tally = { least: Whole | null; greatest: Whole | null; hasNull: boolean };

/** What is appended to the keys of a table that are whole numbers, so that the store need not be asked for its range. */
export class AppendedRanges {
  readonly #columns: readonly { name: string; type: string; place: number; tally: Tally }[];

  constructor({ schema, table }: IngestTarget) {
    const keys = keysOf(table.definition).flat();
    this.#columns = schema.flatMap(({ name, type }, place) =>
      wholeNumber.test(type) && keys.some((key) => sameName(key, name))
        ? [{ name, type, place, tally: { least: null, greatest: null, hasNull: false } }]
        : [],
    );
  }

  /** @param columns in the table's order and of its types */
  add(columns: readonly AppendedColumn[]): void {
    for (const { place, tally } of this.#columns) {
      const column = columns[place] ?? [];
      if (column instanceof PackedColumn) tallyPacked(tally, column);
      else for (let index = 0; index < column.length; index++) tallyValue(tally, column[index]);
    }
  }

  ranges(): KeyRanges {
    return new Map(
      this.#columns.map(({ name, type, tally }) => [name.toLowerCase(), rangeOf(tally, type)] as const),
    );
  }
}

function rangeOf({ least, greatest, hasNull }: Tally, type: string): KeyRange | null {
  if (least === null || greatest === null) return null;
  return { least: `'${least}'::${type}`, greatest: `'${greatest}'::${type}`, orNull: hasNull };
}

function tallyValue(tally: Tally, value: unknown): void {
  if (typeof value !== 'number' && typeof value !== 'bigint') tally.hasNull = true;
  else {
    if (tally.least === null || value < tally.least) tally.least = value;
    if (tally.greatest === null || value > tally.greatest) tally.greatest = value;
  }
}

function tallyPacked(tally: Tally, { values, validity }: PackedColumn): void {
  if (validity === null) {
    const [least, greatest] = values instanceof BigInt64Array ? extremesOfLong(values) : extremesOf(values);
    if (least !== undefined) tallyValue(tally, least);
    if (greatest !== undefined) tallyValue(tally, greatest);
    return;
  }
  for (let index = 0; index < values.length; index++) {
    const isValid = ((validity[index >> 3] ?? 0) >> (index & 7)) & 1;
    tallyValue(tally, isValid ? values[index] : null);
  }
}

function extremesOf(values: PackedValues): readonly (Whole | undefined)[] {
  let [least, greatest] = [values[0], values[0]];
  for (let index = 1; index < values.length; index++) {
    const value = values[index];
    if (value === undefined || least === undefined || greatest === undefined) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** By halves, the lower one first: without a BigInt for each. */
function extremesOfLong(values: BigInt64Array): readonly (Whole | undefined)[] {
  const lower = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  const upper = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  let [least, greatest] = [0, 0];
  for (let index = 1; index < values.length; index++) {
    const [low, high] = [lower[2 * index] ?? 0, upper[2 * index + 1] ?? 0];
    if (isBefore(high, low, upper[2 * least + 1] ?? 0, lower[2 * least] ?? 0)) least = index;
    else if (isBefore(upper[2 * greatest + 1] ?? 0, lower[2 * greatest] ?? 0, high, low)) greatest = index;
  }
  return [values[least], values[greatest]];
}

function isBefore(high: number, low: number, otherHigh: number, otherLow: number): boolean {
  return high < otherHigh || (high === otherHigh && low < otherLow);
}
