import { type Data, DataType, type Field, type RecordBatch, Type, type Vector } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import type { AppendedColumn } from '../core/session.ts';
import type { SqlValue } from '../core/value.ts';
import { isNestable, nestedTexts, timeText } from './arrow-nested.ts';
import { packedArrow } from './packed-arrow.ts';

/** How one Arrow column becomes a DuckDB one: appended as `stagedType`, then read as `expression` of `type`. */
export type ArrowColumn = {
  readonly name: string;
  /** Arrow's type of it, with units and scale: what `values` reads, and nothing else. */
  readonly arrowType: string;
  readonly stagedType: string;
  readonly type: string;
  readonly expression: (reference: string) => string;
  /** The value is JSON text that the cast to the goal type has to read. */
  readonly isJson: boolean;
  /** The column's values in one batch, ready for `Session.append`. */
  readonly values: (vector: Vector) => SqlValue[];
  /** Arrow keeps such values as the store does, so that its buffers can be taken as they are. */
  readonly isPacked: boolean;
};

/** @throws EverviewError `unsupported` for an Arrow type that has no DuckDB counterpart. */
export function arrowColumn(field: Field): ArrowColumn {
  return { name: field.name, arrowType: String(field.type), ...codecOf(field.name, field.type) };
}

/** The values of a column in one batch, ready for `Session.append`. */
export function appendedFrom(vector: Vector, { stagedType, isPacked, values }: ArrowColumn): AppendedColumn {
  return (isPacked ? packedArrow(stagedType, vector) : null) ?? values(vector);
}

/** Vectors of a batch by column name. */
export function batchVector(batch: RecordBatch, name: string): Vector | null {
  return batch.getChild(name);
}

type Codec = Omit<ArrowColumn, 'name' | 'arrowType'>;

function plain(type: string, read: (data: Data, index: number) => SqlValue): Codec {
  return {
    stagedType: type,
    type,
    expression: (reference) => reference,
    isJson: false,
    isPacked: false,
    values: each(read),
  };
}

function converted(
  stagedType: string,
  type: string,
  expression: (reference: string) => string,
  read: (data: Data, index: number) => SqlValue,
): Codec {
  return { stagedType, type, expression, isJson: false, isPacked: false, values: each(read) };
}

function packed(type: string, read: (data: Data, index: number) => SqlValue): Codec {
  return { ...plain(type, read), isPacked: true };
}

/** NULLs by the validity bitmap, everything else by `read`, on the buffers as they are. */
function each(read: (data: Data, index: number) => SqlValue): (vector: Vector) => SqlValue[] {
  return (vector) => {
    const result: SqlValue[] = [];
    for (const data of vector.data) {
      for (let index = 0; index < data.length; index++) {
        result.push(data.getValid(index) ? read(data, index) : null);
      }
    }
    return result;
  };
}

function numberAt(data: Data, index: number): number {
  return Number(data.values[index]);
}

function bigintAt(data: Data, index: number): bigint {
  return BigInt(data.values[index]);
}

function codecOf(name: string, type: DataType): Codec {
  if (DataType.isBool(type))
    return { ...plain('BOOLEAN', () => null), values: gotten((value) => value === true) };
  if (DataType.isInt(type)) return integerCodec(type.bitWidth, type.isSigned);
  if (DataType.isFloat(type)) {
    const isHalf = type.precision === 0;
    if (isHalf) return { ...plain('FLOAT', numberAt), values: gotten((value) => Number(value)) };
    return packed(type.precision === 2 ? 'DOUBLE' : 'FLOAT', numberAt);
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    return { ...plain('VARCHAR', () => null), values: gotten((value) => String(value)) };
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) {
    return {
      ...plain('BLOB', () => null),
      values: gotten((value) => (value instanceof Uint8Array ? value : null)),
    };
  }
  if (DataType.isNull(type)) return { ...plain('VARCHAR', () => null), values: gotten(() => null) };
  if (DataType.isDecimal(type)) return decimalCodec(type.precision, type.scale);
  if (DataType.isDate(type)) {
    const unitsADay = type.unit === 0 ? 1 : 86_400_000;
    return plain('DATE', (data, index) => Math.floor(numberAt(data, index) / unitsADay));
  }
  if (DataType.isTimestamp(type))
    return momentCodec(
      name,
      type.unit,
      type.unit === 3 ? 'make_timestamp_ns' : 'make_timestamp',
      type.unit === 3 ? 'TIMESTAMP_NS' : 'TIMESTAMP',
    );
  if (DataType.isTime(type)) {
    // As text, which is read strictly: arithmetic would begin anew after 24 hours.
    const perSecond = ticksPerSecond[type.unit];
    return plain('VARCHAR', (data, index) => {
      const ticks = bigintAt(data, index);
      return ticks < 0n ? String(ticks) : asTimePrints(timeText(ticks, perSecond));
    });
  }
  if (DataType.isDuration(type)) return durationCodec(name, type.unit);
  if (DataType.isDictionary(type)) return dictionaryCodec(name, type.dictionary);
  if (isJsonable(type)) return jsonCodec(gotten(jsonText));
  if (isNestable(type)) {
    const flat = (inner: DataType) => codecOf(name, inner).values;
    return jsonCodec((vector) => nestedTexts(vector, flat, jsonText));
  }
  throw new EverviewError('unsupported', `column "${name}": the Arrow type ${type} cannot be taken`, {
    hint: 'cast it to a number, text, decimal, date or timestamp first',
  });
}

