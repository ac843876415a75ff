/** Values of one width, one after the other, as a store keeps them. */
export type PackedValues =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Types whose values can be packed, and in what: a TIMESTAMP as microseconds since 1970, a DATE as days. */
const packings = {
  BOOLEAN: Uint8Array,
  TINYINT: Int8Array,
  SMALLINT: Int16Array,
  INTEGER: Int32Array,
  BIGINT: BigInt64Array,
  UTINYINT: Uint8Array,
  USMALLINT: Uint16Array,
  UINTEGER: Uint32Array,
  UBIGINT: BigUint64Array,
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
  DATE: Int32Array,
  TIMESTAMP: BigInt64Array,
} as const;

export type PackedType = keyof typeof packings;

export function isPackedType(type: string): type is PackedType {
  return Object.hasOwn(packings, type);
}

/** A column to be appended that needs no look at its values any more: a store copies it, buffer by buffer. */
export class PackedColumn {
  readonly type: PackedType;
  readonly values: PackedValues;
  /** Bit i of it, from the lowest of the first byte on, is 1 where value i is not NULL; null: none is. */
  readonly validity: Uint8Array | null;

  private constructor(type: PackedType, values: PackedValues, validity: Uint8Array | null) {
    this.type = type;
    this.values = values;
    this.validity = validity;
  }

  /** The first `count` of the values. Null where they are not kept as the type's are, or values or bits are lacking. */
  static of(type: string, values: unknown, validity: Uint8Array | null, count: number): PackedColumn | null {
    if (!isPackedType(type) || !(values instanceof packings[type])) return null;
    if (values.length < count || (validity !== null && validity.length * 8 < count)) return null;
    return new PackedColumn(type, values.subarray(0, count), validity);
  }

  get length(): number {
    return this.values.length;
  }
}
