import { clockNames } from '../core/clock-call.ts';
import { atMoment, momentMark } from '../core/moment.ts';
import { findColumn, type Schema } from '../core/schema.ts';
import { isNode, type SqlParser } from '../core/sql-tree.ts';
import type { TableDefinition } from '../declare/definition.ts';
import type { IngestTarget } from '../ingest/ingest-target.ts';
import type { TableEntry } from '../query/catalog.ts';
import { markClockFunctions } from '../query/clock-functions.ts';

const mayAskTime = new RegExp(`\\b(${[...clockNames, 'age', 'ago'].join('|')})\\b`, 'i');

/** The definition with a mark for the clock in its DEFAULTs and CHECKs; null where none of them asks for the time. */
export async function clockedDefinition(
  parser: SqlParser,
  definition: TableDefinition,
  schema: Schema,
): Promise<TableDefinition | null> {
  let isClocked = false;
  const marked = async (text: string, of: Schema) => {
    const found = mayAskTime.test(text) ? await withMark(parser, text, of) : null;
    isClocked ||= found !== null;
    return found;
  };
  const columns: TableDefinition['columns'][number][] = [];
  for (const column of definition.columns) {
    const found = column.default === null ? null : await marked(column.default, []);
    columns.push(found === null ? column : { ...column, default: found });
  }
  const constraints: TableDefinition['constraints'][number][] = [];
  for (const constraint of definition.constraints) {
    const found = constraint.kind === 'check' ? await marked(constraint.expression, schema) : null;
    constraints.push(
      constraint.kind !== 'check' || found === null
        ? constraint
        : { ...constraint, expression: found, declaredAs: constraint.expression },
    );
  }
  return isClocked ? { ...definition, columns, constraints } : null;
}

/** Null where the text does not ask for the time, whatever its names are: it stays as it was declared then. */
async function withMark(parser: SqlParser, text: string, schema: Schema): Promise<string | null> {
  const tree = await parser.parse(`SELECT (${text}\n)`);
  const isColumn = (name: string) => findColumn(schema, name) !== undefined;
  const { select_list: items } = markClockFunctions(tree, isColumn);
  const [printed] = await parser.printExpressions(Array.isArray(items) ? items.filter(isNode) : []);
  return printed?.includes(momentMark) === true ? printed : null;
}

/** The table as an update at a moment of the engine's clock sees it. */
export function targetAt({ target, clocked }: TableEntry, nowMs: number): IngestTarget {
  if (clocked === null) return target;
  const columns = clocked.columns.map((column) => ({
    ...column,
    default: column.default === null ? null : atMoment(column.default, nowMs),
  }));
  const constraints = clocked.constraints.map((constraint) =>
    constraint.kind === 'check'
      ? { ...constraint, expression: atMoment(constraint.expression, nowMs) }
      : constraint,
  );
  return { ...target, table: { ...target.table, definition: { ...clocked, columns, constraints } } };
}
