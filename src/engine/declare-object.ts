import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { hasSameColumns } from '../core/schema.ts';
import type { Definition } from '../declare/definition.ts';
import { sameDefinition } from '../declare/definition-hash.ts';
import { DependencyGraph } from '../declare/dependency-graph.ts';
import { createIngestTarget } from '../ingest/ingest-target.ts';
import { dropQuarantine } from '../ingest/quarantine.ts';
import { createTableStorage, dropTableStorage } from '../ingest/table-storage.ts';
import { assertRowsMeet } from '../ingest/validate-table.ts';
import { dropCursor } from '../log/cursor-log.ts';
import { forgetHeld } from '../log/held-log.ts';
import { beginSources, forgetSources } from '../log/source-log.ts';
import { dropModelState, supersede } from '../promote/model-versions.ts';
import { forgetPredictions } from '../promote/prediction-log.ts';
import { Catalog, type CatalogEntry, inputsOf, nameOf, type TableEntry } from '../query/catalog.ts';
import { loadObjects, type StoredObject, saveObjects } from '../store/object-table.ts';
import { assertFallback } from './assert-fallback.ts';
import { buildEntry } from './build-entry.ts';
import { sameColumns, withCanonicalTypes } from './canonical-types.ts';
import type { Origin } from './compile-query.ts';
import type { EngineCore } from './engine-core.ts';
import { withEntry, withoutEntries } from './engine-state.ts';
import { resolveIncidentsOf } from './incidents.ts';
import { endHold } from './promotions.ts';
import { isKept, refreshViews } from './refresh-views.ts';
import { settlePredictionKey } from './settle-prediction-key.ts';
import { settleProfile } from './settle-profile.ts';
import { targetAt } from './table-clock.ts';
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
    return draft.committed(await define(core, draft, definition));
  });
}

/** ALTER … SET: as a replacement, of which only changed contents are built again. */
export function alterObject(
  core: EngineCore,
  name: string,
  change: (definition: Definition) => Definition,
): Promise<DeclareResult> {
  return core.commit<DeclareResult>(async (tx, state) => {
    const existing = state.catalog.get(name);
    if (existing === undefined) throw unknownObject(core, name);
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    return draft.committed(await define(core, draft, change(existing.declared.definition)));
  });
}

async function define(core: EngineCore, draft: WriteDraft, asked: Definition): Promise<DeclareResult> {
  const before = draft.state.catalog;
  const existing = before.get(asked.name);
  // Contents and history are filed under the first spelling of the name.
  const named = existing === undefined ? asked : { ...asked, name: nameOf(existing) };
  const definition = await withCanonicalTypes(draft.tx, named, existing?.declared.definition);
  if (existing !== undefined) {
    if (sameDefinition(existing.declared.definition, definition))
      return { kind: 'unchanged', entry: existing };
    assertReplaceable(existing, definition, draft);
  }
  assertFallback(definition, existing?.declared.definition, before);
  const entry = await buildReplacing(core, draft, definition, existing);
  await place(core, draft, entry, existing);
  draft.update({ catalog: inOrder(draft.state.catalog.entries(), before) });
  await saveCatalog(draft);
  return { kind: existing === undefined ? 'created' : 'replaced', entry };
}

/** @throws EverviewError `cyclic-definition` where the new definition reads what rests on the old one. */
async function buildReplacing(
  core: EngineCore,
  draft: WriteDraft,
  definition: Definition,
  existing: CatalogEntry | undefined,
): Promise<CatalogEntry> {
  const { catalog } = draft.state;
  try {
    const known = new Catalog(entriesBefore(catalog, existing));
    const createdAtMs = existing?.kind === 'table' ? existing.createdAtMs : draft.nowMs;
    const origin = originOf(existing, definition);
    return await buildEntry(draft.tx, core.parser, definition, known, createdAtMs, origin);
  } catch (failure) {
    const relation = failure instanceof EverviewError ? failure.data?.relation : undefined;
    const reader = catalog.derivedFrom(definition.name).find((entry) => nameOf(entry) === relation);
    if (!(failure instanceof EverviewError) || reader === undefined) throw failure;
    throw new EverviewError(
      'cyclic-definition',
      `"${definition.name}" would read "${nameOf(reader)}", which is made from it`,
      { at: failure.at, hint: 'a view can only read what does not read it', cause: failure },
    );
  }
}

/** What an older release took must not keep what else is said of an object from being changed. */
function originOf(existing: CatalogEntry | undefined, definition: Definition): Origin {
  if (existing === undefined || existing.kind === 'model') return 'declared';
  const before = existing.declared.definition;
  const isSame =
    before.kind === 'table'
      ? definition.kind === 'table' && sameColumns(before, definition)
      : definition.kind === before.kind && before.query === definition.query && isKept(existing);
  return isSame ? 'kept' : 'declared';
}

/** Each entry after its inputs, as it must be when the file is opened again; otherwise where it was. */
function inOrder(entries: readonly CatalogEntry[], before: Catalog): Catalog {
  const byName = new Map(entries.map((entry) => [nameOf(entry), entry]));
  const known = before.names().filter((name) => byName.has(name));
  const names = [...known, ...[...byName.keys()].filter((name) => !known.includes(name))];
  const graph = new DependencyGraph(
    names.flatMap((name) => {
      const entry = byName.get(name);
      return entry === undefined ? [] : [{ name, reads: inputsOf(entry) }];
    }),
  );
  return new Catalog(graph.order().flatMap((name) => byName.get(name) ?? []));
}

