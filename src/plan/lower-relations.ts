import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import {
  isPredict,
  type PredictReference,
  predictArguments,
  queryOfInput,
  withInput,
} from '../core/prediction-call.ts';
import {
  type CteScope,
  ctesReadAt,
  type RelationReference,
  replaceReferences,
  subqueryNode,
} from '../core/relation-references.ts';
import type { Schema } from '../core/schema.ts';
import { isNode, rewrite, rewriteParts, type SqlJson, type SqlNode } from '../core/sql-tree.ts';
import { namesPlace, tableWithPlaces } from './row-places.ts';

/** What a name in a FROM clause stands for. `kept`: a materialized view or training set. */
export type ResolvedRelation =
  | {
      readonly kind: 'table' | 'kept';
      readonly name: string;
      readonly schema: Schema;
      /** Whether its rows can change without a new version, as time passes. */
      readonly isClocked: boolean;
    }
  | { readonly kind: 'virtual'; readonly name: string; readonly query: SqlNode };

/** A model as PREDICT reads it. */
export type ResolvedModel = {
  readonly name: string;
  /** Columns of the input that its predictions depend on. */
  readonly features: readonly string[];
  /** What PREDICT adds to the columns of its input. */
  readonly outputs: Schema;
  /** @throws EverviewError `unknown-column`, `invalid-query` for an input the model cannot read */
  readonly assertReads: (input: Schema) => void;
};

export interface RelationResolver {
  /** Null: there is no such relation. Names compare without case; the answer has the declared spelling. */
  resolve(name: string): ResolvedRelation | null;
  /** Null: there is no such model. */
  model(name: string): ResolvedModel | null;
  /** Every name there is, for hints. */
  readonly names: readonly string[];
}

export type RelationRead = {
  readonly name: string;
  readonly kind: 'table' | 'kept';
  readonly schema: Schema;
  readonly isClocked: boolean;
  /** Of the first reference; for what a virtual view reads, the reference to that view. */
  readonly at: TextPlace | undefined;
};

export type ModelRead = ResolvedModel & {
  /** Of the first PREDICT. */
  readonly at: TextPlace | undefined;
};

export type BoundQuery = {
  /**
   * The query over the physical relations: tables in schema `data`, kept views in schema `view`, virtual views as
   * subqueries; CTE references as they were, and PREDICT over a query always. Aliases keep every name the user could
   * write valid.
   */
  readonly query: SqlNode;
  readonly reads: readonly RelationRead[];
  readonly models: readonly ModelRead[];
};

type NamedReference = Extract<RelationReference, { kind: 'named' }>;

export const physicalSchema = { table: 'data', kept: 'view' } as const;

/** The place of a node in the text of its query; undefined for nodes DuckDB made up. */
export function placeOf(node: SqlNode, text: string): TextPlace | undefined {
  const bytes = node['query_location'];
  if (typeof bytes !== 'number') return undefined;
  const offset = Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length;
  const word = /^[\p{L}\p{N}_$]+|^"(?:[^"]|"")*"/u.exec(text.slice(offset));
  return placeIn(text, offset, word?.[0].length ?? 1);
}

/** @throws EverviewError `unsupported` where a CTE is asked for AT a version or moment, which DuckDB passes over. */
export function assertCtesOfNow(query: SqlNode, text: string): void {
  for (const node of ctesReadAt(query)) {
    throw new EverviewError('unsupported', `"${String(node['table_name'])}" is a CTE and has no past`, {
      at: placeOf(node, text),
      hint: 'put AT after the tables and views that the CTE reads',
    });
  }
}

/**
 * Finds every relation a query reads, and writes the physical ones in their place. CTE names hide relations.
 *
 * @param text the query's own text, for places
 * @throws EverviewError `unknown-relation`, `unsupported`
 */
