import { sameName } from '../core/schema.ts';
import type { ViolationResponse } from '../declare/definition.ts';
import { type IngestTarget, primaryKeyOf } from './ingest-target.ts';

/**
 * The response to violations of a statement that replaces rows. A new form can only be set aside where the primary
 * key finds the row again; otherwise the statement is rejected.
 */
export function replacementResponse(target: IngestTarget, assigned: readonly string[]): ViolationResponse {
  const { definition } = target.table;
  if (definition.onViolation !== 'quarantine') return definition.onViolation;
  const key = primaryKeyOf(definition);
  const isFound = key.length > 0 && !key.some((column) => assigned.some((name) => sameName(name, column)));
  return isFound ? 'quarantine' : 'reject';
}
