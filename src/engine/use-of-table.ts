import { type Relation, scansOf } from '../algebra/node.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteList } from '../core/identifier.ts';
import { columnNames, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import { type TableUse, unknownUse } from '../ingest/judge/table-use.ts';
import { planColumns } from '../model/feature-plan.ts';
import type { ViewPlan } from '../plan/view-plan.ts';
import { type Catalog, type DerivedEntry, nameOf, type TableEntry } from '../query/catalog.ts';
import { compileView } from '../view/compile-view.ts';
import { flatResolverOf } from './compile-query.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';

type KeptDefinition = Exclude<DerivedEntry, { kind: 'model' }>;

/**
 * Which columns of a table reach a view, or a model as a feature, a label or a time: found by planning each definition
 * over tables alone, with only what is used of it, and looking at what is then read. Asked for when something is wrong
 * with the table.
 */
export async function useOfTable(
  { parser }: Pick<EngineCore, 'parser'>,
  session: Session,
  { catalog }: Pick<EngineState, 'catalog'>,
  entry: TableEntry,
): Promise<TableUse> {
  const table = nameOf(entry);
  const derived = catalog
    .derivedFrom(table)
    .filter((one) => one.kind !== 'model' && one.bases.includes(table));
  if (derived.length === 0) return unknownUse;
  const all = columnNames(entry.target.schema);
  const read = (one: KeptDefinition, wanted: readonly string[] | null) =>
    columnsRead(session, parser, catalog, one, { table, all }, wanted);
  const used = new Set<string>();
  const labels = new Set<string>();
  for (const one of derived) {
    if (one.kind === 'view') add(used, await read(one, null));
    if (one.kind !== 'training-set') continue;
    const learners = catalog.derivedFrom(nameOf(one)).filter((model) => model.kind === 'model');
    const own = learners.filter((model) => sameName(model.reads[0], nameOf(one)));
    if (own.length === 0) continue;
    const { label, eventTime } = one.declared.definition;
    const wanted = new Set([
      ...own.flatMap(({ plan }) => planColumns(plan)),
      ...(eventTime === null ? [] : [eventTime]),
    ]);
    add(used, await read(one, [...wanted]));
    const whatever = await read(one, []);
    const ofLabel = await read(one, [label]);
    add(
      labels,
      ofLabel.filter((name) => !whatever.includes(name)),
    );
  }
  return { used, labels };
}

function add(to: Set<string>, names: readonly string[]): void {
  for (const name of names) to.add(name.toLowerCase());
}

/**
 * The columns of a table that a definition reads; all of them where nothing can be planned.
 *
 * @param wanted columns of the definition that are asked for; null: all
 */
async function columnsRead(
  session: Session,
  parser: SqlParser,
  catalog: Catalog,
  { declared }: KeptDefinition,
  { table, all }: { readonly table: string; readonly all: readonly string[] },
  wanted: readonly string[] | null,
): Promise<readonly string[]> {
  const { name, query, tolerance } = declared.definition;
  const list = wanted === null ? '*' : wanted.length === 0 ? '1 AS one' : quoteList(wanted);
  const text = `SELECT ${list} FROM (${query}) AS defined`;
  try {
    const tree = await parser.parse(text);
    const resolver = flatResolverOf(catalog);
    const { plan } = await compileView(session, parser, {
      name,
      text,
      query: tree,
      resolver,
      tolerance,
      predictionTolerance: 0,
      isDeclared: false,
    });
    const node = nodeOf(plan);
    if (node === null) return all;
    return scansOf(node).flatMap(({ relation, columns }) => (relation === table ? columns : []));
  } catch (failure) {
    if (failure instanceof EverviewError) return all;
    throw failure;
  }
}

function nodeOf(plan: ViewPlan): Relation | null {
  if (plan.kind === 'full-only') return null;
  return plan.kind === 'group' ? plan.group.input : plan.node;
}
