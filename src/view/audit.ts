import { quoteIdentifier, quoteList } from '../core/identifier.ts';
import type { Moments } from '../core/moment.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Row } from '../core/value.ts';
import type { ViewPlan } from '../plan/view-plan.ts';
import { contentsOf } from './change-log.ts';
import { definitionSql } from './definition-sql.ts';
import { outputsOver } from './group-outputs.ts';
import { stateOf } from './group-step.ts';
import type { ViewHandle } from './refresher.ts';

/** One row that the contents have and the definition does not give, or the other way round. */
export type Divergence = {
  readonly side: 'missing' | 'unexpected' | 'different';
  readonly row: Row;
};

const floating = /^(FLOAT|DOUBLE)$/;
const inexact = /\b(FLOAT|DOUBLE)\b/;

/** Parts that samples are made of: the share is rounded to one in so many. */
const parts = 1_000_000;

/**
 * Why contents need not equal the definition evaluated again, so that comparing the two says nothing; null: they
 * must be equal.
 */
export function obstacleToAudit(plan: ViewPlan): string | null {
  switch (plan.kind) {
    case 'full-only':
      return 'it is recomputed at every refresh';
    case 'domain':
      return plan.kept === undefined
        ? plan.node.repeatable.obstacle
        : 'its predictions may be off by prediction_tolerance';
    case 'rows':
    case 'group':
      return null;
  }
}

/**
 * Computes a sample of the view's keys again and compares. The contents must be right for the session's snapshot.
 *
 * @param at the moment they are right at, and the models they show, at its end
 * @param share of the keys that are sampled, 0 to 1; `salt` chooses which: the same gives the same sample
 * @returns the first difference, in the order of the columns; null: the sample is right
 */
export async function auditContents(
  session: Session,
  view: ViewHandle,
  share: number,
  salt: number,
  at: Moments,
): Promise<Divergence | null> {
  const made = await madeInexactly(session, view);
  const exact = view.schema
    .filter(({ type }, place) => !inexact.test(type) && !made(place))
    .map(({ name }) => name);
  const keys = sampledColumns(view, exact);
  const sample =
    keys.length === 0 ? 'true' : `hash(${quoteList(keys)}, ${salt}) % ${parts} < ${Math.ceil(share * parts)}`;
  const [row] = await session.rows(differences(view, exact, sample, at));
  if (row === undefined) return null;
  const side = row['__ev_side'];
  return {
    side: side === 'missing' || side === 'unexpected' ? side : 'different',
    row: Object.fromEntries(view.schema.map(({ name }) => [name, row[name] ?? null])),
  };
}

/**
 * Whether the column at a place is made of sums that are right within a tolerance alone, whatever its own type:
 * `sum(price)::VARCHAR` shows the last digit. Such columns are not compared.
 */
async function madeInexactly(
  session: Session,
  { name, plan }: ViewHandle,
): Promise<(place: number) => boolean> {
  if (plan.kind !== 'group' || plan.finals.length === 0) return () => false;
  const finals = plan.finals.map((final) => final.name);
  const columns = finals.map((final) => ({ name: final, type: '' }));
  const described = await session.describe(
    outputsOver({ ...plan, outputs: finals, having: null }, columns, stateOf(name)),
  );
  const inexactFinals = described.filter(({ type }) => inexact.test(type));
  return (place) =>
    inexactFinals.some((final) => new RegExp(`\\b${final.name}\\b`).test(plan.outputs[place] ?? ''));
}

/** The columns that say which key a row is of, where they are shown; else all that compare exactly. */
function sampledColumns({ plan, schema }: ViewHandle, exact: readonly string[]): readonly string[] {
  if (plan.kind === 'domain') {
    const shown = plan.keys.filter((key) => exact.includes(key));
    return shown.length > 0 ? shown : exact;
  }
  if (plan.kind !== 'group') return exact;
  const shown = schema.flatMap(({ name }, place) =>
    plan.group.keys.includes((plan.outputs[place] ?? '').replaceAll('"', '')) && exact.includes(name)
      ? [name]
      : [],
  );
  return shown.length > 0 ? shown : exact;
}

/** Rows pair by what is exact in them, and among equals by the order of the rest. */
function differences(view: ViewHandle, exact: readonly string[], sample: string, at: Moments): string {
  const names = view.schema.map(({ name }) => name);
  const rest = names.filter((name) => !exact.includes(name));
  const numbered = (item: string) => {
    const partition = exact.length === 0 ? '' : `PARTITION BY ${quoteList(exact)}`;
    const order = rest.length === 0 ? '' : ` ORDER BY ${quoteList(rest)}`;
    return `SELECT *, row_number() OVER (${partition}${order}) AS __ev_nth FROM ${item} WHERE ${sample}`;
  };
  const same = [...exact, '__ev_nth'].map((name) => {
    const column = quoteIdentifier(name);
    return `f.${column} IS NOT DISTINCT FROM k.${column}`;
  });
  const differ = view.schema.flatMap((column) => differs(column, view.tolerance));
  const list = names.map((name) => {
    const column = quoteIdentifier(name);
    return `CASE WHEN f.__ev_nth IS NULL THEN k.${column} ELSE f.${column} END AS ${column}`;
  });
  return (
    `SELECT ${list.join(', ')}, CASE WHEN k.__ev_nth IS NULL THEN 'missing' ` +
    `WHEN f.__ev_nth IS NULL THEN 'unexpected' ELSE 'different' END AS __ev_side ` +
    `FROM (${numbered(`(${definitionSql(view, at)}) AS q(${quoteList(names)})`)}) f ` +
    `FULL JOIN (${numbered(contentsOf(view.name))}) k ON ${same.join(' AND ')} ` +
    `WHERE f.__ev_nth IS NULL OR k.__ev_nth IS NULL${differ.map((text) => ` OR ${text}`).join('')} ` +
    'ORDER BY ALL LIMIT 1'
  );
}

/** The very test that equality of floating-point columns means; inside lists and structs nothing is compared. */
function differs({ name, type }: Schema[number], tolerance: number): string[] {
  if (!floating.test(type)) return [];
  const column = quoteIdentifier(name);
  const [f, k] = [`f.${column}`, `k.${column}`];
  return [
    `(${f} IS DISTINCT FROM ${k} AND NOT coalesce(` +
      `abs(${f} - ${k}) <= ${tolerance} * greatest(1, abs(${f}), abs(${k})), false))`,
  ];
}
