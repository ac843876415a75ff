import { EverviewError } from '../core/errors.ts';
import { reservedPrefix } from '../core/identifier.ts';
import { modelFunctionOf } from '../core/model-functions.ts';
import { nearestHint } from '../core/nearest.ts';
import { referencesOf } from '../core/relation-references.ts';
import { type Schema, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode, SqlParser } from '../core/sql-tree.ts';
import { assertGate } from '../declare/assert-gate.ts';
import type {
  Definition,
  ModelDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from '../declare/definition.ts';
import { hashDefinition } from '../declare/definition-hash.ts';
import { inputColumns, planFeatures } from '../model/feature-plan.ts';
import { eventTimeColumn } from '../model/training-window.ts';
import { bindRelations, placeOf, type RelationResolver } from '../plan/lower-relations.ts';
import type { Catalog, CatalogEntry, ModelEntry, TrainingSetEntry, ViewEntry } from '../query/catalog.ts';
import { queryFailure } from '../query/query-failure.ts';
import { obstacleToAudit } from '../view/audit.ts';
import { compileView } from '../view/compile-view.ts';
import type { ViewHandle } from '../view/refresher.ts';
import { assertColumnsKnown } from './assert-columns-known.ts';
import { buildTableEntry } from './build-table-entry.ts';

/**
 * What the engine makes of a definition, given everything declared before it.
 * @throws EverviewError of the definition; places are within the definition's own query text.
 */
export async function buildEntry(
  session: Session,
  parser: SqlParser,
  definition: Definition,
  catalog: Catalog,
  createdAtMs: number,
): Promise<CatalogEntry> {
  switch (definition.kind) {
    case 'table':
      return buildTableEntry(session, definition, catalog, createdAtMs);
    case 'view':
      return buildView(session, parser, definition, catalog);
    case 'training-set':
      return buildTrainingSet(session, parser, definition, catalog);
    case 'model':
      return buildModel(definition, catalog);
  }
}

function resolverOf(catalog: Catalog): RelationResolver {
  return {
    names: catalog.names(),
    resolve(name) {
      const entry = catalog.get(name);
      if (entry === undefined || entry.kind === 'model') return null;
      const { definition, schema } = entry.declared;
      if (entry.kind === 'table') return { kind: 'table', name: definition.name, schema, isClocked: false };
      if (entry.kind === 'view' && entry.handle === null)
        return { kind: 'virtual', name: definition.name, query: entry.tree };
      const isClocked = entry.handle?.isClocked === true;
      return { kind: 'kept', name: definition.name, schema, isClocked };
    },
  };
}

type Compiled = {
  readonly tree: SqlNode;
  readonly handle: ViewHandle;
  readonly reads: string[];
  readonly bases: string[];
};

async function compile(
  session: Session,
  parser: SqlParser,
  definition: ViewDefinition | TrainingSetDefinition,
  catalog: Catalog,
): Promise<Compiled> {
  const tree = await parser.parse(definition.query);
  assertNotItself(definition, tree);
  assertNoModel(definition, tree, catalog);
  try {
    const { name, query: text, tolerance } = definition;
    const handle = await compileView(session, parser, {
      name,
      text,
      query: tree,
      resolver: resolverOf(catalog),
      tolerance,
    });
    const reads = directReads(tree, catalog);
    return { tree, handle, reads, bases: basesOf(reads, catalog) };
  } catch (failure) {
    throw queryFailure(failure, definition.query, tree);
  }
}

/** A model may be named in a FROM clause by mistake: to DuckDB and the resolver it is no relation at all. */
function assertNoModel(
  { query }: ViewDefinition | TrainingSetDefinition,
  tree: SqlNode,
  catalog: Catalog,
): void {
  for (const reference of referencesOf(tree)) {
    if (reference.kind !== 'named' || reference.schema !== '') continue;
    const entry = catalog.get(reference.name);
    if (entry?.kind !== 'model') continue;
    const { name } = entry.declared.definition;
    throw new EverviewError('wrong-kind', `"${name}" is a model and cannot be read as a table`, {
      at: placeOf(reference.node, query),
      hint: `SELECT … FROM PREDICT(${name}, (SELECT …)) in a query gives predictions`,
    });
  }
}

function assertNotItself({ name, query }: ViewDefinition | TrainingSetDefinition, tree: SqlNode): void {
  const itself = referencesOf(tree).find(
    (reference) => reference.kind === 'named' && sameName(reference.name, name),
  );
  if (itself === undefined) return;
  throw new EverviewError('cyclic-definition', `"${name}" would be defined by itself`, {
    at: placeOf(itself.node, query),
    hint: 'read the relations it is made from, or use WITH RECURSIVE inside the query',
  });
}

function directReads(tree: SqlNode, catalog: Catalog): string[] {
  const names = new Set<string>();
  for (const reference of referencesOf(tree)) {
    const entry =
      reference.kind === 'named' && reference.schema === '' ? catalog.get(reference.name) : undefined;
    if (entry !== undefined) names.add(entry.declared.definition.name);
  }
  return [...names];
}

function basesOf(reads: readonly string[], catalog: Catalog): string[] {
  const bases = new Set<string>();
  for (const name of reads) {
    const entry = catalog.get(name);
    if (entry?.kind === 'table') bases.add(name);
    else for (const base of entry?.bases ?? []) bases.add(base);
  }
  return [...bases];
}

function inputHashes(reads: readonly string[], catalog: Catalog): string[] {
  return reads.map((name) => catalog.get(name)?.declared.hash ?? '');
}

async function buildView(
  session: Session,
  parser: SqlParser,
  definition: ViewDefinition,
  catalog: Catalog,
): Promise<ViewEntry> {
  if (!definition.materialized) return buildVirtualView(session, parser, definition, catalog);
  const compiled = await compile(session, parser, definition, catalog);
  if (definition.policy.refresh === 'incremental' && compiled.handle.plan.kind === 'full-only') {
    throw new EverviewError(
      'not-incremental',
      `"${definition.name}" cannot be refreshed incrementally, as refresh = incremental asks: ${compiled.handle.plan.detail}`,
      { hint: 'refresh = auto recomputes it and writes only the difference' },
    );
  }
  const unaudited = definition.audit > 0 ? obstacleToAudit(compiled.handle.plan) : null;
  if (unaudited !== null) {
    throw new EverviewError('invalid-definition', `"${definition.name}" cannot be audited: ${unaudited}`, {
      hint: 'leave out audit, or make the order of its rows unique',
    });
  }
  const hash = hashDefinition(definition, inputHashes(compiled.reads, catalog));
  return {
    kind: 'view',
    declared: { definition, hash, schema: compiled.handle.schema },
    tree: compiled.tree,
    reads: compiled.reads,
    bases: compiled.bases,
    handle: compiled.handle,
  };
}

/** A view that is not kept may use any function: it is evaluated with each query. */
async function buildVirtualView(
  session: Session,
  parser: SqlParser,
  definition: ViewDefinition,
  catalog: Catalog,
): Promise<ViewEntry> {
  const tree = await parser.parse(definition.query);
  assertNotItself(definition, tree);
  assertNoModel(definition, tree, catalog);
  assertNoModelOrPast(definition, tree);
  try {
    const bound = bindRelations(tree, definition.query, resolverOf(catalog));
    const schema = await session.describe(await parser.print(bound.query));
    assertNamesFree(definition.name, schema);
    const reads = directReads(tree, catalog);
    const hash = hashDefinition(definition, inputHashes(reads, catalog));
    return {
      kind: 'view',
      declared: { definition, hash, schema },
      tree,
      reads,
      bases: basesOf(reads, catalog),
      handle: null,
    };
  } catch (failure) {
    throw queryFailure(failure, definition.query, tree);
  }
}

function assertNoModelOrPast({ name, query }: ViewDefinition, tree: SqlNode): void {
  for (const reference of referencesOf(tree)) {
    const isModel = reference.kind === 'function' && modelFunctionOf(reference.name) !== null;
    const isPast = reference.kind === 'named' && reference.at !== null;
    if (!isModel && !isPast) continue;
    throw new EverviewError(
      'unsupported',
      `view "${name}" uses ${isModel ? 'PREDICT' : 'AT'}, which is for queries`,
      {
        at: placeOf(reference.node, query),
        hint: `use it in the query that reads "${name}"`,
      },
    );
  }
}

function assertNamesFree(name: string, schema: Schema): void {
  const reserved = schema.find((column) => column.name.toLowerCase().startsWith(reservedPrefix));
  if (reserved === undefined) return;
  throw new EverviewError('invalid-definition', `"${name}" names a column "${reserved.name}"`, {
    hint: `names that start with ${reservedPrefix} are the engine's`,
  });
}

async function buildTrainingSet(
  session: Session,
  parser: SqlParser,
  definition: TrainingSetDefinition,
  catalog: Catalog,
): Promise<TrainingSetEntry> {
  const { tree, handle, reads, bases } = await compile(session, parser, definition, catalog);
  assertColumnsKnown(definition.name, [definition.label], handle.schema);
  if (definition.eventTime !== null) {
    assertColumnsKnown(definition.name, [definition.eventTime], handle.schema);
    eventTimeColumn(definition, handle.schema);
  }
  const hash = hashDefinition(definition, inputHashes(reads, catalog));
  return {
    kind: 'training-set',
    declared: { definition, hash, schema: handle.schema },
    tree,
    handle,
    reads,
    bases,
  };
}

function buildModel(definition: ModelDefinition, catalog: Catalog): ModelEntry {
  const set = catalog.get(definition.trainingSet);
  if (set?.kind !== 'training-set') {
    const sets = catalog.entries().filter((entry) => entry.kind === 'training-set');
    throw new EverviewError(
      set === undefined ? 'unknown-relation' : 'wrong-kind',
      `model "${definition.name}" learns from "${definition.trainingSet}", which is no training set`,
      {
        hint:
          nearestHint(
            definition.trainingSet,
            sets.map((entry) => entry.declared.definition.name),
          ) ?? 'CREATE TRAINING SET name WITH (label = …) AS SELECT … first',
      },
    );
  }
  const trainingSet = set.declared.definition;
  const plan = planFeatures(definition, trainingSet, set.declared.schema);
  if (definition.gate.length > 0 && trainingSet.holdoutMs === 0) {
    throw new EverviewError(
      'invalid-definition',
      `the gate of model "${definition.name}" has no hold-out to judge on`,
      {
        hint: `give "${trainingSet.name}" a hold-out: ALTER TRAINING SET ${trainingSet.name} SET (holdout = INTERVAL '7 days')`,
      },
    );
  }
  assertGate(definition, set.declared.schema);
  const inputs = inputColumns(plan);
  const schema = set.declared.schema.filter((column) => inputs.some((name) => sameName(name, column.name)));
  return {
    kind: 'model',
    declared: { definition, hash: hashDefinition(definition, [set.declared.hash]), schema },
    reads: [trainingSet.name],
    bases: set.bases,
    plan,
  };
}
