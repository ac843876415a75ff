import { EverviewError } from '../core/errors.ts';
import { nanosecondsOf, writtenMoment } from '../core/fine-date.ts';
import { isNode, rewriteItems, rewriteParts, type SqlJson, type SqlNode, walk } from '../core/sql-tree.ts';
import type { SqlParameter } from '../core/value.ts';

/**
 * A query with every `$n` and `?` replaced by the literal it stands for: a parameter means what its value would mean
 * if it were written there, under AT and inside PREDICT as well. Whole numbers are integer literals, other numbers
 * DOUBLE, a Date is a TIMESTAMP.
 * @throws EverviewError `invalid-query` when a value is missing.
 */
export function bindParameters(query: SqlNode, values: readonly SqlParameter[]): SqlNode {
  const bound = bind(query, values, false);
  return isNode(bound) ? bound : query;
}

function bind(json: SqlJson, values: readonly SqlParameter[], inSelectList: boolean): SqlJson {
  if (Array.isArray(json)) return rewriteItems(json, (item) => bind(item, values, inSelectList));
  if (!isNode(json)) return json;
  if (isParameter(json)) {
    // A column that is a parameter keeps the name DuckDB gives it.
    const name = inSelectList && json.alias === '' ? `$${String(json.identifier)}` : (json.alias ?? '');
    return literalOf({ ...json, alias: name }, values);
  }
  return rewriteParts(json, (part, key) => bind(part, values, key === 'select_list'));
}

/** @throws EverviewError `invalid-query` when a value is given that the query has no place for. */
export function assertAllUsed(query: SqlNode, values: readonly SqlParameter[]): void {
  if (values.length === 0) return;
  let used = 0;
  walk(query, (node) => {
    if (isParameter(node)) used = Math.max(used, Number(node.identifier));
  });
  if (values.length <= used) return;
  throw new EverviewError(
    'invalid-query',
    `${values.length} parameters were given to a query that has ${used === 0 ? 'none' : `${used} of them`}`,
    { hint: 'parameters are written $1, $2, … or ? in the query' },
  );
}

function isParameter(node: SqlNode): boolean {
  return node.class === 'PARAMETER';
}

function literalOf(node: SqlNode, values: readonly SqlParameter[]): SqlNode {
  const value = values[Number(node.identifier) - 1];
  if (value === undefined) {
    throw new EverviewError('invalid-query', `parameter $${String(node.identifier)} was given no value`, {
      hint: `${values.length} ${values.length === 1 ? 'value was' : 'values were'} given; the first is $1`,
    });
  }
  const text = (type: string, written: string) => cast(node, constant(node, 'VARCHAR', written), type);
  if (value === null) return constant(node, 'NULL', null);
  if (typeof value === 'boolean') return text('BOOLEAN', String(value));
  if (typeof value === 'string')
    return value.includes('\0') ? decoded(node, value) : constant(node, 'VARCHAR', value);
  if (typeof value === 'bigint') return text(fitsBigint(value) ? 'BIGINT' : 'HUGEINT', String(value));
  if (value instanceof Date) {
    const type = nanosecondsOf(value) % 1_000n === 0n ? 'TIMESTAMP' : 'TIMESTAMP_NS';
    return text(type, writtenMoment(value).replace('T', ' ').replace('Z', ''));
  }
  if (value instanceof Uint8Array) return text('BLOB', blobText(value));
  if (!Number.isInteger(value)) return text('DOUBLE', String(value));
  if (Math.abs(value) < 2 ** 31) return constant(node, 'INTEGER', value);
  return text(Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE', String(value));
}

function fitsBigint(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function blobText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

/** A text that DuckDB would take up to its first NUL. */
function decoded(at: SqlNode, text: string): SqlNode {
  const bytes = constant(at, 'VARCHAR', blobText(Buffer.from(text)));
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: at.alias ?? '',
    query_location: at.query_location ?? 0,
    function_name: 'decode',
    schema: '',
    catalog: '',
    children: [cast(at, bytes, 'BLOB')].map((child) => ({ ...child, alias: '' })),
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
  };
}

function constant(at: SqlNode, type: string, value: string | number | null): SqlNode {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: at.alias ?? '',
    query_location: at.query_location ?? 0,
    value: { type: { id: type, type_info: null }, is_null: value === null, value },
  };
}

function cast(at: SqlNode, child: SqlNode, type: string): SqlNode {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: at.alias ?? '',
    query_location: at.query_location ?? 0,
    child: { ...child, alias: '' },
    cast_type: { id: type, type_info: null },
    try_cast: false,
  };
}
