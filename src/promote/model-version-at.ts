import type { Session } from '../core/session.ts';
import { readParameters } from '../model/parameters-json.ts';
import type { ModelParameters } from '../model/scorer.ts';

/** Null parameters: of another release. */
export type FoundVersion =
  | { readonly kind: 'found'; readonly parameters: ModelParameters | null; readonly status: string }
  | { readonly kind: 'unknown'; readonly known: readonly number[] };

/** A version of a model by its number, whether it ever answered or not. */
export async function findModelVersion(
  session: Session,
  model: string,
  version: number,
): Promise<FoundVersion> {
  const [row] = await session.rows(
    'SELECT parameters, status FROM everview.model_versions WHERE model = $1 AND version = $2',
    [model, version],
  );
  if (row !== undefined)
    return { kind: 'found', parameters: readParameters(String(row.parameters)), status: String(row.status) };
  const known = await session.rows(
    'SELECT version FROM everview.model_versions WHERE model = $1 ORDER BY version',
    [model],
  );
  return { kind: 'unknown', known: known.map((one) => Number(one.version)) };
}
