import type { Random } from './random.ts';

/** Columns by what can be done with them; `bigint` stands for whatever wider integer a sum gives. */
export type BroadType =
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'text'
  | 'bool'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'list';

export type BroadColumn = {
  readonly name: string;
  readonly type: BroadType;
  /**
   * Whether the value is the same however the rows are ordered and summed. Only stable columns may decide anything
   * (conditions, keys, orders): two right answers could differ otherwise.
   */
  readonly stable: boolean;
};

export const sqlTypes: Readonly<Record<BroadType, string>> = {
  int: 'INTEGER',
  bigint: 'BIGINT',
  decimal: 'DECIMAL(10,2)',
  double: 'DOUBLE',
  text: 'VARCHAR',
  bool: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  list: 'INTEGER[]',
};

const days = ['2023-12-31', '2024-01-01', '2024-02-28', '2024-02-29', '2024-03-01', '2024-10-27'] as const;
const hours = ['00:00:00', '00:00:00', '01:30:00', '12:00:00', '23:59:59.999999'] as const;
const texts = ["'a'", "'a'", "'b'", "'B'", "''", "'ä'", "'it''s'", "'zz'"] as const;
const bigs = ['4611686018427387904', '-4611686018427387904', '9007199254740993', '7', '-1', '0'] as const;

/** A literal that is not NULL. NaN, −0 and infinities come where `odd` says so. */
export function literalOf(random: Random, type: BroadType, odd = false): string {
  switch (type) {
    case 'int':
      return String(random.int(-3, 8));
    case 'bigint':
      return `${random.pick(bigs)}::BIGINT`;
    case 'decimal':
      return `${(random.int(-400, 400) / 4).toFixed(2)}::DECIMAL(10,2)`;
    case 'double':
      if (odd && random.chance(0.25))
        return `CAST('${random.pick(['NaN', 'NaN', '-0', '-0', '0', '0', 'Infinity', '-Infinity'])}' AS DOUBLE)`;
      // Quarters: their sums and squares are exact, so what is compared is the maintenance and not the rounding.
      return `${random.int(-40, 40) / 4}::DOUBLE`;
    case 'text':
      return random.pick(texts);
    case 'bool':
      return random.pick(['true', 'false']);
    case 'date':
      return `DATE '${random.pick(days)}'`;
    case 'timestamp':
      return `TIMESTAMP '${random.pick(days)} ${random.pick(hours)}'`;
    case 'timestamptz':
      return `TIMESTAMPTZ '${random.pick(days)} ${random.pick(hours)}${random.pick(['+00', '+02', '-05:30'])}'`;
    case 'list':
      return random.pick(['[1, 2]', '[3]', '[2, NULL]', '[1, 1, 4]', '[]::INTEGER[]']);
  }
}