export function unknownObject(core: EngineCore, name: string): EverviewError {
  const names = core.state.catalog.names();
  return new EverviewError('unknown-relation', `there is no "${name}"`, {
    hint: names.length === 0 ? 'nothing is declared yet' : nearestHint(name, names),
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

/** What a replacement can be defined over: all but the old one and what is made from it. */
function entriesBefore(catalog: Catalog, existing: CatalogEntry | undefined): CatalogEntry[] {
  const entries = catalog.entries();
  if (existing === undefined) return entries;
  const derived = new Set<CatalogEntry>(catalog.derivedFrom(nameOf(existing)));
  return entries.filter((entry) => entry !== existing && !derived.has(entry));
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
  const rows = draft.state.changes.rows(name);
  if (sameColumns(existing.declared.definition, definition) || rows === 0) return;
  throw new EverviewError(
    'invalid-definition',
    `"${name}" holds ${rows} ${rows === 1 ? 'row' : 'rows'} that a replacement would lose`,
    {
      hint: 'DROP TABLE says that they may go; CREATE OR REPLACE with the same columns keeps them',
    },
  );
}

/** Puts the entry in the catalog, builds it, and goes on to what rests on it. */
async function place(
  core: EngineCore,
  draft: WriteDraft,
  entry: CatalogEntry,
  existing: CatalogEntry | undefined,
): Promise<void> {
  const derived = existing === undefined ? [] : draft.state.catalog.derivedFrom(nameOf(existing));
  const untouched = entriesBefore(draft.state.catalog, existing);
  draft.update({ catalog: new Catalog([...untouched, entry]) });
  await store(core, draft, entry, existing);
  for (const dependent of derived) {
    const origin = looksTheSame(existing, entry) ? 'kept' : 'declared';
    const rebuilt = await buildDependent(core, draft, dependent, nameOf(entry), origin);
    draft.update({ catalog: new Catalog([...draft.state.catalog.entries(), rebuilt]) });
    await store(core, draft, rebuilt, dependent);
  }
  retargetTables(draft);
}

/** What reads it finds the same columns, and so is asked nothing anew. Of a model what it predicts may be another. */
function looksTheSame(before: CatalogEntry | undefined, now: CatalogEntry): boolean {
  if (before === undefined || before.kind === 'model' || before.kind !== now.kind) return false;
  return hasSameColumns(before.declared.schema, now.declared.schema);
}

async function buildDependent(
  core: EngineCore,
  draft: WriteDraft,
  dependent: CatalogEntry,
  replaced: string,
  origin: Origin,
): Promise<CatalogEntry> {
  try {
    return await buildEntry(
      draft.tx,
      core.parser,
      dependent.declared.definition,
      draft.state.catalog,
      dependent.kind === 'table' ? dependent.createdAtMs : draft.nowMs,
      origin,
    );
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
  if (entry.kind === 'model') await settlePredictionKey(draft, entry, existing);
  if (entry.kind === 'table') {
    if (existing !== undefined && existing.kind !== 'table') return;
    await storeTable(draft, entry, existing);
    return;
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

async function storeTable(
  draft: WriteDraft,
  entry: TableEntry,
  existing: TableEntry | undefined,
): Promise<void> {
  const name = nameOf(entry);
  const { source } = entry.declared.definition.arrival;
  if (existing !== undefined && sameColumns(existing.declared.definition, entry.declared.definition)) {
    await assertRowsMeet(draft.tx, targetAt(entry, draft.nowMs));
    await settleProfile(draft, entry, existing.declared.definition);
    if (source !== existing.declared.definition.arrival.source) await watchSources(draft, name, source);
    return;
  }
  if (existing !== undefined) {
    await resolveIncidentsOf(draft, name, 'made anew');
    await forgetTable(draft, existing);
  }
  await createTableStorage(draft.tx, entry.declared);
}

/** The table is gone, or made anew with other columns: so are its rows, those that were set aside, and what waited for it. */
async function forgetTable(draft: WriteDraft, entry: TableEntry): Promise<void> {
  const name = nameOf(entry);
  await dropQuarantine(draft.tx, entry.target, null, { nowMs: draft.nowMs });
  await dropTableStorage(draft.tx, name);
  await dropCursor(draft.tx, name);
  await draft.forget(name);
  await watchSources(draft, name, null);
  await forgetHeld(draft.tx, name, draft.nowMs);
  draft.update({
    held: draft.state.held.filter(({ table }) => table !== name),
    marks: draft.state.marks.filter(({ table }) => table !== name),
  });
}

/** Forgets what was known of a table's sources, and begins anew where a column says what they are. */
async function watchSources(draft: WriteDraft, table: string, column: string | null): Promise<void> {
  await forgetSources(draft.tx, table);
  const begun = { table, column: column ?? '', updateId: draft.state.lastUpdateId, nowMs: draft.nowMs };
  const sources =
    column === null
      ? withoutEntries(draft.state.sources, [table])
      : withEntry(draft.state.sources, table, await beginSources(draft.tx, begun));
  draft.update({ sources });
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
  await draft.forget(name);
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
  await resolveIncidentsOf(draft, name, 'dropped');
  switch (entry.kind) {
    case 'table':
      return forgetTable(draft, entry);
    case 'view':
    case 'training-set':
      return dropContents(core, draft, name);
    case 'model':
      await forgetPredictions(draft.tx, name);
      draft.update({ liveLogs: withoutEntries(draft.state.liveLogs, [name]) });
      supersede(draft.tx, name);
      await endHold(draft, name);
      dropModelState(draft.tx, name);
      await dropCursor(draft.tx, name);
      draft.update({
        cursors: withoutEntries(draft.state.cursors, [name]),
        promoted: withoutEntries(draft.state.promoted, [name]),
        modelStates: withoutEntries(draft.state.modelStates, [name]),
        droppedModels: withEntry(
          draft.state.droppedModels,
          name,
          draft.state.lastModelVersion.get(name) ?? 0,
        ),
      });
      return;
  }
}
