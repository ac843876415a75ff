import { inspect } from 'node:util';
import { EverviewError } from '../../src/core/errors.ts';
import { quoteIdentifier } from '../../src/core/identifier.ts';
import { type Rung, rungsOf, type ViewPlan } from '../../src/plan/view-plan.ts';
import type { RefreshOutcome } from '../../src/view/refresher.ts';
import { BareDuckdb, bareAnswer, differenceFromBare } from './bare-duckdb.ts';
import { depth } from './depth.ts';
import type { RefRelation } from './reference/value.ts';
import type { Shape } from './shape-catalogue.ts';
import { type ShapeUpdate, shapeMomentMs, shapeTables, shapeUpdates } from './shape-tables.ts';
import { ViewWorld } from './view-world.ts';

/** What a shape was seen to do on one of its rungs. */
export type ShapeOutcome = {
  readonly rung: Rung;
  /** The first update after which something was wrong, and what; null: all was well. */
  failure: string | null;
  /** Refreshes after the first build that took the rung, and did not fall back. */
  taken: number;
};

export type ShapeFindings = { readonly plan: ViewPlan; readonly outcomes: readonly ShapeOutcome[] };

/** A shape, kept once for each of its rungs. */
type Kept = { readonly shape: Shape; readonly views: readonly KeptView[] };

type KeptView = { readonly name: string; readonly outcome: ShapeOutcome };

/**
 * Keeps every shape once for each rung it has, beside a bare DuckDB with the same rows. After each update the
 * contents must equal the bare recompute, and so must a view over them, which gets nothing but their logged change.
 */
export async function runShapes(shapes: readonly Shape[]): Promise<ReadonlyMap<string, ShapeFindings>> {
  const world = await ViewWorld.open();
  const bare = await BareDuckdb.open({ threads: '1' });
  try {
    await createTables(world, bare);
    const [load, ...updates] = depth(shapeUpdates.slice(0, 3), shapeUpdates);
    world.nowMs = shapeMomentMs(0);
    if (load !== undefined) await apply(world, bare, load);
    const findings = new Map<string, ShapeFindings>();
    const kept: Kept[] = [];
    for (const [place, shape] of shapes.entries()) {
      const { plan } = await world.compile(`s${place}`, shape.sql);
      const outcomes = incrementalFirst(plan).map(
        (rung): ShapeOutcome => ({ rung, failure: null, taken: 0 }),
      );
      findings.set(shape.name, { plan, outcomes });
      const views = outcomes.map((outcome): KeptView => ({ name: `s${place}_${outcome.rung}`, outcome }));
      for (const { name } of views) await keep(world, name, shape.sql);
      kept.push({ shape, views });
    }
    for (const [place, update] of updates.entries()) {
      world.nowMs = shapeMomentMs(place + 1);
      await apply(world, bare, update);
      for (const { shape, views } of kept) {
        const expected = await bareAnswer(bare, atMoment(shape.sql, world.nowMs));
        for (const view of views) await refreshKept(world, expected, view, update);
      }
    }
    return findings;
  } finally {
    bare.close();
    await world.close();
  }
}

/** The incremental rungs, and the full one where there is no other: it is DuckDB's own recompute, which all are compared with. */
function incrementalFirst(plan: ViewPlan): readonly Rung[] {
  const rungs = rungsOf(plan);
  const incremental = rungs.filter((rung) => rung !== 'full');
  return incremental.length > 0 ? incremental : rungs;
}

/** What each query's plan is, by name, over tables without rows. */
export async function plansOf(
  tables: typeof shapeTables,
  queries: readonly { readonly name: string; readonly sql: string }[],
): Promise<ReadonlyMap<string, ViewPlan>> {
  const world = await ViewWorld.open();
  try {
    for (const { name, schema } of tables) await world.table(name, schema);
    const plans = new Map<string, ViewPlan>();
    for (const { name, sql } of queries) plans.set(name, (await world.compile('v', sql)).plan);
    return plans;
  } finally {
    await world.close();
  }
}

/** The code of the refusal to keep a query; null when it can be kept. */
export async function refusalOf(sql: string): Promise<string | null> {
  try {
    await plansOf(shapeTables, [{ name: 'v', sql }]);
    return null;
  } catch (failure) {
    if (failure instanceof EverviewError) return failure.code;
    throw failure;
  }
}

async function createTables(world: ViewWorld, bare: BareDuckdb): Promise<void> {
  for (const { name, schema } of shapeTables) {
    await world.table(name, schema);
    const columns = schema.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
    await bare.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
  }
}

async function keep(world: ViewWorld, name: string, sql: string): Promise<void> {
  await world.view(name, sql);
  await world.refresh(name, 'rebuild');
  await world.view(dependentOf(name), `SELECT * FROM ${name}`);
  await world.refresh(dependentOf(name), 'rebuild');
}

function atMoment(sql: string, ms: number): string {
  return sql.replaceAll('now()', `TIMESTAMPTZ '${new Date(ms).toISOString()}'`);
}

function dependentOf(name: string): string {
  return `${name}_dependent`;
}

async function apply(world: ViewWorld, bare: BareDuckdb, { changes }: ShapeUpdate): Promise<void> {
  await world.update(changes);
  for (const { table, insert, where } of changes) {
    await bare.run(
      insert === undefined ? `DELETE FROM ${table} WHERE ${where}` : `INSERT INTO ${table} VALUES ${insert}`,
    );
  }
}

async function refreshKept(
  world: ViewWorld,
  expected: RefRelation,
  { name, outcome }: KeptView,
  update: ShapeUpdate,
): Promise<void> {
  if (outcome.failure !== null) return;
  try {
    outcome.failure = await compensatedFailure(world, expected, name, outcome.rung);
    if (outcome.failure !== null) return;
    const done = await refreshBy(world, name, outcome.rung);
    const wanted = outcome.rung === 'full' ? 'full' : 'incremental';
    if (done.kind === wanted && done.fallback === undefined) outcome.taken += 1;
    await refreshBy(world, dependentOf(name), 'algebraic');
    for (const relation of [name, dependentOf(name)]) {
      const from = `view.${quoteIdentifier(relation)}`;
      const difference = await differenceFromBare(expected, from, (sql) => world.rows(sql));
      if (difference === null) continue;
      outcome.failure = `${update.name}: ${relation} after ${JSON.stringify(done)} ${difference}`;
      return;
    }
  } catch (thrown) {
    outcome.failure = `${update.name}: ${String(thrown)}`;
  }
}

/** What is wrong with a read of the contents together with their pending change, where there is such a read. */
async function compensatedFailure(
  world: ViewWorld,
  expected: RefRelation,
  name: string,
  rung: Rung,
): Promise<string | null> {
  // Floating-point sums agree in their first digits only, and this comparison is exact.
  if (rung === 'full' || expected.columns.some((column) => !column.exact)) return null;
  const difference = await world.compensated(name);
  if (typeof difference === 'string' || difference.length === 0) return null;
  return `${name}, read with its pending change: ${inspect(difference)}`;
}

function refreshBy(world: ViewWorld, name: string, rung: Rung): Promise<RefreshOutcome> {
  return rung === 'full' ? world.refresh(name, 'rebuild') : world.refresh(name, 'advance', rung);
}
