import { EverviewError, type TextPlace } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { type RelationReference, referencesOf } from '../core/relation-references.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import { assertCtesOfNow } from '../plan/lower-relations.ts';
import type { Catalog, CatalogEntry } from './catalog.ts';
import { isModelCall, predictCall } from './predict-call.ts';
import { placeInQuery } from './query-place.ts';
import type { SystemRelations } from './system-relations.ts';

/** Names a query reads, for deciding what must be fresh: not those under AT, which are read from history. */
export type QueryReads = {
  readonly relations: readonly string[];
  /** Models whose predictions are read, of kept views as well. */
  readonly models: readonly string[];
  /** Those of them that the query itself predicts with. */
  readonly predicted: readonly string[];
};

/** @throws EverviewError `unknown-relation` with the place, `wrong-kind` for a model outside PREDICT, `unsupported`. */
export function readsOf(tree: SqlNode, text: string, catalog: Catalog, system: SystemRelations): QueryReads {
  const relations = new Set<string>();
  const predicted = new Set<string>();
  assertCtesOfNow(tree, text);
  collectReads(tree, text, catalog, system, relations, predicted);
  const models = new Set(predicted);
  for (const name of relations) {
    const entry = catalog.get(name);
    if (entry !== undefined && entry.kind !== 'table') for (const model of entry.models) models.add(model);
  }
  return { relations: [...relations], models: [...models], predicted: [...predicted] };
}

/** Names the query reads as of an older version, under AT. */
export function historicalReadsOf(tree: SqlNode, text: string, catalog: Catalog): string[] {
  const names = referencesOf(tree).flatMap((reference) =>
    reference.kind === 'named' && reference.at !== null
      ? [entryFor(reference, text, catalog).declared.definition.name]
      : [],
  );
  return [...new Set(names)];
}

function collectReads(
  tree: SqlNode,
  text: string,
  catalog: Catalog,
  system: SystemRelations,
  relations: Set<string>,
  predicted: Set<string>,
): void {
  for (const reference of referencesOf(tree)) {
    if (reference.kind === 'function') {
      if (!isModelCall(reference)) continue;
      const call = predictCall(reference, text, catalog);
      predicted.add(call.model);
      if (call.input.kind === 'relation' && !reference.scope.has(call.input.name.toLowerCase())) {
        addRead(call.input.name, catalog, relations);
      }
      continue;
    }
    if (isSystem(reference.schema)) {
      const place = placeInQuery(text, reference.offset);
      system.assertKnown(reference.name, place);
      if (reference.at !== null) throw systemPast(reference.name, place);
      continue;
    }
    const entry = entryFor(reference, text, catalog);
    if (reference.at === null) addRead(entry.declared.definition.name, catalog, relations);
  }
}

function systemPast(name: string, at: TextPlace | undefined): EverviewError {
  return new EverviewError('unsupported', `"everview.${name}" is a system table and has no past`, {
    at,
    hint: 'many of its kind say which version or moment each row is of: ask for those in WHERE',
  });
}

function addRead(name: string, catalog: Catalog, relations: Set<string>): void {
  const entry = catalog.get(name);
  if (entry === undefined || entry.kind === 'model') return;
  if (entry.kind === 'view' && entry.handle === null) {
    for (const read of entry.reads) addRead(read, catalog, relations);
    return;
  }
  relations.add(entry.declared.definition.name);
}

export function isSystem(schema: string): boolean {
  return schema.toLowerCase() === 'everview';
}

/** @throws EverviewError `unknown-relation`, `wrong-kind`, at their place. */
export function entryFor(
  reference: Extract<RelationReference, { kind: 'named' }>,
  text: string,
  catalog: Catalog,
): Exclude<CatalogEntry, { kind: 'model' }> {
  const entry = reference.schema === '' ? catalog.get(reference.name) : undefined;
  const at = placeInQuery(text, reference.offset, reference.name.length);
  if (entry === undefined) {
    const shown = reference.schema === '' ? reference.name : `${reference.schema}.${reference.name}`;
    throw new EverviewError('unknown-relation', `"${shown}" is no table, view or training set`, {
      at,
      hint: nearestHint(reference.name, catalog.names()),
    });
  }
  if (entry.kind === 'model') {
    throw new EverviewError('wrong-kind', `"${reference.name}" is a model and cannot be read as a table`, {
      at,
      hint: `FROM PREDICT(${reference.name}, (SELECT …)) gives predictions, everview.model_versions its parameters`,
    });
  }
  return entry;
}
