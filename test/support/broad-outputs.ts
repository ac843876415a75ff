import { drawExpression, type ScopedColumn, type TypedText } from './broad-expression.ts';
import type { Pen } from './broad-pen.ts';
import type { Item } from './broad-query.ts';
import type { BroadColumn } from './broad-value.ts';

export type Output = TypedText & { readonly name: string };

/** A column that is passed on keeps its name where it can: later joins find it. */
export function named(pen: Pen, taken: readonly Output[], value: TypedText & { name?: string }): Output {
  const kept = value.name;
  const isFree = kept !== undefined && !taken.some((one) => one.name === kept);
  return { text: value.text, type: value.type, stable: value.stable, name: isFree ? kept : pen.alias('c') };
}

/** Columns and expressions over them, as many as asked for; now and then, and often of a wide table, all there are. */
export function drawOutputs(pen: Pen, columns: readonly ScopedColumn[], count: number): Output[] {
  const outputs: Output[] = [];
  const isAll = pen.random.chance(columns.length > 20 ? 0.6 : 0.06);
  const wanted = isAll ? columns : pen.random.sample(columns, count);
  for (const column of wanted) {
    const value = pen.random.chance(0.65) ? column : drawExpression(pen.random, columns, column.type);
    outputs.push(named(pen, outputs, value ?? column));
  }
  return outputs;
}

export function itemsOf(outputs: readonly Output[]): Item[] {
  return outputs.map(({ text, name }) => ({ expression: text, name }));
}

export function columnsOfOutputs(outputs: readonly Output[]): BroadColumn[] {
  return outputs.map(({ name, type, stable }) => ({ name, type, stable }));
}

/** The output that is the unique column as it stands. */
export function keyOfOutputs(outputs: readonly Output[], key: string | null): string | null {
  return outputs.find((one) => one.text === key)?.name ?? null;
}
