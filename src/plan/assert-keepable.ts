import { clockNames } from '../core/clock-call.ts';
import { EverviewError } from '../core/errors.ts';
import { modelFunctionOf } from '../core/model-functions.ts';
import { findColumn } from '../core/schema.ts';
import { isNode, type SqlNode, walk } from '../core/sql-tree.ts';
import { markClock } from './clock-conditions.ts';
import { type BoundQuery, placeOf } from './lower-relations.ts';

/** Table functions whose rows depend on their arguments alone; PREDICT on a version of a model as well, which is known. */
const pureTableFunctions = new Set([
  'predict',
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

/** Functions over the clock that DuckDB takes for stable; and `error`, which has no stability to lack. */
const unstableThough = new Set(['ago', 'current_localtime', 'current_localtimestamp']);
const stableThough = new Set(['error']);

/**
 * A kept view must be a function of its relations at one version.
 *
 * @param unstable functions that are not, as in `SqlParser.unstableFunctions`
 * @throws EverviewError `non-deterministic`, `invalid-definition`, `unsupported`, with the place
 */
export function assertKeepable(bound: BoundQuery, text: string, unstable: ReadonlyMap<string, string>): void {
  const tableFunctions = new Set<SqlNode>();
  const aliases = aliasesOf(bound.query);
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
  if (modelFunctionOf(name) === 'explain_predict') {
    throw new EverviewError('unsupported', 'EXPLAIN_PREDICT inside a kept view is not offered yet', {
      hint: 'use it in the query that reads the view',
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
  if (isUnstable(name, unstable) || isAgeOfNow(name, call)) throw unstableCall(name, call, text);
}

/** `age(x)` counts from today, `age(x, y)` does not. */
function isAgeOfNow(name: string, call: SqlNode): boolean {
  const { children } = call;
  return name === 'age' && Array.isArray(children) && children.length === 1;
}

function isUnstable(name: string, unstable: ReadonlyMap<string, string>): boolean {
  return (unstable.has(name) && !stableThough.has(name)) || unstableThough.has(name);
}

function assertColumn(node: SqlNode, bound: BoundQuery, aliases: ReadonlySet<string>, text: string): void {
  const parts = Array.isArray(node['column_names']) ? node['column_names'].map(String) : [];
  const last = parts.at(-1)?.toLowerCase() ?? '';
  const isBare = parts.length === 1 && bareFunctions.has(last);
  if (!isBare && last !== 'rowid') return;
  if (isColumn(last, bound, aliases)) return;
  if (isBare) throw unstableCall(last, node, text);
  throw new EverviewError('non-deterministic', 'rowid is the place of a row in the file, not data', {
    hint: "use the table's key",
    at: placeOf(node, text),
  });
}

function isColumn(name: string, bound: BoundQuery, aliases: ReadonlySet<string>): boolean {
  return aliases.has(name) || bound.reads.some((read) => findColumn(read.schema, name) !== undefined);
}

function aliasesOf(query: SqlNode): ReadonlySet<string> {
  const aliases = new Set<string>();
  walk(query, (node) => {
    if (typeof node['alias'] === 'string') aliases.add(node['alias'].toLowerCase());
  });
  return aliases;
}

/** The query with the clock marked where contents can follow it. */
export function withClockMarked(bound: BoundQuery, unstable: ReadonlyMap<string, string>): BoundQuery {
  const aliases = aliasesOf(bound.query);
  const query = markClock(bound.query, {
    isColumn: (name) => isColumn(name, bound, aliases),
    isUnstable: (name) => isUnstable(name, unstable),
  });
  return { ...bound, query };
}

/** What to do about a use of the clock that is no condition contents can follow. */
const clockHint =
  "contents follow the clock where a condition of WHERE or of an inner join compares columns with it, as event_time > now() - INTERVAL '30 days' does; use it otherwise in the query that reads the view, or declare the view without MATERIALIZED";

/** @throws EverviewError `non-deterministic` for a marked clock where the view has no rule that follows it */
export function clockRefusal(name: string, detail: string): EverviewError {
  return new EverviewError('non-deterministic', `"${name}" cannot follow the clock: ${detail}`, {
    hint: clockHint,
    data: { view: name, detail },
  });
}

function unstableCall(name: string, node: SqlNode, text: string): EverviewError {
  const isClock = clockNames.has(name) || unstableThough.has(name) || name === 'age';
  return new EverviewError('non-deterministic', `${name} gives another answer each time it is asked`, {
    hint: isClock
      ? clockHint
      : 'keep the column and apply it in the query that reads the view, or declare the view without MATERIALIZED',
    at: placeOf(node, text),
    data: { function: name },
  });
}
