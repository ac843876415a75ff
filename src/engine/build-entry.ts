import { EverviewError } from '../core/errors.ts';
import { reservedPrefix } from '../core/identifier.ts';
import { modelFunctionOf } from '../core/model-functions.ts';
import { nearestHint } from '../core/nearest.ts';
import { referencesOf } from '../core/relation-references.ts';
import { type Schema, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode, SqlParser } from '../core/sql-tree.ts';
import { assertGate, assertSensibleGate } from '../declare/assert-gate.ts';
import { assertPredictionKey } from '../declare/assert-prediction-key.ts';
import type {
  Definition,
  ModelDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from '../declare/definition.ts';
import { hashDefinition } from '../declare/definition-hash.ts';
import { inputColumns, planFeatures } from '../model/feature-plan.ts';
import { assertOutputsFree } from '../model/predictor.ts';
import { eventTimeColumn } from '../model/training-window.ts';
import { bindRelations, placeOf } from '../plan/lower-relations.ts';
import type { Catalog, CatalogEntry, ModelEntry, TrainingSetEntry, ViewEntry } from '../query/catalog.ts';
import { queryFailure } from '../query/query-failure.ts';
import { obstacleToAudit } from '../view/audit.ts';
import { assertColumnsKnown } from './assert-columns-known.ts';
import { buildTableEntry } from './build-table-entry.ts';
import {
  assertNoModel,
  assertNotItself,
  basesOf,
  compileQuery,
  directReads,
  inputHashes,
  modelsOf,
  type Origin,
  resolverOf,
} from './compile-query.ts';

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
  origin: Origin = 'declared',
): Promise<CatalogEntry> {
  switch (definition.kind) {
    case 'table':
      return buildTableEntry(session, parser, definition, catalog, createdAtMs, origin === 'declared');
    case 'view':
      return buildView(session, parser, definition, catalog, origin);
    case 'training-set':
      return buildTrainingSet(session, parser, definition, catalog, origin);
    case 'model':
      return buildModel(definition, catalog, origin);
  }
}

async function buildView(
  session: Session,
  parser: SqlParser,
  definition: ViewDefinition,
  catalog: Catalog,
  origin: Origin,
): Promise<ViewEntry> {
  if (!definition.materialized) return buildVirtualView(session, parser, definition, catalog);
  const compiled = await compileQuery(session, parser, definition, catalog, origin);
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
      hint: 'leave out audit, or make its rows what the definition gives whenever it is asked',
    });
  }
  const hash = hashDefinition(definition, inputHashes(compiled.reads, catalog));
  return {
    kind: 'view',
    declared: { definition, hash, schema: compiled.handle.schema },
    tree: compiled.tree,
    reads: compiled.reads,
    bases: compiled.bases,
    models: compiled.models,
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
    const bound = bindRelations(tree, definition.query, resolverOf(catalog, 'declared'));
    const schema = await session.describe(await parser.print(bound.query));
    assertNamesFree(definition.name, schema);
    const reads = directReads(tree, definition.query, catalog);
    const hash = hashDefinition(definition, inputHashes(reads, catalog));
    return {
      kind: 'view',
      declared: { definition, hash, schema },
      tree,
      reads,
      bases: basesOf(reads, catalog),
      models: modelsOf(reads, catalog),
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
  origin: Origin,
): Promise<TrainingSetEntry> {
  const compiled = await compileQuery(session, parser, definition, catalog, origin);
  const { tree, handle, reads, bases, models } = compiled;
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
    models,
  };
}

function buildModel(definition: ModelDefinition, catalog: Catalog, origin: Origin): ModelEntry {
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
  if (origin === 'declared') {
    assertOutputsFree(plan, definition);
    assertSensibleGate(definition);
  }
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
  assertPredictionKey(definition, trainingSet, set.declared.schema);
  const inputs = inputColumns(plan);
  const schema = set.declared.schema.filter((column) => inputs.some((name) => sameName(name, column.name)));
  return {
    kind: 'model',
    declared: { definition, hash: hashDefinition(definition, [set.declared.hash]), schema },
    reads: [trainingSet.name],
    bases: set.bases,
    models: set.models,
    plan,
  };
}
