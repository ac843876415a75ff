import { rungsOf, type ViewPlan } from '../../src/plan/view-plan.ts';
import { tpchQueries, uncutTpchQueries } from '../tpch/tpch-queries.ts';
import { sqlTypeOf, tpchLoadOrder, tpchTables } from '../tpch/tpch-schema.ts';
import { refusedShapes, shapeCatalogue } from './shape-catalogue.ts';
import { plansOf } from './shape-run.ts';
import { shapeTables } from './shape-tables.ts';

/** Rows of the documentation's tables: what the engine plans for the shapes of the catalogue, and for TPC-H. */
export type Cells = readonly string[];

export async function shapeRows(): Promise<{ readonly title: string; readonly rows: readonly Cells[] }[]> {
  const plans = await plansOf(
    shapeTables,
    shapeCatalogue.flatMap((group) => group.shapes),
  );
  return shapeCatalogue.map(({ title, shapes }) => ({
    title,
    rows: shapes.map(({ name, sql }) => [name, `\`${sql}\``, rungsText(plans.get(name))]),
  }));
}

export function refusedRows(): Cells[] {
  return refusedShapes.map(({ name, sql, code }) => [name, `\`${sql}\``, `\`${code}\``]);
}

export async function tpchRows(): Promise<Cells[]> {
  const tables = tpchLoadOrder.map((name) => ({
    name,
    schema: tpchTables[name].columns.map(([column, kind]) => ({ name: column, type: sqlTypeOf(kind) })),
  }));
  const queries = [...tpchQueries(1), ...uncutTpchQueries(1)];
  const plans = await plansOf(tables, queries);
  return queries.map(({ name, title }) => {
    const plan = plans.get(name);
    return [
      `${name.replace(/^q|_.*$/g, (part) => (part === 'q' ? 'Q' : ''))} ${title}`,
      rungsText(plan),
      plan?.kind === 'full-only' ? plan.detail : '',
    ];
  });
}

function rungsText(plan: ViewPlan | undefined): string {
  return plan === undefined ? '' : rungsOf(plan).join(', ');
}
