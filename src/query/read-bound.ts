import { referencesOf } from '../core/relation-references.ts';
import { sameName } from '../core/schema.ts';
import { contains, type SqlNode } from '../core/sql-tree.ts';
import { boundColumn, certainColumn } from '../model/head.ts';
import { isModelCall } from './predict-call.ts';

/** What reads columns that it does not name. */
const nameless: ReadonlySet<unknown> = new Set(['STAR', 'POSITIONAL_REFERENCE', 'PIVOT', 'SHOW_REF']);

/**
 * Whether a query may read the bounds of the predictions it calls for: false where it names all that it reads, and
 * neither them nor a row as a whole.
 *
 * @param row the name of the call's rows
 */
export function mayReadBound(query: SqlNode, row: string): boolean {
  const text = JSON.stringify(query).toLowerCase();
  if (text.includes(boundColumn) || text.includes(certainColumn)) return true;
  // PREDICT(m, …) names the model, where `m` elsewhere is a row
  const models = new Set(
    referencesOf(query).flatMap((reference) => (isModelCall(reference) ? reference.args.slice(0, 1) : [])),
  );
  return contains(query, (node) => {
    const { type, ref_type: join, column_names: path, column_name_alias: renamed } = node;
    if (nameless.has(type) || join === 'NATURAL' || (Array.isArray(renamed) && renamed.length > 0))
      return true;
    return Array.isArray(path) && !models.has(node) && sameName(String(path.at(-1)), row);
  });
}
