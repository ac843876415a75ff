import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Definition, TableDefinition } from '../declare/definition.ts';
import { createIngestTarget } from '../ingest/ingest-target.ts';
import { dropQuarantine } from '../ingest/quarantine.ts';
import { createTableStorage, dropTableStorage } from '../ingest/table-storage.ts';
import { assertRowsMeet } from '../ingest/validate-table.ts';
import { dropCursor } from '../log/cursor-log.ts';
import { dropModelState, supersede } from '../promote/model-versions.ts';
import { Catalog, type CatalogEntry, nameOf, type TableEntry } from '../query/catalog.ts';
import { loadObjects, type StoredObject, saveObjects } from '../store/object-table.ts';
import { buildEntry } from './build-entry.ts';
import type { EngineCore } from './engine-core.ts';
import { withoutEntries } from './engine-state.ts';
import { isKept, refreshViews } from './refresh-views.ts';
import { WriteDraft } from './write-draft.ts';

export type DeclareOptions = { readonly orReplace: boolean; readonly ifNotExists: boolean };

/** What a declaration did. `unchanged`: IF NOT EXISTS, or the very same definition again. */
export type DeclareResult = {
  readonly kind: 'created' | 'replaced' | 'unchanged';
  readonly entry: CatalogEntry;
};

/**
 * Declares an object, builds its storage and, for kept views and training sets, its contents. What rests on a replaced
 * object is checked against the new definition and built again where that changes it.
 */
export function declareObject(
  core: EngineCore,
  definition: Definition,
  options: DeclareOptions,
): Promise<DeclareResult> {
  return core.commit<DeclareResult>(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const existing = state.catalog.get(definition.name);
    if (existing !== undefined && options.ifNotExists)
      return draft.committed({ kind: 'unchanged', entry: existing });
    if (existing !== undefined && !options.orReplace) throw duplicateName(definition, existing);
    if (existing !== undefined) assertReplaceable(existing, definition, draft);
    const catalogBefore = new Catalog(entriesBefore(state.catalog, existing));
    const entry = await buildEntry(tx, core.parser, definition, catalogBefore);
    await place(core, draft, entry, existing);
    await saveCatalog(draft);
    return draft.committed({ kind: existing === undefined ? 'created' : 'replaced', entry });
  });
}

/** ALTER … SET: as a replacement, of which only changed contents are built again. */
export function alterObject(
  core: EngineCore,
  name: string,
  change: (definition: Definition) => Definition,
): Promise<DeclareResult> {
  const existing = core.state.catalog.get(name);
  if (existing === undefined) throw unknownObject(core, name);
  return declareObject(core, change(existing.declared.definition), { orReplace: true, ifNotExists: false });
}

export function unknownObject(core: EngineCore, name: string): EverviewError {
  const names = core.state.catalog.names();
  return new EverviewError('unknown-relation', `there is no "${name}"`, {
    hint: names.length === 0 ? 'nothing is declared yet' : `known: ${names.slice(0, 12).join(', ')}`,
  });
}

function duplicateName(definition: Definition, existing: CatalogEntry): EverviewError {
  return new EverviewError(
    'duplicate-name',
    `there is already a ${existing.kind} called "${nameOf(existing)}"`,
    {
      hint:
        existing.kind === definition.kind
          ? 'CREATE OR REPLACE replaces it'
          : 'DROP it first, or choose another name',
    },
  );
}

/** An object keeps its place in the order of declaration, so that it stays behind what it reads. */
function entriesBefore(catalog: Catalog, existing: CatalogEntry | undefined): CatalogEntry[] {
  const entries = catalog.entries();
  if (existing === undefined) return entries;
  const dependents = new Set<CatalogEntry>(
    catalog.dependentsOf(nameOf(existing)).filter((entry) => entry.kind !== 'table'),
  );
  return entries.filter((entry) => entry !== existing && !dependents.has(entry));
}

function assertReplaceable(existing: CatalogEntry, definition: Definition, draft: WriteDraft): void {
  const name = nameOf(existing);
  if (existing.kind !== definition.kind) {
    throw new EverviewError(
      'wrong-kind',
      `"${name}" is a ${existing.kind} and cannot be replaced by a ${definition.kind}`,
      {
        hint: 'DROP it first, or choose another name',
      },
    );
  }
  if (existing.kind !== 'table' || definition.kind !== 'table') return;
  if (sameColumns(existing.declared.definition, definition) || draft.state.changes.rows(name) === 0) return;
  throw new EverviewError(
    'invalid-definition',
    `"${name}" holds ${draft.state.changes.rows(name)} rows that a replacement would lose`,
    {
      hint: 'DROP TABLE says that they may go; CREATE OR REPLACE with the same columns keeps them',
    },
  );
}

function sameColumns(a: TableDefinition, b: TableDefinition): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, index) => {
      const other = b.columns[index];
      return (
        other !== undefined &&
        column.name === other.name &&
        column.type.toUpperCase() === other.type.toUpperCase()
      );
    })
  );
}

/** Puts the entry in the catalog, builds it, and goes on to what rests on it. */
async function place(
  core: EngineCore,
  draft: WriteDraft,
  entry: CatalogEntry,
  existing: CatalogEntry | undefined,
): Promise<void> {
  const dependents = existing === undefined ? [] : draft.state.catalog.dependentsOf(nameOf(existing));
  const derived = dependents.filter((dependent) => dependent.kind !== 'table');
  const untouched = entriesBefore(draft.state.catalog, existing);
  draft.update({ catalog: new Catalog([...untouched, entry]) });
  await store(core, draft, entry, existing);
  for (const dependent of derived) {
    const rebuilt = await buildDependent(core, draft, dependent, nameOf(entry));
    draft.update({ catalog: new Catalog([...draft.state.catalog.entries(), rebuilt]) });
    await store(core, draft, rebuilt, dependent);
  }
  retargetTables(draft);
}

