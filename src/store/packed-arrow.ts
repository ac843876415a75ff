import type { Data, Vector } from 'apache-arrow';
import { PackedColumn } from '../core/packed-column.ts';

/** The vector's own buffers as a column of the type; null where it has several pieces, or keeps its values otherwise. */
export function packedArrow(type: string, vector: Vector): PackedColumn | null {
  const [data, ...more] = vector.data;
  // One row is no column: it goes in by its value.
  if (data === undefined || more.length > 0 || data.length < 2) return null;
  return PackedColumn.of(type, data.values, validityOf(data), data.length);
}

/** Bits of the values that are not NULL, the first at the start of a byte; null: all of them. */
function validityOf(data: Data): Uint8Array | null {
  if (!data.nullable || data.nullCount === 0) return null;
  const { nullBitmap, offset, length } = data;
  const bytes = Math.ceil(length / 8);
  const [first, shift] = [offset >> 3, offset & 7];
  if (shift === 0) return nullBitmap.subarray(first, first + bytes);
  return Uint8Array.from({ length: bytes }, (_, index) => {
    const [low = 0, high = 0] = [nullBitmap[first + index], nullBitmap[first + index + 1]];
    return ((low >> shift) | (high << (8 - shift))) & 0xff;
  });
}