/** Values as apache-arrow gives them. */
function gotten(convert: (value: unknown) => SqlValue): (vector: Vector) => SqlValue[] {
  return (vector) =>
    Array.from({ length: vector.length }, (_, index) => {
      const value: unknown = vector.get(index);
      return value === null || value === undefined ? null : convert(value);
    });
}

function integerCodec(bits: number, signed: boolean): Codec {
  const word = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[bits] ?? 'BIGINT';
  return packed(signed ? word : `U${word}`, bits === 64 ? bigintAt : numberAt);
}

/** Little-endian 32-bit words, two's complement. */
function decimalCodec(precision: number, scale: number): Codec {
  const read = (data: Data, index: number): string => {
    const words = data.stride;
    let whole = 0n;
    for (let word = words - 1; word >= 0; word--) {
      whole = (whole << 32n) | BigInt(data.values[index * words + word]);
    }
    return decimalText(BigInt.asIntN(words * 32, whole), scale);
  };
  if (precision > 38) return plain('VARCHAR', read);
  const type = `DECIMAL(${precision},${scale})`;
  return converted('VARCHAR', type, (reference) => `CAST(${reference} AS ${type})`, read);
}

function decimalText(scaled: bigint, scale: number): string {
  if (scale <= 0) return String(scaled * 10n ** BigInt(-scale));
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(scale + 1, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A column of texts gets it as a TIME is printed. */
function asTimePrints(text: string): string {
  return text.replace(/(\.\d*[1-9])0+$|\.0+$/, '$1');
}

const microsPerUnit = [1_000_000n, 1_000n, 1n] as const;

const ticksPerSecond = [1n, 1_000n, 1_000_000n, 1_000_000_000n] as const;

/** @throws EverviewError `invalid-row` for what 64 bits do not hold */
function times(column: string, value: bigint, factor: bigint): bigint {
  const product = value * factor;
  if (BigInt.asIntN(64, product) === product) return product;
  throw new EverviewError(
    'invalid-row',
    `column "${column}": ${value} is beyond all times that can be kept`,
    {
      hint: 'nothing of the update was taken',
    },
  );
}

/** What DuckDB writes for `infinity`, in every unit it exports; `make_timestamp` does not take it. */
const endOfTime = 9_223_372_036_854_775_807n;

/** Arrow units: 0 seconds, 1 milliseconds, 2 microseconds, 3 nanoseconds. A time zone is only how to print it. */
function momentCodec(name: string, unit: number, maker: string, type: string): Codec {
  const factor = microsPerUnit[unit] ?? 1n;
  return converted(
    'BIGINT',
    type,
    (reference) =>
      `CASE ${reference} WHEN ${endOfTime} THEN 'infinity'::${type} WHEN -${endOfTime} THEN '-infinity'::${type} ` +
      `ELSE ${maker}(${reference}) END`,
    (data, index) => {
      const value = bigintAt(data, index);
      return value === endOfTime || value === -endOfTime ? value : times(name, value, factor);
    },
  );
}

function durationCodec(name: string, unit: number): Codec {
  const factor = microsPerUnit[unit];
  const expression = (micros: string) => `to_microseconds(${micros})`;
  return converted('BIGINT', 'INTERVAL', expression, (data, index) => {
    const value = bigintAt(data, index);
    return factor === undefined ? value / 1_000n : times(name, value, factor);
  });
}

function dictionaryCodec(name: string, inner: DataType): Codec {
  const codec = codecOf(name, inner);
  return {
    ...codec,
    isPacked: false,
    values(vector) {
      return vector.data.flatMap((data) => {
        const dictionary = data.dictionary === undefined ? [] : codec.values(data.dictionary);
        return Array.from({ length: data.length }, (_, index) =>
          data.getValid(index) ? (dictionary[numberAt(data, index)] ?? null) : null,
        );
      });
    },
  };
}

function isJsonable(type: DataType): boolean {
  if (DataType.isBool(type) || DataType.isInt(type) || DataType.isFloat(type)) return true;
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return true;
  if (DataType.isDictionary(type)) return isJsonable(type.dictionary);
  const isNested = DataType.isList(type) || DataType.isFixedSizeList(type) || DataType.isStruct(type);
  return isNested && type.children.every((child: Field) => isJsonable(child.type));
}

function jsonCodec(values: Codec['values']): Codec {
  return { ...plain('VARCHAR', () => null), isJson: true, values };
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return String(inner);
    // no number of JSON, and cast from its text
    if (typeof inner === 'number' && !Number.isFinite(inner)) return String(inner);
    if (Object.is(inner, -0)) return '-0.0';
    return ArrayBuffer.isView(inner) ? Array.from(inner as unknown as ArrayLike<unknown>) : inner;
  });
}

/** Arrow's own name of a type, for messages. */
export function arrowTypeName(type: DataType): string {
  return `${Type[type.typeId]}`;
}