export function bindRelations(query: SqlNode, text: string, resolver: RelationResolver): BoundQuery {
  const reads = new Map<string, RelationRead>();
  const models = new Map<string, ModelRead>();
  assertCtesOfNow(query, text);
  const hasPlaces = namesPlace(query);

  function bind(tree: SqlNode, scope: CteScope = new Map()): SqlNode {
    const bindReference = (reference: RelationReference) => {
      if (reference.kind === 'named') return bindTable(reference);
      return isPredict(reference) ? bindPredict(reference) : null;
    };
    return replaceReferences(tree, bindReference, scope);
  }

  function bindPredict(reference: PredictReference): SqlNode | null {
    const call = predictArguments(reference);
    const model = typeof call === 'string' ? null : resolver.model(call.model);
    if (typeof call === 'string' || model === null) {
      throw new EverviewError('invalid-query', 'PREDICT takes a model and its input', {
        hint: 'PREDICT(m, (SELECT …)) or PREDICT(m, v), where m is a declared model',
        at: placeOf(reference.node, text),
      });
    }
    if (!models.has(model.name)) models.set(model.name, { ...model, at: placeOf(reference.node, text) });
    return withInput(reference, bind(queryOfInput(call.input), reference.scope));
  }

  function bindTable({ node, schema, name, ...reference }: NamedReference): SqlNode {
    const at = placeOf(node, text);
    const found = schema === '' ? resolver.resolve(name) : null;
    if (found === null) {
      const written = schema === '' ? name : `${schema}.${name}`;
      throw new EverviewError('unknown-relation', `there is no table or view "${written}"`, {
        hint: nearestHint(name, resolver.names),
        at,
        data: { relation: written },
      });
    }
    const alias = reference.alias === '' ? name : reference.alias;
    if (found.kind === 'virtual') return bindVirtual(node, alias, found.query);
    if (!reads.has(found.name)) reads.set(found.name, { ...found, kind: found.kind, at });
    if (found.kind === 'table' && hasPlaces) return tableWithPlaces(node, found.name, alias);
    return {
      ...node,
      catalog_name: '',
      schema_name: physicalSchema[found.kind],
      table_name: found.name,
      alias,
    };
  }

  function bindVirtual(node: SqlNode, alias: string, virtual: SqlNode): SqlNode {
    if (isNode(node['at_clause'])) {
      throw new EverviewError('unsupported', 'a virtual view cannot be read AT a version here', {
        at: placeOf(node, text),
      });
    }
    return subqueryNode(node, bind(relocated(virtual, node['query_location'] ?? 0)), alias);
  }

  const bound = bind(query);
  return { query: bound, reads: [...reads.values()], models: [...models.values()] };
}

/** The CTEs a query node defines, in order. */
export function cteEntries(node: SqlNode): { name: string; value: SqlNode; query: SqlNode }[] {
  const map = isNode(node['cte_map']) ? node['cte_map']['map'] : null;
  return nodesOf(map).flatMap((entry) => {
    const value = entry['value'];
    const query = isNode(value) ? value['query'] : null;
    const inner = isNode(query) ? query['node'] : null;
    return isNode(value) && isNode(inner) ? [{ name: String(entry['key']), value, query: inner }] : [];
  });
}

/** The nodes of a list; none when it is none. */
export function nodesOf(json: SqlJson | undefined): SqlNode[] {
  return Array.isArray(json) ? json.filter((item: SqlJson) => isNode(item)) : [];
}

/** The texts of a list; none when it is none. */
export function stringsOf(json: SqlJson | undefined): string[] {
  return Array.isArray(json) ? json.map(String) : [];
}

/** Everything inside an inlined view stands where the view was named. */
function relocated(query: SqlNode, location: SqlJson): SqlNode {
  function relocate(node: SqlNode): SqlNode {
    const inside = rewriteParts(node, (value) => rewrite(value, relocate));
    return 'query_location' in node ? { ...inside, query_location: location } : inside;
  }
  return relocate(query);
}
