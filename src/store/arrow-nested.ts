import { type Data, DataType, type Field, Vector } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import type { SqlValue } from '../core/value.ts';

/** The values of a vector without nesting, as they are staged in a column of their own. */
type FlatValues = (vector: Vector) => SqlValue[];

/** Whether `nestedTexts` can say such values; bytes have no text that a cast from JSON reads again. */
export function isNestable(type: DataType): boolean {
  if (DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isStruct(type))
    return type.children.every((child: Field) => isNestable(child.type));
  if (DataType.isMap(type)) {
    const [key, value] = type.children[0]?.type.children ?? [];
    return key !== undefined && value !== undefined && isNamed(key.type) && isNestable(value.type);
  }
  if (DataType.isDecimal(type) || DataType.isDate(type) || DataType.isTimestamp(type)) return true;
  if (DataType.isTime(type) || DataType.isFloat(type)) return true;
  return isNamed(type);
}

/** What is a key of an object in JSON, too. */
function isNamed(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isNamed(type.dictionary);
  return DataType.isBool(type) || DataType.isInt(type) || DataType.isUtf8(type) || DataType.isLargeUtf8(type);
}

/**
 * Lists, structs and maps as JSON, decimals and moments in it as the text that the store reads them from: apache-arrow
 * gives the one as words and the other as numbers of milliseconds. Written by hand, since objects of JavaScript put keys
 * that are whole numbers first, and maps in another order are other maps.
 */
export function nestedTexts(
  vector: Vector,
  flat: (type: DataType) => FlatValues,
  jsonText: (value: unknown) => string,
): (string | null)[] {
  const textsOf = (data: Data): ((index: number) => string) => {
    const text = readerOf(data);
    return (index) => (data.getValid(index) ? text(index) : 'null');
  };
  const readerOf = (data: Data): ((index: number) => string) => {
    const { type, valueOffsets } = data;
    if (DataType.isMap(type)) {
      const [key, value] = (data.children[0]?.children ?? []).map(textsOf);
      return (index) => {
        const entry = (at: number) => `${keyText(key?.(at) ?? '')}:${value?.(at)}`;
        return `{${joined(valueOffsets[index], valueOffsets[index + 1], entry)}}`;
      };
    }
    if (DataType.isStruct(type)) {
      const fields = data.children.map(textsOf);
      const names = type.children.map((child: Field) => jsonText(child.name));
      return (index) =>
        `{${joined(0, names.length, (place) => `${names[place]}:${fields[place]?.(index)}`)}}`;
    }
    const [items] = data.children.map(textsOf);
    const item = (at: number) => items?.(at) ?? 'null';
    if (DataType.isFixedSizeList(type))
      return (index) => `[${joined(index * type.listSize, (index + 1) * type.listSize, item)}]`;
    if (DataType.isList(type))
      return (index) => `[${joined(valueOffsets[index], valueOffsets[index + 1], item)}]`;
    const values = flat(type)(new Vector([data]));
    return (index) => jsonText(textIn(type, values[index] ?? null));
  };
  return vector.data.flatMap((data) => {
    const text = textsOf(data);
    return Array.from({ length: data.length }, (_, index) => (data.getValid(index) ? text(index) : null));
  });
}

function joined(from: number, to: number, text: (at: number) => string): string {
  return Array.from({ length: to - from }, (_, place) => text(from + place)).join();
}

function keyText(json: string): string {
  return json.startsWith('"') ? json : `"${json}"`;
}

/** @param value as it is staged: days, or microseconds, or of a TIMESTAMP_NS nanoseconds; a time is its text */
function textIn(type: DataType, value: SqlValue): SqlValue {
  if (DataType.isDate(type)) return dayText(Number(value) * 86_400_000);
  if (DataType.isTimestamp(type))
    return momentText(BigInt(String(value)), type.unit === 3 ? 10n ** 9n : 10n ** 6n);
  return value;
}

const endOfTime = 9_223_372_036_854_775_807n;

function momentText(ticks: bigint, perSecond: bigint): string {
  if (ticks === endOfTime) return 'infinity';
  if (ticks === -endOfTime) return '-infinity';
  const perDay = perSecond * 86_400n;
  const inDay = ((ticks % perDay) + perDay) % perDay;
  return `${dayText(Number((ticks - inDay) / perDay) * 86_400_000)} ${timeText(inDay, perSecond)}Z`;
}

/** As DuckDB writes it: years before the first are counted from it. */
function dayText(ms: number): string {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) {
    throw new EverviewError(
      'unsupported',
      'a list, struct or map in Arrow holds a day beyond the year 275760',
      {
        hint: 'put it in a column of its own',
      },
    );
  }
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const text = `${pad(year > 0 ? year : 1 - year, 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  return year > 0 ? text : `${text} (BC)`;
}

/** `06:30:00.250000`, with as many digits as the ticks tell. */
export function timeText(ticks: bigint, perSecond: bigint): string {
  const seconds = ticks / perSecond;
  const pad = (value: bigint) => String(value).padStart(2, '0');
  const fraction = String(ticks % perSecond).padStart(String(perSecond).length - 1, '0');
  return `${pad(seconds / 3_600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}.${fraction}`;
}
