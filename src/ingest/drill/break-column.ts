import type { BatchColumn } from '../profile/batch-columns.ts';

export type RowSet = {
  readonly has: (row: number) => boolean;
  readonly random: () => number;
  readonly share: number;
};

export type ColumnChange = (column: BatchColumn, rows: RowSet) => BatchColumn;

/** Exactly the share of the rows, at least one. */
export function chooseRows(rows: number, share: number, random: () => number): (row: number) => boolean {
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

export function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

export function setNull(column: BatchColumn, { has }: RowSet): BatchColumn {
  return {
    ...column,
    present: column.present.map((one, row) => (has(row) ? 0 : one)),
    texts: column.texts.map((text, row) => (has(row) ? null : text)),
  };
}

export function setNumber(
  column: BatchColumn,
  { has }: RowSet,
  change: (value: number) => number,
): BatchColumn {
  return { ...column, numbers: column.numbers.map((value, row) => (has(row) ? change(value) : value)) };
}

export function setText(column: BatchColumn, { has }: RowSet, change: (text: string) => string): BatchColumn {
  return {
    ...column,
    texts: column.texts.map((text, row) => (text !== null && has(row) ? change(text) : text)),
  };
}

/** A run of rows repeats the value before it. */
export function freeze(column: BatchColumn, { random, share }: RowSet): BatchColumn {
  const rows = column.present.length;
  const length = Math.max(2, Math.round(rows * share));
  const start = Math.floor(random() * (rows - length + 1));
  const inside = (row: number) => row >= start && row < start + length;
  const from = (row: number) => (inside(row) ? start : row);
  return taken(column, rows, from);
}

/** The column with the values of other rows. */
export function taken(column: BatchColumn, rows: number, from: (row: number) => number): BatchColumn {
  const order = Array.from({ length: rows }, (_, row) => from(row));
  return {
    ...column,
    numbers:
      column.kind === 'text' ? column.numbers : Float64Array.from(order, (row) => column.numbers[row] ?? 0),
    texts: column.kind === 'text' ? order.map((row) => column.texts[row] ?? null) : column.texts,
    present: Uint8Array.from(order, (row) => column.present[row] ?? 0),
  };
}

export function shuffle(column: BatchColumn, { has, random }: RowSet): BatchColumn {
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

export function swapDayMonth(ms: number): number {
  const at = new Date(ms);
  if (at.getUTCDate() > 12) return ms;
  const swapped = new Date(ms);
  swapped.setUTCMonth(at.getUTCDate() - 1, at.getUTCMonth() + 1);
  return swapped.getTime();
}

export function flood(column: BatchColumn, rows: RowSet): BatchColumn {
  const counts = new Map<string, number>();
  for (const text of column.texts) if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
  const rarest = [...counts].sort((a, b) => a[1] - b[1])[0]?.[0] ?? '';
  return setText(column, rows, () => rarest);
}

export function medianInstead(column: BatchColumn, rows: RowSet): BatchColumn {
  const values = column.numbers.filter((_, row) => column.present[row] === 1).sort();
  const median = values[values.length >> 1] ?? 0;
  return setNumber(column, rows, () => median);
}
