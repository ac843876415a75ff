import {
  type ColumnExpression,
  generateCondition,
  generateExpression,
  literalOf,
} from './generate-expression.ts';
import { generateGoodRow, generateRow, type ValueMood } from './generate-table.ts';
import type { Change, TableShape, UpdateStep } from './history.ts';
import type { Random } from './random.ts';
import type { Expression } from './reference/expression.ts';
import type { RefRow } from './reference/value.ts';

/** What updates are drawn from. `keys`: idempotency keys used so far; new ones are added. */
export type UpdateSource = {
  readonly random: Random;
  readonly tables: readonly TableShape[];
  readonly nextId: () => number;
  readonly values: ValueMood;
  readonly keys: string[];
};

export function generateUpdate(source: UpdateSource): UpdateStep {
  const { random } = source;
  const isTransaction = random.chance(0.25);
  const count = isTransaction ? random.int(1, 4) : 1;
  const statements = random.list(count, () => generateChange(source, !isTransaction));
  return { kind: 'update', statements, isTransaction, idempotencyKey: idempotencyKey(source, statements) };
}

/** Now and then a key, of which some are used twice; typed inserts take theirs another way and have none here. */
function idempotencyKey({ random, keys }: UpdateSource, statements: readonly Change[]): string | null {
  if (!random.chance(0.06) || statements.some((one) => one.kind !== 'insert' || one.typed)) return null;
  const key = `key${keys.length}`;
  keys.push(key);
  return key;
}

function generateChange(source: UpdateSource, mayBeTyped: boolean): Change {
  const { random } = source;
  const table = random.pick(source.tables);
  const kind = random.weighted({
    insert: 10,
    upsert: table.primaryKey.length === 0 ? 0 : 3,
    repeat: table.primaryKey.length === 0 ? 2 : 0,
    change: 6,
    delete: 4,
  });
  switch (kind) {
    case 'insert':
      return generateInsert(source, table, mayBeTyped && random.chance(0.3));
    case 'upsert':
      return generateUpsert(source, table);
    case 'repeat':
      return { kind: 'repeat', table: table.name, where: conditionOn(random, table) };
    case 'change':
      return generateAssignments(source, table);
    case 'delete':
      return {
        kind: 'delete',
        table: table.name,
        where: random.chance(0.06) ? null : narrowCondition(random, table),
      };
  }
}

function columnsOf(table: TableShape): ColumnExpression[] {
  return table.columns.map((column) => ({
    kind: 'column',
    input: table.name,
    name: column.name,
    type: column.type,
    exact: true,
  }));
}

function conditionOn(random: Random, table: TableShape): Expression {
  const always: Expression = { kind: 'literal', value: true, type: 'bool' };
  return generateCondition(random, columnsOf(table), 1) ?? always;
}

/** Some of the rows: most often those of one `k`, the values of which are few. */
function narrowCondition(random: Random, table: TableShape): Expression {
  const k = columnsOf(table).find((column) => column.name === 'k');
  const left = conditionOn(random, table);
  if (k !== undefined && random.chance(0.55)) {
    const right: Expression = { kind: 'literal', value: BigInt(random.int(0, 3)), type: 'int' };
    return { kind: 'compare', operator: '=', left: k, right, type: 'bool' };
  }
  if (random.chance(0.5)) return left;
  return { kind: 'logic', operator: 'and', left, right: conditionOn(random, table), type: 'bool' };
}

function generateInsert(source: UpdateSource, table: TableShape, typed: boolean): Change {
  const { random } = source;
  const rows = random.list(random.int(1, 6), () => generateRow(random, table, source.nextId, source.values));
  if (table.primaryKey.length === 0 && random.chance(0.3)) rows.push(...rows.slice(0, 1));
  return { kind: 'insert', table: table.name, shape: table, rows, onConflict: 'none', typed };
}

/** Rows that break nothing, with keys of which some are there: only the conflict is to be looked at. */
function generateUpsert(source: UpdateSource, table: TableShape): Change {
  const { random } = source;
  const onConflict = random.pick(['nothing', 'update', 'update', 'replace'] as const);
  const ids = random.sample(
    random.list(20, (place) => place + 1),
    random.int(1, 4),
  );
  const rows: RefRow[] = [];
  for (const id of ids) {
    const row = generateGoodRow(random, table, BigInt(id), source.values);
    if (row !== null) rows.push(row);
  }
  if (rows.length === 0) return generateInsert(source, table, false);
  return { kind: 'insert', table: table.name, shape: table, rows, onConflict, typed: false };
}

/** Keys only move by a constant: rows of one statement then cannot meet each other. */
function generateAssignments(source: UpdateSource, table: TableShape): Change {
  const { random } = source;
  const columns = columnsOf(table);
  const free = columns.filter((column) => !table.primaryKey.includes(column.name));
  const set = random.sample(free, random.int(1, 2)).map((column) => ({
    column: column.name,
    expression: assignedValue(random, column, columns),
  }));
  const id = columns.find((column) => column.name === 'id');
  if (id !== undefined && random.chance(0.2)) {
    const right: Expression = { kind: 'literal', value: BigInt(random.int(1, 3)), type: 'int' };
    set.push({
      column: 'id',
      expression: { kind: 'arithmetic', operator: '+', left: id, right, type: 'int' },
    });
  }
  const where = random.chance(0.1) ? null : narrowCondition(random, table);
  return { kind: 'change', table: table.name, set, where };
}

function assignedValue(
  random: Random,
  column: ColumnExpression,
  columns: readonly ColumnExpression[],
): Expression {
  const literal = random.chance(0.15)
    ? { kind: 'literal' as const, value: null, type: column.type }
    : literalOf(random, column.type);
  // Numbers only: what is added up again and again would leave the column's range.
  if (column.type === 'text' || column.type === 'time' || random.chance(0.5)) return literal;
  if (column.type === 'int' || column.type === 'decimal' || column.type === 'double') {
    return random.chance(0.5)
      ? literal
      : { kind: 'arithmetic', operator: '+', left: column, right: literal, type: column.type };
  }
  return generateExpression(random, column.type, columns, 1) ?? literal;
}
