import { EverviewError, type TextPlace } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';

/** @throws EverviewError `unknown-relation`, `wrong-kind` */
export function namedModel({ catalog }: EngineState, name: string, at?: TextPlace): ModelEntry {
  const entry = catalog.get(name);
  if (entry?.kind === 'model') return entry;
  const models = catalog.entries().filter(({ kind }) => kind === 'model');
  throw new EverviewError(
    entry === undefined ? 'unknown-relation' : 'wrong-kind',
    entry === undefined
      ? `there is no model "${name}"`
      : `"${name}" is a ${entry.kind.replace('-', ' ')}, no model`,
    { at, hint: models.length === 0 ? 'no model is declared' : nearestHint(name, models.map(nameOf)) },
  );
}
