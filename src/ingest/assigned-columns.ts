import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn } from '../core/schema.ts';
import type { Assignment } from '../declare/statement.ts';
import type { IngestTarget } from './ingest-target.ts';

/** Canonical column name → SQL text. */
export function assignedColumns(target: IngestTarget, set: readonly Assignment[]): Map<string, string> {
  const assigned = new Map<string, string>();
  for (const { column, value } of set) {
    const found = findColumn(target.schema, column.name);
    if (found === undefined) {
      throw new EverviewError('unknown-column', `"${target.name}" has no column "${column.name}"`, {
        hint: nearestHint(column.name, columnNames(target.schema)),
        at: column.at,
      });
    }
    if (assigned.has(found.name)) {
      throw new EverviewError('invalid-definition', `column "${found.name}" is set twice`, { at: column.at });
    }
    assigned.set(found.name, value.text);
  }
  return assigned;
}
