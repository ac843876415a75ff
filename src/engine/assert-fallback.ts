import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { sameName } from '../core/schema.ts';
import type { Definition } from '../declare/definition.ts';
import { type Catalog, nameOf } from '../query/catalog.ts';

/**
 * Checks that the model a declaration newly names as its fallback is there. It is no input of the model, so it may be
 * dropped later: what reads the model is told then why nothing stands in.
 *
 * @param before what the name stood for until now
 * @throws EverviewError `unknown-relation`, `wrong-kind`
 */
export function assertFallback(
  definition: Definition,
  before: Definition | undefined,
  catalog: Catalog,
): void {
  const named = fallbackModel(definition);
  if (named === null || (before !== undefined && fallbackModel(before) === named)) return;
  const found = catalog.get(named);
  if (found?.kind === 'model') return;
  const models = catalog
    .entries()
    .filter((entry) => entry.kind === 'model' && !sameName(nameOf(entry), definition.name));
  throw new EverviewError(
    found === undefined ? 'unknown-relation' : 'wrong-kind',
    `fallback of model "${definition.name}" names "${named}", which is ${found === undefined ? 'no model' : `a ${found.kind.replace('-', ' ')}`}`,
    {
      hint:
        nearestHint(named, models.map(nameOf)) ??
        `no other model is declared: fallback = previous, or a value (0, or '${named}' in quotes)`,
    },
  );
}

function fallbackModel(definition: Definition): string | null {
  return definition.kind === 'model' && definition.fallback?.kind === 'model'
    ? definition.fallback.name
    : null;
}
