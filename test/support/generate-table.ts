import type { TableColumn, TableShape } from './history.ts';
import type { Random } from './random.ts';
import type { Expression } from './reference/expression.ts';
import { breaksRow } from './reference/reference-table.ts';
import type { RefRow, RefType, RefValue } from './reference/value.ts';

export type ValueMood = { readonly nonFinite: boolean };

const sqlTypes: readonly (readonly [sqlType: string, type: RefType])[] = [
  ['INTEGER', 'int'],
  ['BIGINT', 'int'],
  ['DECIMAL(10,2)', 'decimal'],
  ['DOUBLE', 'double'],
  ['VARCHAR', 'text'],
  ['BOOLEAN', 'bool'],
  ['TIMESTAMP', 'time'],
];

/** `k` is a small number to join by; a table with a key has `id`. Other columns are of any type. */
export function generateTable(random: Random, name: string): TableShape {
  const hasKey = random.chance(0.6);
  const id = { name: 'id', ...columnType(random, ['INTEGER', 'BIGINT']), notNull: false };
  const k = { name: 'k', ...columnType(random, ['INTEGER', 'BIGINT', 'INTEGER']), notNull: false };
  const others = ['a', 'b', 'c'].slice(0, random.int(1, 3)).map((column) => ({
    name: column,
    ...columnType(random),
    notNull: random.chance(0.15),
  }));
  const columns = [...(hasKey ? [id] : []), k, ...others];
  const compound = hasKey && random.chance(0.2) ? ['id', 'k'] : ['id'];
  const onViolation = random.weighted({ reject: 4, quarantine: 5, warn: hasKey ? 0 : 1 });
  const check = random.chance(0.4) ? generateCheck(random, columns) : null;
  return { name, columns, primaryKey: hasKey ? compound : [], check, onViolation };
}

function columnType(random: Random, allowed?: readonly string[]): Omit<TableColumn, 'name' | 'notNull'> {
  const choices = sqlTypes.filter(([sqlType]) => allowed?.includes(sqlType) ?? true);
  const [sqlType, type] = random.pick(choices);
  return { sqlType, type, exact: true };
}

function generateCheck(random: Random, columns: readonly TableColumn[]): Expression {
  const column = random.pick(columns.filter((one) => one.type !== 'bool' && one.name !== 'id'));
  const left = columnOf(column);
  const value = generateValue(random, { ...column, notNull: true }, { nonFinite: false });
  return {
    kind: 'compare',
    operator: '<>',
    left,
    right: { kind: 'literal', value, type: column.type },
    type: 'bool',
  };
}

function columnOf(column: TableColumn): Expression {
  return { kind: 'column', input: 't', name: column.name, type: column.type, exact: true };
}

const firstDayUs = 978_307_200_000_000n;

export function generateValue(random: Random, column: TableColumn, mood: ValueMood): RefValue {
  if (random.chance(column.notNull ? 0 : 0.15)) return null;
  return generateLiteral(random, column.type, column, mood);
}

export function generateLiteral(
  random: Random,
  type: RefType,
  column: { readonly name: string; readonly sqlType: string } | null,
  mood: ValueMood,
): RefValue {
  switch (type) {
    case 'int':
      if (column?.name === 'k') return BigInt(random.int(0, 3));
      if (column?.sqlType === 'BIGINT' && random.chance(0.05))
        return 9_007_199_254_740_993n + BigInt(random.int(0, 9));
      return BigInt(random.int(-20, 20));
    case 'decimal':
      return BigInt(random.int(-500, 500));
    case 'double':
      if (mood.nonFinite && random.chance(0.08)) {
        return random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      }
      return random.chance(0.3) ? random.int(1, 9_999) / 1_000 : random.int(-40, 40) / 4;
    case 'text':
      return random.pick(['', 'a', 'b', 'B', 'ab', "o'x", 'é']);
    case 'bool':
      return random.chance(0.5);
    case 'time':
      return (
        firstDayUs + BigInt(random.int(0, 4)) * 86_400_000_000n + BigInt(random.int(0, 47)) * 1_800_000_000n
      );
  }
}

export function generateRow(
  random: Random,
  table: TableShape,
  nextId: () => number,
  mood: ValueMood,
): RefRow {
  return table.columns.map((column) => {
    if (column.name !== 'id') {
      // Mostly whole: rows that break a constraint are to be the exception.
      const isKept = (column.notNull || table.primaryKey.includes(column.name)) && random.chance(0.9);
      return generateValue(random, { ...column, notNull: isKept }, mood);
    }
    if (random.chance(0.04)) return null;
    return BigInt(random.chance(0.07) ? random.int(1, 20) : nextId());
  });
}

/** A row that breaks nothing on its own. */
export function generateGoodRow(
  random: Random,
  table: TableShape,
  id: bigint,
  mood: ValueMood,
): RefRow | null {
  for (let tries = 0; tries < 20; tries++) {
    const row = table.columns.map((column) => {
      if (column.name === 'id') return id;
      const isKept = column.notNull || table.primaryKey.includes(column.name);
      return generateValue(random, { ...column, notNull: isKept }, mood);
    });
    if (!breaksRow(table, row)) return row;
  }
  return null;
}
