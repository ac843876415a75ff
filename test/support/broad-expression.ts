import { type BroadColumn, type BroadType, literalOf } from './broad-value.ts';
import type { Random } from './random.ts';

/** A column as a query sees it: `text` names it there. */
export type ScopedColumn = BroadColumn & { readonly text: string };

export type TypedText = { readonly text: string; readonly type: BroadType; readonly stable: boolean };

/** An expression over the columns, never a bare literal; of any type when none is asked for. */
export function drawExpression(
  random: Random,
  columns: readonly ScopedColumn[],
  type?: BroadType,
): TypedText | null {
  const fitting = columns.filter((column) => type === undefined || column.type === type);
  if (fitting.length === 0) return null;
  const column = random.pick(fitting);
  if (!column.stable || random.chance(0.55)) return column;
  const computed = computedText(
    random,
    column,
    columns.filter((one) => one.stable),
  );
  return { text: computed, type: column.type, stable: true };
}

function computedText(random: Random, column: ScopedColumn, columns: readonly ScopedColumn[]): string {
  const { text, type } = column;
  const general = [`coalesce(${text}, ${literalOf(random, type)})`, caseText(random, column, columns)];
  return random.pick([...general, ...specialTexts(random, column)]);
}

function caseText(random: Random, column: ScopedColumn, columns: readonly ScopedColumn[]): string {
  const others = columns.filter((one) => one.type === column.type);
  const other = random.chance(0.5) && others.length > 0 ? random.pick(others).text : 'NULL';
  return `CASE WHEN ${drawCondition(random, columns)} THEN ${column.text} ELSE ${other} END`;
}

function specialTexts(random: Random, { text, type }: ScopedColumn): string[] {
  switch (type) {
    case 'int':
      return [`(${text} + ${random.int(1, 3)})`, `(${text} % 3)`, `abs(${text})`, `(- ${text})`];
    case 'bigint':
      return [`(${text} - 1)`, `(${text} % 5)`];
    case 'decimal':
      return [`(${text} + 1.50)`, `round(${text}, 1)`];
    case 'double':
      return [`(${text} * 0.5)`, `(${text} + 0.25)`];
    case 'text':
      return [`upper(${text})`, `(${text} || '-x')`, `left(${text}, 1)`, `nullif(${text}, 'a')`];
    case 'bool':
      return [`(NOT ${text})`, `(${text} IS TRUE)`];
    case 'date':
      return [`(${text} + 1)`, `CAST(date_trunc('month', ${text}) AS DATE)`, `last_day(${text})`];
    case 'timestamp':
      return [`date_trunc('day', ${text})`, `(${text} + INTERVAL '90 minutes')`];
    case 'timestamptz':
      return [`date_trunc('hour', ${text})`, `(${text} - INTERVAL '1 day')`];
    case 'list':
      return [`list_concat(${text}, [9])`, `list_reverse_sort(${text})`];
  }
}

/** An expression that is a small whole number, from a column of whatever type. */
export function drawInteger(random: Random, columns: readonly ScopedColumn[]): TypedText | null {
  const direct = columns.filter((column) => column.type === 'int' && column.stable);
  if (direct.length > 0 && random.chance(0.8)) return drawExpression(random, direct, 'int');
  const texts = columns.flatMap(({ text, type, stable }) => {
    if (!stable) return [];
    if (type === 'text') return [`length(${text})::INTEGER`];
    if (type === 'list') return [`len(${text})::INTEGER`];
    if (type === 'date' || type === 'timestamp') return [`day(${text})::INTEGER`];
    return type === 'bool' ? [`${text}::INTEGER`] : [];
  });
  return texts.length === 0 ? null : { text: random.pick(texts), type: 'int', stable: true };
}

/** A condition over stable columns; `true` where there are none. */
export function drawCondition(random: Random, columns: readonly ScopedColumn[], depth = 1): string {
  const stable = columns.filter((column) => column.stable);
  if (stable.length === 0) return 'true';
  if (depth > 0 && random.chance(0.25)) {
    const [left, right] = [
      drawCondition(random, stable, depth - 1),
      drawCondition(random, stable, depth - 1),
    ];
    return random.pick([`(${left} AND ${right})`, `(${left} OR ${right})`, `NOT (${left})`]);
  }
  return atomText(random, random.pick(stable), stable);
}

function atomText(random: Random, column: ScopedColumn, columns: readonly ScopedColumn[]): string {
  const { text, type } = column;
  const literal = () => literalOf(random, type);
  const kind = random.weighted({ compare: 8, columns: 2, null: 1, in: 2, between: 1, special: 2 });
  switch (kind) {
    case 'compare':
      return `${text} ${random.pick(['=', '<>', '<', '<=', '>', '>='])} ${literal()}`;
    case 'columns': {
      const other = random.pick(columns.filter((one) => one.type === type));
      return `${text} ${random.pick(['=', '<=', 'IS DISTINCT FROM'])} ${other.text}`;
    }
    case 'null':
      return `${text} IS ${random.pick(['', 'NOT '])}NULL`;
    case 'in':
      return `${text} ${random.pick(['IN', 'IN', 'NOT IN'])} (${literal()}, ${literal()}, ${literal()})`;
    case 'between':
      if (type === 'list') return `${text} IS NOT NULL`;
      return `${text} BETWEEN ${literal()} AND ${literal()}`;
    case 'special':
      if (type === 'bool') return text;
      if (type === 'text') return `${text} LIKE '${random.pick(['a%', '%z', '_', '%'])}'`;
      return type === 'list' ? `list_contains(${text}, 1)` : `${text} IS NOT NULL`;
  }
}