async function buildDependent(
  core: EngineCore,
  draft: WriteDraft,
  dependent: CatalogEntry,
  replaced: string,
): Promise<CatalogEntry> {
  try {
    return await buildEntry(draft.tx, core.parser, dependent.declared.definition, draft.state.catalog);
  } catch (failure) {
    if (!(failure instanceof EverviewError)) throw failure;
    throw new EverviewError(
      'has-dependents',
      `the new "${replaced}" does not fit "${nameOf(dependent)}": ${failure.message}`,
      {
        cause: failure,
        hint: `replace "${nameOf(dependent)}" first, or DROP it`,
        data: { dependents: [nameOf(dependent)] },
      },
    );
  }
}

async function store(
  core: EngineCore,
  draft: WriteDraft,
  entry: CatalogEntry,
  existing: CatalogEntry | undefined,
): Promise<void> {
  const isSame = existing?.declared.hash === entry.declared.hash;
  if (entry.kind === 'table') {
    if (existing === undefined) return createTableStorage(draft.tx, entry.declared);
    if (existing.kind !== 'table') return;
    if (sameColumns(existing.declared.definition, entry.declared.definition))
      return assertRowsMeet(draft.tx, entry.target);
    await dropTableStorage(draft.tx, nameOf(entry));
    return createTableStorage(draft.tx, entry.declared);
  }
  if (
    existing?.kind === 'view' &&
    existing.handle !== null &&
    !(entry.kind === 'view' && entry.handle !== null)
  ) {
    await dropContents(core, draft, nameOf(entry));
  }
  if (isKept(entry) && !isSame) {
    await refreshViews(core, draft, [nameOf(entry)], { trigger: 'asked', how: 'auto' });
  }
}

/** Tables know the tables that reference them; a new or replaced one changes what others know. */
function retargetTables(draft: WriteDraft): void {
  const entries = draft.state.catalog.entries();
  const tables = entries
    .filter((entry): entry is TableEntry => entry.kind === 'table')
    .map((entry) => entry.declared);
  draft.update({
    catalog: new Catalog(
      entries.map((entry) =>
        entry.kind === 'table' ? { ...entry, target: createIngestTarget(entry.declared, tables) } : entry,
      ),
    ),
  });
}

async function dropContents(core: EngineCore, draft: WriteDraft, name: string): Promise<void> {
  await core.refresher.drop(draft.tx, name);
  await dropCursor(draft.tx, name);
  draft.forget(name);
  draft.update({ cursors: withoutEntries(draft.state.cursors, [name]) });
}

async function saveCatalog(draft: WriteDraft): Promise<void> {
  const known = new Map((await loadObjects(draft.tx)).map((object) => [object.definition.name, object]));
  const objects: StoredObject[] = draft.state.catalog.entries().map((entry) => ({
    definition: entry.declared.definition,
    hash: entry.declared.hash,
    schema: entry.declared.schema,
    createdAtMs: known.get(nameOf(entry))?.createdAtMs ?? draft.nowMs,
  }));
  await saveObjects(draft.tx, objects);
}

/** @returns the names dropped, what rested on others first. */
export function dropObject(core: EngineCore, name: string, cascade: boolean): Promise<string[]> {
  return core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const entry = state.catalog.get(name);
    if (entry === undefined) throw unknownObject(core, name);
    const dependents = state.catalog.dependentsOf(name);
    if (dependents.length > 0 && !cascade) throw hasDependents(entry, dependents);
    const dropped = [...dependents.reverse(), entry];
    const gone = new Set(dropped);
    draft.update({ catalog: new Catalog(state.catalog.entries().filter((kept) => !gone.has(kept))) });
    for (const each of dropped) await dropStorage(core, draft, each);
    retargetTables(draft);
    await saveCatalog(draft);
    return draft.committed(dropped.map(nameOf));
  });
}

function hasDependents(entry: CatalogEntry, dependents: readonly CatalogEntry[]): EverviewError {
  const names = dependents.map(nameOf);
  return new EverviewError(
    'has-dependents',
    `"${nameOf(entry)}" cannot be dropped: ${names.map((each) => `"${each}"`).join(', ')} ${names.length === 1 ? 'rests' : 'rest'} on it`,
    {
      hint: `DROP … ${quoteIdentifier(nameOf(entry))} CASCADE drops them as well`,
      data: { dependents: names },
    },
  );
}

async function dropStorage(core: EngineCore, draft: WriteDraft, entry: CatalogEntry): Promise<void> {
  const name = nameOf(entry);
  switch (entry.kind) {
    case 'table':
      await dropQuarantine(draft.tx, entry.target, null, { nowMs: draft.nowMs });
      await dropTableStorage(draft.tx, name);
      await dropCursor(draft.tx, name);
      draft.forget(name);
      return;
    case 'view':
    case 'training-set':
      return dropContents(core, draft, name);
    case 'model':
      await supersede(draft.tx, name);
      await dropModelState(draft.tx, name);
      await dropCursor(draft.tx, name);
      draft.update({
        cursors: withoutEntries(draft.state.cursors, [name]),
        promoted: withoutEntries(draft.state.promoted, [name]),
      });
      return;
  }
}
