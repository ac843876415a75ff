import { clockSource } from '../algebra/clock-filter.ts';
import { createGroup, stateColumns } from '../algebra/group.ts';
import {
  changeOf,
  columnsOf,
  domainsOf,
  mapExpressions,
  oldOf,
  predictsOf,
  type Relation,
  scansOf,
} from '../algebra/node.ts';
import { EverviewError } from '../core/errors.ts';
import { placeColumn, reservedPrefix } from '../core/identifier.ts';
import { momentMark } from '../core/moment.ts';
import { nearestHint } from '../core/nearest.ts';
import { type Schema, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode, SqlParser } from '../core/sql-tree.ts';
import { assertKeepable, clockRefusal, withClockMarked } from '../plan/assert-keepable.ts';
import { clockFiltersOfPlan } from '../plan/clock-of-plan.ts';
import { type SelectDomain, sameColumns } from '../plan/lower-block.ts';
import type { LoweredQuery } from '../plan/lower-query.ts';
import { bindRelations, placeOf, type RelationResolver } from '../plan/lower-relations.ts';
import { type LoweredView, lowerView } from '../plan/lower-view.ts';
import { renameColumns } from '../plan/rename-columns.ts';
import type {
  DomainPlan,
  FullOnlyPlan,
  GroupPlan,
  IncrementalPlan,
  RowsPlan,
  ViewPlan,
} from '../plan/view-plan.ts';
import { renderRelation, renderState } from '../store/render-algebra.ts';
import { definitionSql } from './definition-sql.ts';
import { domainRows, touchedKeysOf } from './domain-rows.ts';
import { castColumns, typedGroup } from './group-arguments.ts';
import { finalsOf } from './group-finals.ts';
import { outputsOver } from './group-outputs.ts';
import { domainPlan, obstacleTo, obstacleToDomain } from './plan-domains.ts';
import { predictionPlan } from './prediction-plan.ts';
import { PredictionPrinter } from './print-predictions.ts';
import type { ViewHandle } from './refresher.ts';
import { withTypes } from './settle-types.ts';

export type ViewSource = {
  readonly name: string;
  /** The query as the user wrote it, and its tree. */
  readonly text: string;
  readonly query: SqlNode;
  readonly resolver: RelationResolver;
  readonly tolerance: number;
  /** How far a kept prediction may be from the model's, in its units; 0: not at all. */
  readonly predictionTolerance: number;
  /** Whether somebody declares it now: of what an older release took it is not asked whether it may be kept. */
  readonly isDeclared: boolean;
};

/**
 * Makes a kept view's handle: finds what it reads, checks that it can be kept, asks DuckDB for its columns, and
 * plans its maintenance. The relations it reads must exist in the store (their logs need not).
 *
 * @throws EverviewError `unknown-relation`, `unknown-column`, `non-deterministic`, `invalid-definition`,
 *   `invalid-query`, `unsupported`
 */
export async function compileView(
  session: Session,
  parser: SqlParser,
  source: ViewSource,
): Promise<ViewHandle> {
  const unstable = parser.unstableFunctions;
  const named = bindRelations(source.query, source.text, source.resolver);
  const bound = withClockMarked(named, unstable);
  if (source.isDeclared) assertKeepable(bound, source.text, unstable);
  const printer = new PredictionPrinter(session, parser, source.text, bound.models);
  const sql = await printer.print(bound.query);
  const text = { sql, predictions: printer.sites };
  const lowered = lowerView(bound);
  const schema = await describeView(session, text, source, lowered.preferred);
  const plan = await planWithin(session, await planOf(session, parser, lowered, schema), schema, source);
  if ([sql, ...printer.sites.map(({ input }) => input)].some((part) => part.includes(momentMark)))
    assertFollowsClock(source.name, plan);
  const { reads, models } = bound;
  const isClocked =
    models.length > 0 || clockFiltersOfPlan(plan).length > 0 || reads.some((read) => read.isClocked);
  return { name: source.name, plan, schema, ...text, reads, models, isClocked, tolerance: source.tolerance };
}

