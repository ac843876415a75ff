import { EverviewError } from '../core/errors.ts';
import { findColumn } from '../core/schema.ts';
import { isNode, type SqlNode, walk } from '../core/sql-tree.ts';
import { type BoundQuery, placeOf } from './lower-relations.ts';

/** Table functions whose rows depend on their arguments alone. */
const pureTableFunctions = new Set([
  'range',
  'generate_series',
  'unnest',
  'unlist',
  'json_each',
  'json_tree',
]);

/** Names that are functions without parentheses, unless a column is called so. */
const bareFunctions = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
  'current_user',
  'session_user',
  'user',
  'current_role',
  'current_catalog',
  'current_schema',
]);

/** Macros over the clock, which DuckDB gives no stability; and `error`, which has none to lack. */
const unstableMacros = new Set(['ago']);
const stableThough = new Set(['error']);

/**
 * A kept view must be a function of its relations at one version.
 *
 * @param unstable functions that are not, as `SqlParser.unstableFunctions` gives them
 * @throws EverviewError `non-deterministic`, `invalid-definition`, `unsupported`, with the place
 */
export function assertKeepable(bound: BoundQuery, text: string, unstable: ReadonlyMap<string, string>): void {
  const tableFunctions = new Set<SqlNode>();
  const aliases = new Set<string>();
  walk(bound.query, (node) => {
    if (typeof node['alias'] === 'string') aliases.add(node['alias'].toLowerCase());
  });
  walk(bound.query, (node) => {
    if (isNode(node['sample'])) {
      throw new EverviewError('non-deterministic', 'a sample differs each time it is taken', {
        hint: 'keep rows by a hash of their key: WHERE hash(id) % 10 = 0',
        at: placeOf(node, text),
      });
    }
    if (isNode(node['at_clause'])) {
      throw new EverviewError(
        'unsupported',
        'AT (VERSION) is for queries; a view follows the newest version',
        {
          hint: 'drop the AT clause, or copy the rows of that version into a table',
          at: placeOf(node, text),
        },
      );
    }
    const called = node['function'];
    if (node['type'] === 'TABLE_FUNCTION' && isNode(called)) {
      tableFunctions.add(called);
      assertTableFunction(called, text);
    } else if ('function_name' in node && !tableFunctions.has(node)) {
      assertFunction(node, text, unstable);
    } else if (node['class'] === 'COLUMN_REF') {
      assertColumn(node, bound, aliases, text);
    }
  });
}

function assertTableFunction(call: SqlNode, text: string): void {
  const name = String(call['function_name']).toLowerCase();
  if (name === 'predict') {
    throw new EverviewError('unsupported', 'PREDICT inside a kept view is not offered yet', {
      hint: 'use PREDICT in the query that reads the view',
      at: placeOf(call, text),
    });
  }
  if (!pureTableFunctions.has(name)) {
    throw new EverviewError('invalid-definition', `${name}() reads data that has no version`, {
      hint: 'load it into a table with COPY … FROM and read the table',
      at: placeOf(call, text),
    });
  }
}

function assertFunction(call: SqlNode, text: string, unstable: ReadonlyMap<string, string>): void {
  const name = String(call['function_name']).toLowerCase();
  if ((unstable.has(name) && !stableThough.has(name)) || unstableMacros.has(name))
    throw unstableCall(name, call, text);
}

function assertColumn(node: SqlNode, bound: BoundQuery, aliases: ReadonlySet<string>, text: string): void {
  const parts = Array.isArray(node['column_names']) ? node['column_names'].map(String) : [];
  const last = parts.at(-1)?.toLowerCase() ?? '';
  const isBare = parts.length === 1 && bareFunctions.has(last);
  if (!isBare && last !== 'rowid') return;
  if (aliases.has(last) || bound.reads.some((read) => findColumn(read.schema, last) !== undefined)) return;
  if (isBare) throw unstableCall(last, node, text);
  throw new EverviewError('non-deterministic', 'rowid is the place of a row in the file, not data', {
    hint: "use the table's key",
    at: placeOf(node, text),
  });
}

function unstableCall(name: string, node: SqlNode, text: string): EverviewError {
  return new EverviewError('non-deterministic', `${name} gives another answer each time it is asked`, {
    hint: 'keep the column and apply it in the query that reads the view, or declare the view without MATERIALIZED',
    at: placeOf(node, text),
    data: { function: name },
  });
}
