import { EverviewError, type TextPlace } from '../core/errors.ts';
import { columnName, inputQueryOf, type PredictReference, withCtes } from '../core/prediction-call.ts';
import {
  type RelationReference,
  referencesOf,
  relationNode,
  replaceReferences,
  subqueryNode,
} from '../core/relation-references.ts';
import { findColumn, type Schema, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { contains, isNode, type SqlNode, type SqlParser, walk } from '../core/sql-tree.ts';
import type { SqlParameter } from '../core/value.ts';
import { type Version, versionOf } from '../core/version.ts';
import { type ChangeSince, tableAtVersionSql } from '../log/table-at-version.ts';
import { loggedPredictionSql } from '../model/logged-prediction-sql.ts';
import type { ModelParameters } from '../model/scorer.ts';
import { namesPlace, tableWithPlaces } from '../plan/row-places.ts';
import { bindParameters } from './bind-parameters.ts';
import type { Catalog, CatalogEntry, ModelEntry, TableEntry } from './catalog.ts';
import { replaceClockFunctions } from './clock-functions.ts';
import { isModelCall, type PredictCall, predictCall, predictionAt } from './predict-call.ts';
import { placeInQuery } from './query-place.ts';
import { entryFor, isSystem } from './query-reads.ts';
import { mayReadBound } from './read-bound.ts';
import type { SystemRelations } from './system-relations.ts';

/** What a rewrite needs to know of the moment; all of it belongs to one snapshot. */
export type RewriteContext = {
  readonly catalog: Catalog;
  /** The version the answer is for: `head`, or an older one that stale views are served at. */
  readonly version: Version;
  readonly head: Version;
  readonly nowMs: number;
  readonly parser: SqlParser;
  readonly session: Session;
  readonly parameters: readonly SqlParameter[];
  changeSince(table: string, version: Version): ChangeSince;
  /** The text is a piece of a statement that asks for places of rows: each of its tables has to have them. */
  readonly places: boolean;
  /** The version committed at or before an instant. */
  versionAt(atMs: number): Promise<Version>;
  /** @throws EverviewError `history-expired`. */
  assertReachable(version: Version): void;
  /** @throws EverviewError `no-model-version`. */
  promotedParameters(model: string): ModelParameters;
  readonly system: SystemRelations;
  /** Kept views whose contents are of another version, and what is read in their place. */
  readonly inline: ReadonlyMap<string, InlineContents>;
};

/** What stands for a view's contents: its definition, or a SELECT of its columns at the answer's version. */
export type InlineContents =
  | { readonly kind: 'definition' }
  | { readonly kind: 'compensated'; readonly sql: string };

export type RewrittenQuery = {
  readonly sql: string;
  /** True when some relation was read AT an older version. */
  readonly historical: boolean;
  /** What it predicts with models that log their predictions, from rows that have a key. */
  readonly logged: readonly LoggedCall[];
};

/** A call of PREDICT whose predictions are logged: a SELECT as `loggedPredictionSql` makes it. */
export type LoggedCall = { readonly model: string; readonly sql: string };

type AskedTime = { readonly unit: 'VERSION' | 'TIMESTAMP'; readonly expression: SqlNode };

const placeholderPrefix = '__ev_ref_';

/** A query over declared names → SQL over the physical relations of one snapshot. */
export async function rewriteQuery(
  tree: SqlNode,
  text: string,
  context: RewriteContext,
): Promise<RewrittenQuery> {
  const rewriter = new QueryRewriter(context, text);
  const rewritten = await rewriter.query(bindParameters(tree, context.parameters), null);
  const sql = await rewriter.printed(rewritten);
  return { sql, historical: rewriter.historical, logged: rewriter.logged };
}

class QueryRewriter {
  readonly #context: RewriteContext;
  readonly #text: string;
  /** SQL that stands for a placeholder name once the tree around it is printed. */
  readonly #fragments = new Map<string, string>();
  /** CTEs that go before the query, by name, each after those it reads. */
  readonly #computed = new Map<string, SqlNode>();
  /** How many definitions of kept views stand around what is rewritten. */
  #kept = 0;
  historical = false;
  readonly logged: LoggedCall[] = [];

  constructor(context: RewriteContext, text: string) {
    this.#context = context;
    this.#text = text;
  }

  /** @param at the version an enclosing AT asks for; null: the answer's. */
  async query(query: SqlNode, at: Version | null): Promise<SqlNode> {
    const tree = replaceClockFunctions(query, this.#context.nowMs, (name) => this.#isColumn(name, query));
    const replacements = new Map<SqlNode, SqlNode>();
    const references = referencesOf(tree, (reference) => !isModelCall(reference));
    const hasPlaces = this.#context.places || namesPlace(tree);
    for (const reference of references) {
      const replaced = await this.#replacement(reference, tree, at, hasPlaces);
      if (replaced !== null) replacements.set(reference.node, replaced);
    }
    return replaceReferences(tree, (reference) => replacements.get(reference.node) ?? null);
  }

  /** Whether the query can mean a column by a bare name: one of a relation it reads, or one it names itself. */
  #isColumn(name: string, query: SqlNode): boolean {
    const { catalog } = this.#context;
    const isOfRelation = referencesOf(query).some(
      (reference) =>
        reference.kind === 'named' &&
        findColumn(catalog.get(reference.name)?.declared.schema ?? [], name) !== undefined,
    );
    let isNamed = false;
    walk(query, (node) => {
      const isItself = sameName(columnName(node) ?? '', name);
      if (typeof node.alias === 'string' && sameName(node.alias, name) && !isItself) isNamed = true;
    });
    return isOfRelation || isNamed;
  }

  async printed(tree: SqlNode): Promise<string> {
    let sql = await this.#context.parser.print(withCtes(tree, [...this.#computed.values()]));
    // Fragments can hold placeholders of fragments made before them, so the newest is put in first.
    for (const [name, fragment] of [...this.#fragments].reverse()) sql = sql.replaceAll(name, () => fragment);
    return sql;
  }

  async #replacement(
    reference: RelationReference,
    query: SqlNode,
    at: Version | null,
    hasPlaces: boolean,
  ): Promise<SqlNode | null> {
    if (reference.kind === 'function') {
      return isModelCall(reference) ? this.#prediction(reference, query, at) : null;
    }
    const alias = reference.alias === '' ? reference.name : reference.alias;
    if (isSystem(reference.schema)) {
      return this.#fragment(reference.node, alias, this.#context.system.sql(reference.name));
    }
    const entry = entryFor(reference, this.#text, this.#context.catalog);
    const version =
      reference.at === null
        ? at
        : await this.#placedVersion(
            reference.at,
            placeInQuery(this.#text, reference.offset, reference.name.length),
          );
    return this.#relation(entry, reference.node, alias, version, hasPlaces);
  }

  async #relation(
    entry: Exclude<CatalogEntry, { kind: 'model' }>,
    node: SqlNode,
    alias: string,
    at: Version | null,
    hasPlaces: boolean,
  ): Promise<SqlNode> {
    const { name } = entry.declared.definition;
    if (entry.kind === 'table') {
      const { head } = this.#context;
      const version = at ?? this.#context.version;
      const change = at === null && version === head ? 'none' : this.#context.changeSince(name, version);
      if (change === 'none')
        return hasPlaces ? tableWithPlaces(node, name, alias) : relationNode(node, 'data', name, alias);
      return this.#fragment(node, alias, tableAtVersionSql(name, entry.declared.schema, version, change));
    }
    const inline = this.#context.inline.get(name);
    if (at === null && entry.handle !== null && inline?.kind !== 'definition') {
      return inline === undefined
        ? relationNode(node, 'view', name, alias)
        : this.#fragment(node, alias, inline.sql);
    }
    if (at !== null && entry.models.length > 0) throw this.#unrecorded(entry, node);
    // A view that is not kept, or any view in the past: its definition, over what it reads at that version.
    this.#kept += entry.handle === null ? 0 : 1;
    const definition = await this.query(entry.tree, at);
    this.#kept -= entry.handle === null ? 0 : 1;
    if (entry.handle === null || !isRecursive(definition, this.#computed))
      return subqueryNode(node, definition, alias);
    const cte = `__ev_view_${name}${at === null ? '' : `_${at}`}`;
    this.#computed.set(cte, computedCte(cte, definition));
    return relationNode(node, '', cte, alias);
  }

  /** Versions of the data are kept, and of models; which answered at which is not. */
  #unrecorded(
    { declared, models }: Exclude<CatalogEntry, TableEntry | ModelEntry>,
    node: SqlNode,
  ): EverviewError {
    const { name } = declared.definition;
    const [model = ''] = models;
    const offset = typeof node.query_location === 'number' ? node.query_location : null;
    return new EverviewError(
      'unsupported',
      `"${name}" holds predictions of "${model}" and cannot be read AT an older version`,
      {
        at: placeInQuery(this.#text, offset, name.length),
        hint: `which version of a model answered then is not kept; SELECT … FROM PREDICT(${model}, (SELECT … FROM … AT (…))) predicts the rows of then with the model of now`,
        data: { relation: name, model },
      },
    );
  }

  async #prediction(
    reference: Extract<RelationReference, { kind: 'function' }>,
    query: SqlNode,
    at: Version | null,
  ): Promise<SqlNode> {
    const call = predictCall(reference, this.#text, this.#context.catalog);
    const wasHistorical = this.historical;
    this.historical = false;
    const input = await this.query(inputQueryOf(call, reference.scope), at);
    const isOfNow = at === null && !this.historical;
    this.historical ||= wasHistorical;
    const inputSql = await this.printed(input);
    const schema = this.#schemaOfTable(call, reference) ?? (await this.#context.session.describe(inputSql));
    const parameters = this.#context.promotedParameters(call.model);
    // What a kept view predicts is its contents, and nobody was told it now. Rows that differ each time they are read
    // would be others than those of the answer.
    const isTold = isOfNow && this.#kept === 0 && call.function === 'predict';
    if (isTold && !isVolatile(input, this.#context.parser.unstableFunctions))
      this.#log(call.model, parameters, inputSql, schema);
    const row = reference.alias === '' ? call.model : reference.alias;
    const sql = predictionAt(
      call.function,
      parameters,
      `(${inputSql})`,
      schema,
      mayReadBound(query, row),
      placeInQuery(this.#text, reference.offset, reference.name.length),
    );
    return this.#fragment(reference.node, row, sql);
  }

  #log(name: string, { scorer }: ModelParameters, input: string, schema: Schema): void {
    const model = this.#context.catalog.get(name);
    if (model?.kind !== 'model' || model.declared.definition.logPredictions.length === 0) return;
    const set = this.#context.catalog.get(model.reads[0]);
    const key = model.declared.definition.logPredictions.flatMap(
      (column) => findColumn(set?.declared.schema ?? [], column) ?? [],
    );
    const sql = loggedPredictionSql(scorer, `(${input})`, schema, key);
    if (sql !== null) this.logged.push({ model: name, sql });
  }

  /** The columns of the table that is all the input, which need not be described; null: the input is another one. */
  #schemaOfTable({ input }: PredictCall, { scope }: PredictReference): Schema | null {
    if (input.kind === 'query' || scope.has(input.name.toLowerCase())) return null;
    const entry = this.#context.catalog.get(input.name);
    if (entry?.kind !== 'table') return null;
    // As DuckDB describes a query over it.
    return entry.declared.schema.map(({ name, type }) => ({
      name,
      type: type === 'JSON' ? 'VARCHAR' : type,
    }));
  }

  #fragment(node: SqlNode, alias: string, sql: string): SqlNode {
    const name = `${placeholderPrefix}${this.#fragments.size}_`;
    this.#fragments.set(name, `(${sql})`);
    return relationNode(node, '', name, alias);
  }

  /** What the store says of an expression, and the horizon of a version, have no place of their own. */
  async #placedVersion(asked: AskedTime, place: TextPlace | undefined): Promise<Version> {
    try {
      return await this.#askedVersion(asked, place);
    } catch (failure) {
      if (!(failure instanceof EverviewError) || failure.at !== undefined) throw failure;
      const { code, message, hint, cause, data } = failure;
      throw new EverviewError(code, message, { at: place, hint, cause, data });
    }
  }

  async #askedVersion(at: AskedTime, place: TextPlace | undefined): Promise<Version> {
    this.historical = true;
    const whole = at.unit === 'VERSION' ? wholeConstant(at.expression) : null;
    if (whole !== null) return this.#reachable(versionInRange(whole, this.#context.head, place));
    const [expression = 'NULL'] = await this.#context.parser.printExpressions([at.expression]);
    const cast = at.unit === 'VERSION' ? `(${expression})::BIGINT` : `epoch_ms((${expression})::TIMESTAMP)`;
    const exact = at.unit === 'VERSION' ? `(${expression}) = ${cast}` : 'true';
    const [row] = await this.#context.session.rows(`SELECT ${cast} AS v, ${exact} AS exact`);
    const value = row?.v;
    if (typeof value !== 'bigint' || row?.exact !== true) {
      throw new EverviewError(
        'invalid-query',
        `AT (${at.unit} => ${expression}) names no ${at.unit === 'VERSION' ? 'version' : 'moment'}`,
        {
          at: place,
          hint: "AT (VERSION => 42) or AT (TIMESTAMP => TIMESTAMP '2001-01-31 12:00:00')",
        },
      );
    }
    const version =
      at.unit === 'VERSION'
        ? versionInRange(value, this.#context.head, place)
        : await this.#context.versionAt(Number(value));
    return this.#reachable(version);
  }

  #reachable(version: Version): Version {
    this.#context.assertReachable(version);
    return version;
  }
}

/** A whole number as it is mostly written, which the store need not be asked about. */
function wholeConstant({ type, value }: SqlNode): bigint | null {
  if (type !== 'VALUE_CONSTANT' || !isNode(value) || !isNode(value['type'])) return null;
  // A decimal is told by its digits: 5.5 is 55.
  const isWhole = value['type']['id'] === 'INTEGER' || value['type']['id'] === 'BIGINT';
  const number = value['value'];
  return isWhole && typeof number === 'number' ? BigInt(number) : null;
}

/**
 * Whether the definition of a kept view has to be computed before the query that reads it. A kept view is a table to
 * those who write over it, so also in a subquery that is tied to the row outside; DuckDB does not decorrelate one
 * over a recursion, or over a CTE that has one, under a semi, anti or full join (`Unsupported join type for
 * flattening`).
 */
function isRecursive(definition: SqlNode, computed: ReadonlyMap<string, SqlNode>): boolean {
  return contains(
    definition,
    (node) =>
      node.type === 'RECURSIVE_CTE_NODE' ||
      (node.type === 'BASE_TABLE' && node.schema_name === '' && computed.has(String(node.table_name))),
  );
}

/** Whether rows may differ from one reading to the next on the same snapshot: a sample, or a call as of `random`. */
function isVolatile(input: SqlNode, unstable: SqlParser['unstableFunctions']): boolean {
  const isSample = ({ sample }: SqlNode) => typeof sample === 'object' && sample !== null;
  return contains(
    input,
    (node) =>
      isSample(node) ||
      (node.class === 'FUNCTION' && unstable.get(String(node.function_name).toLowerCase()) === 'volatile'),
  );
}

function computedCte(name: string, query: SqlNode): SqlNode {
  const value = {
    aliases: [],
    query: { node: query, named_param_map: [] },
    materialized: 'CTE_MATERIALIZE_ALWAYS',
    key_targets: [],
  };
  return { key: name, value };
}

function versionInRange(value: bigint, head: Version, at: TextPlace | undefined): Version {
  if (value < 0n || value > BigInt(head)) {
    throw new EverviewError('invalid-query', `there is no version ${value}`, {
      at,
      hint: `the newest version is ${head}`,
    });
  }
  return versionOf(value);
}
