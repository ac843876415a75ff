import { EverviewError } from '../core/errors.ts';
import { isPredict } from '../core/prediction-call.ts';
import { referencesOf } from '../core/relation-references.ts';
import { columnNames, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode, SqlParser } from '../core/sql-tree.ts';
import type { TrainingSetDefinition, ViewDefinition } from '../declare/definition.ts';
import { assertFree } from '../model/predict-sql.ts';
import { assertPredictable, predictionSchema } from '../model/predictor.ts';
import { placeOf, type RelationResolver } from '../plan/lower-relations.ts';
import { type Catalog, nameOf } from '../query/catalog.ts';
import { predictCall } from '../query/predict-call.ts';
import { queryFailure } from '../query/query-failure.ts';
import { compileView } from '../view/compile-view.ts';
import type { ViewHandle } from '../view/refresher.ts';

/**
 * Whether somebody declares it now, or it stands in the file: what an older release took must not keep a file shut, so
 * what became forbidden since is asked only of what is declared.
 */
export type Origin = 'declared' | 'kept';

export function resolverOf(catalog: Catalog, origin: Origin): RelationResolver {
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
    model(name) {
      const entry = catalog.get(name);
      if (entry?.kind !== 'model') return null;
      const outputs = predictionSchema(entry.plan, entry.declared.definition);
      return {
        name: nameOf(entry),
        features: columnNames(entry.declared.schema),
        outputs,
        assertReads: (input) => {
          // as of a query: of two columns of one name the input's would be read for the model's
          if (origin === 'declared') assertFree(columnNames(outputs), input);
          assertPredictable(entry.plan, input);
        },
      };
    },
  };
}

/** As `resolverOf`, with the definitions of kept views in place of their contents. */
export function flatResolverOf(catalog: Catalog): RelationResolver {
  const plain = resolverOf(catalog, 'kept');
  return {
    ...plain,
    resolve(name) {
      const entry = catalog.get(name);
      return entry?.kind === 'view' || entry?.kind === 'training-set'
        ? { kind: 'virtual', name: nameOf(entry), query: entry.tree }
        : plain.resolve(name);
    },
  };
}

/** A kept query, and what it rests on. */
export type Compiled = {
  readonly tree: SqlNode;
  readonly handle: ViewHandle;
  readonly reads: string[];
  readonly bases: string[];
  readonly models: string[];
};

/** @throws EverviewError of the definition; places are within the definition's own query text. */
export async function compileQuery(
  session: Session,
  parser: SqlParser,
  definition: ViewDefinition | TrainingSetDefinition,
  catalog: Catalog,
  origin: Origin,
): Promise<Compiled> {
  const tree = await parser.parse(definition.query);
  assertNotItself(definition, tree);
  assertNoModel(definition, tree, catalog);
  const reads = directReads(tree, definition.query, catalog);
  try {
    const { name, query: text, tolerance } = definition;
    const handle = await compileView(session, parser, {
      name,
      text,
      query: tree,
      resolver: resolverOf(catalog, origin),
      tolerance,
      predictionTolerance: definition.kind === 'view' ? definition.predictionTolerance : 0,
      isDeclared: origin === 'declared',
    });
    return { tree, handle, reads, bases: basesOf(reads, catalog), models: modelsOf(reads, catalog) };
  } catch (failure) {
    throw queryFailure(failure, definition.query, tree);
  }
}

/** A model may be named in a FROM clause by mistake: to DuckDB and the resolver it is no relation at all. */
export function assertNoModel(
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

export function assertNotItself(
  { name, query }: ViewDefinition | TrainingSetDefinition,
  tree: SqlNode,
): void {
  const itself = referencesOf(tree).find(
    (reference) => reference.kind === 'named' && sameName(reference.name, name),
  );
  if (itself === undefined) return;
  throw new EverviewError('cyclic-definition', `"${name}" would be defined by itself`, {
    at: placeOf(itself.node, query),
    hint: 'read the relations it is made from, or use WITH RECURSIVE inside the query',
  });
}

/** @throws EverviewError of a PREDICT that is none, with its place */
export function directReads(tree: SqlNode, text: string, catalog: Catalog): string[] {
  const names = new Set<string>();
  const add = (name: string) => {
    const entry = catalog.get(name);
    if (entry !== undefined) names.add(nameOf(entry));
  };
  for (const reference of referencesOf(tree)) {
    if (reference.kind === 'named' && reference.schema === '') add(reference.name);
    if (!isPredict(reference)) continue;
    const { model, input } = predictCall(reference, text, catalog);
    add(model);
    if (input.kind === 'relation' && !reference.scope.has(input.name.toLowerCase())) add(input.name);
  }
  return [...names];
}

export function basesOf(reads: readonly string[], catalog: Catalog): string[] {
  const bases = new Set<string>();
  for (const name of reads) {
    const entry = catalog.get(name);
    if (entry?.kind === 'table') bases.add(name);
    // What a model learned from reaches its predictions with the version that is promoted, not with the data.
    else if (entry?.kind !== 'model') for (const base of entry?.bases ?? []) bases.add(base);
  }
  return [...bases];
}

/** The models whose predictions reach what is read, through everything between but other models. */
export function modelsOf(reads: readonly string[], catalog: Catalog): string[] {
  const models = new Set<string>();
  for (const name of reads) {
    const entry = catalog.get(name);
    if (entry?.kind === 'model') models.add(name);
    else if (entry !== undefined && entry.kind !== 'table')
      for (const model of entry.models) models.add(model);
  }
  return [...models];
}

export function inputHashes(reads: readonly string[], catalog: Catalog): string[] {
  return reads.map((name) => catalog.get(name)?.declared.hash ?? '');
}