async function describeView(
  session: Session,
  definition: Pick<ViewHandle, 'sql' | 'predictions'>,
  source: ViewSource,
  lowered: LoweredQuery,
): Promise<Schema> {
  let described: Schema;
  try {
    described = await session.describe(`SELECT * FROM (${definitionSql(definition, null)})`);
  } catch (cause) {
    const unresolved = lowered.kind === 'full-only' ? lowered.unresolved : null;
    if (unresolved === null || !(cause instanceof EverviewError)) throw cause;
    throw new EverviewError('unknown-column', `there is no column "${unresolved.name}" here`, {
      hint: nearestHint(unresolved.name.split('.').at(-1) ?? unresolved.name, unresolved.known),
      at: placeOf(unresolved.node, source.text),
      data: { column: unresolved.name },
      cause,
    });
  }
  const reserved = described.find((column) => column.name.toLowerCase().startsWith(reservedPrefix));
  if (reserved !== undefined) {
    throw new EverviewError('invalid-definition', `"${source.name}" names a column "${reserved.name}"`, {
      hint: `names that start with ${reservedPrefix} are the engine's`,
    });
  }
  if (source.isDeclared && described.some((column) => sameName(column.name, placeColumn))) {
    throw new EverviewError('invalid-definition', `"${source.name}" names a column "${placeColumn}"`, {
      hint: `DuckDB calls the place of a row so, by which rows are changed: SELECT ${placeColumn} AS row_id`,
    });
  }
  return described.map(({ name, type }) => ({ name, type: type === '"NULL"' ? 'INTEGER' : type }));
}

/** @throws EverviewError `non-deterministic` when the clock got anywhere but into a rule that follows it */
function assertFollowsClock(name: string, plan: ViewPlan): void {
  if (plan.kind === 'full-only') throw clockRefusal(name, plan.detail);
  const byKey = plan.kind === 'rows' ? plan.byKey : undefined;
  const plans = byKey === undefined ? [plan] : [plan, byKey];
  if (plans.some(isClockAdrift))
    throw clockRefusal(name, 'its condition on the clock ties several relations together');
}

function isClockAdrift(plan: IncrementalPlan): boolean {
  const bounds = new Set(clockFiltersOfPlan(plan).map((filter) => filter.condition.bound));
  let found = false;
  mapExpressions(plan.kind === 'group' ? plan.group.input : plan.node, (text) => {
    found ||= text.includes(momentMark) && !bounds.has(text);
    return text;
  });
  return found;
}

/**
 * The plan, where predictions are kept within a tolerance by what they are predicted from.
 *
 * @throws EverviewError `invalid-definition` where it is no view of predictions, row by row
 */
async function planWithin(
  session: Session,
  plan: ViewPlan,
  schema: Schema,
  { name, predictionTolerance }: ViewSource,
): Promise<ViewPlan> {
  if (predictionTolerance === 0) return plan;
  const within =
    plan.kind === 'rows'
      ? await predictionPlan(session, plan.node, schema, predictionTolerance)
      : 'it is more than the columns of a PREDICT';
  if (typeof within !== 'string') return within;
  throw new EverviewError(
    'invalid-definition',
    `"${name}" cannot keep predictions within prediction_tolerance: ${within}`,
    {
      hint: 'SELECT columns and prediction FROM PREDICT(m, (SELECT …)), with every condition inside; put what else is asked into a view over it',
      data: { view: name, detail: within },
    },
  );
}

function fullOnly(detail: string): FullOnlyPlan {
  return { kind: 'full-only', reason: 'only-full', detail };
}

/** The plan by the preferred form, and beside it the other way where that leads to the same contents. */
async function planOf(
  session: Session,
  parser: SqlParser,
  { preferred, alternative }: LoweredView,
  schema: Schema,
): Promise<ViewPlan> {
  const plan = await planOfForm(session, parser, preferred, schema);
  if (alternative === null) return plan;
  if (plan.kind === 'full-only') {
    const other = await planOfForm(session, parser, alternative, schema);
    return other.kind === 'full-only' ? plan : other;
  }
  if (plan.kind !== 'rows' || plan.rung !== 'algebraic') return plan;
  const byKey = planByKey(await planOfForm(session, parser, alternative, schema));
  return byKey === null ? plan : { ...plan, byKey };
}

