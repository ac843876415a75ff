import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn, type Schema } from '../core/schema.ts';

/** @throws EverviewError `unknown-column` for the first name that the relation does not have. */
export function assertColumnsKnown(relation: string, columns: readonly string[], schema: Schema): void {
  for (const column of columns) {
    if (findColumn(schema, column) !== undefined) continue;
    throw new EverviewError('unknown-column', `"${relation}" has no column "${column}"`, {
      hint: nearestHint(column, columnNames(schema)),
    });
  }
}