/** A plan by touched keys that keeps no columns but the view's: rules would not fill them. */
function planByKey(plan: ViewPlan): RowsPlan | DomainPlan | null {
  if (plan.kind === 'rows') return plan.rung === 'domain' ? plan : null;
  return plan.kind === 'domain' && plan.hidden.length === 0 ? plan : null;
}

/** The plan, once DuckDB agrees that its SQL means columns of the very types the query has. */
async function planOfForm(
  session: Session,
  parser: SqlParser,
  lowered: LoweredQuery,
  schema: Schema,
): Promise<ViewPlan> {
  if (lowered.kind === 'full-only') return fullOnly(lowered.detail);
  if (!agree(lowered.names, schema)) return fullOnly('columns in an order that is not understood');
  try {
    if (lowered.kind === 'rows') return await rowsPlan(session, parser, lowered, schema);
    const plan = await groupPlan(session, parser, lowered, schema);
    if (plan.kind !== 'full-only' || lowered.otherwise === null) return plan;
    const otherwise = await rowsPlan(session, parser, lowered.otherwise, schema);
    return otherwise.kind === 'full-only' ? plan : otherwise;
  } catch (cause) {
    if (cause instanceof EverviewError && cause.code === 'invalid-query') {
      return fullOnly(`an expression that is not understood (${cause.message})`);
    }
    throw cause;
  }
}

/** Names DuckDB made unique (`x_1`) agree with those it started from. */
function agree(names: readonly (string | null)[], schema: Schema): boolean {
  return (
    names.length === schema.length &&
    names.every((name, place) => {
      const shown = schema[place]?.name.toLowerCase() ?? '';
      return name === null || shown === name.toLowerCase() || shown.startsWith(`${name.toLowerCase()}_`);
    })
  );
}

async function rowsPlan(
  session: Session,
  parser: SqlParser,
  lowered: Extract<LoweredQuery, { kind: 'rows' }>,
  schema: Schema,
): Promise<RowsPlan | DomainPlan | FullOnlyPlan> {
  if (lowered.node.kind === 'domain') return planOfDomain(session, parser, lowered.node, schema);
  const names = schema.map((column) => column.name);
  const printed = await printRelation(parser, renameColumns(lowered.node, names));
  return signedPlan(session, printed.node, schema);
}

/** A plan that computes old rows again. */
async function signedPlan(
  session: Session,
  printed: Relation,
  schema: Schema,
): Promise<RowsPlan | FullOnlyPlan> {
  const node = await withTypes(session, printed);
  const obstacle = await obstacleTo(session, node);
  if (obstacle !== null) return fullOnly(obstacle);
  const signed = await describeSigned(session, node);
  if (!sameTypes(signed, schema)) return fullOnly('columns of other types than the query');
  return { kind: 'rows', rung: domainsOf(node).length > 0 ? 'domain' : 'algebraic', node };
}

/**
 * Old rows are computed again where that gives the same and the view does not show its keys; else they are taken
 * from the contents by key.
 */
async function planOfDomain(
  session: Session,
  parser: SqlParser,
  tree: SelectDomain,
  schema: Schema,
): Promise<RowsPlan | DomainPlan | FullOnlyPlan> {
  const printed = await printRelation(parser, tree);
  const node = await withTypes(session, printed.node);
  if (node.kind !== 'domain') throw new RangeError('a domain stays one');
  if (node.keys.length === 0) return fullOnly('an aggregate over everything');
  const plan = await domainPlan(session, node, schema, (key) => sameColumns(tree, key));
  if (plan.hidden.length === 0) return checkedDomain(session, plan, schema);
  const names = schema.map((column) => column.name);
  const renamed = await printRelation(parser, renameColumns(tree, names));
  const again = await signedPlan(session, renamed.node, schema);
  return again.kind === 'rows' ? again : checkedDomain(session, plan, schema);
}

async function checkedDomain(
  session: Session,
  plan: DomainPlan,
  schema: Schema,
): Promise<DomainPlan | FullOnlyPlan> {
  const obstacle = await obstacleToDomain(session, plan.node);
  if (obstacle !== null) return fullOnly(obstacle);
  const relations = new Set([
    clockSource,
    ...scansOf(plan.node).map((scan) => scan.relation),
    ...predictsOf(plan.node).map(({ model }) => model),
  ]);
  const touched = touchedKeysOf(plan, relations, { kind: 'probe' }, null);
  const names = [...schema, ...plan.hidden].map((column) => column.name);
  const rows = domainRows(plan, names, { kind: 'probe' }, touched === null ? null : `(${touched})`);
  const described = await session.describe(rows);
  return sameTypes(described.slice(0, schema.length), schema)
    ? plan
    : fullOnly('columns of other types than the query');
}

async function groupPlan(
  session: Session,
  parser: SqlParser,
  lowered: Extract<LoweredQuery, { kind: 'group' }>,
  schema: Schema,
): Promise<GroupPlan | FullOnlyPlan> {
  const { group } = lowered;
  const extra = [...group.outputs, ...(group.having === null ? [] : [group.having])];
  const printed = await printRelation(parser, lowered.input, extra);
  const untyped = await withTypes(session, printed.node);
  const obstacle = await obstacleTo(session, untyped);
  if (obstacle !== null) return fullOnly(obstacle);
  const types = await describeSigned(session, untyped);
  const typed = typedGroup(group, types);
  if (typeof typed === 'string') return fullOnly(typed);
  const keys = group.keys.map((_, place) => stateColumns.key(place));
  const plan: GroupPlan = {
    kind: 'group',
    group: createGroup(castColumns(untyped, typed.casts), keys, typed.arguments, typed.moments),
    ...finalsOf(group.finals, typed),
    outputs: printed.extra.slice(0, group.outputs.length),
    having: group.having === null ? null : (printed.extra.at(-1) ?? null),
  };
  const state = renderState(plan.group, { kind: 'probe' });
  const outputs = await session.describe(outputsOver(plan, schema, `(${state})`));
  return sameTypes(outputs, schema) ? plan : fullOnly('columns of other types than the query');
}

async function printRelation(
  parser: SqlParser,
  node: Relation<SqlNode>,
  extra: readonly SqlNode[] = [],
): Promise<{ node: Relation; extra: string[] }> {
  const trees: SqlNode[] = [];
  mapExpressions(node, (tree) => trees.push(tree));
  const texts = await parser.printExpressions([...trees, ...extra]);
  let next = 0;
  return { node: mapExpressions(node, () => texts[next++] ?? 'NULL'), extra: texts.slice(trees.length) };
}

/**
 * The schema of the relation's change, without its weight. Asking for the signed form is what tells a function of
 * one row from a hidden aggregate: DuckDB refuses an aggregate beside the weight.
 */
async function describeSigned(session: Session, node: Relation): Promise<Schema> {
  const read = [...scansOf(node).map((scan) => scan.relation), ...predictsOf(node).map(({ model }) => model)];
  const sources = [...new Set([clockSource, ...read])];
  const all = new Set(sources);
  const signed = await session.describe(renderRelation(oldOf(node, all), { kind: 'probe' }));
  // DuckDB may refuse one form of a subquery and take another, so each source is tried alone as well.
  for (const changed of domainsOf(node).length > 0 ? [all, ...sources.map((one) => new Set([one]))] : [all]) {
    const change = changeOf(node, changed);
    if (change !== null) await session.describe(renderRelation(change, { kind: 'probe' }));
  }
  return signed.slice(0, columnsOf(node).length);
}

function sameTypes(found: Schema, wanted: Schema): boolean {
  return (
    found.length === wanted.length &&
    found.every(({ type }, place) => (type === '"NULL"' ? 'INTEGER' : type) === wanted[place]?.type)
  );
}
