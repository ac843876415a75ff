import type { ClockFilterNode } from '../algebra/clock-filter.ts';
import { createFilter } from '../algebra/filter.ts';
import type { Relation, Scope } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { atInstant, atMoment, atTheEnd, type Moments } from '../core/moment.ts';
import type { Session } from '../core/session.ts';
import { type Version, versionOf } from '../core/version.ts';
import { clockFiltersOfPlan } from '../plan/clock-of-plan.ts';
import type { ViewPlan } from '../plan/view-plan.ts';
import { passedAt, stillAhead, turnsOnReaching } from '../store/render-clock-filter.ts';
import { renderRelation } from '../store/render-relation.ts';

/** The least boundary of the plan's own conditions on the clock; see `Refresher.nextBoundary`. */
export async function nextBoundaryMs(tx: Session, plan: ViewPlan, at: Moments): Promise<number | null> {
  let least: number | null = null;
  for (const filter of clockFiltersOfPlan(plan)) {
    const next = await boundaryOf(tx, filter, at);
    if (next !== null) least = Math.min(least ?? next, next);
  }
  return least;
}

/** A row ahead is looked for within so much first, where rows further off need not be read for that. */
const nearMs = 86_400_000;

async function boundaryOf(
  tx: Session,
  filter: ClockFilterNode<Scope, string>,
  at: Moments,
): Promise<number | null> {
  const isStored = filter.condition.columnType !== null;
  for (const withinMs of isStored ? [nearMs, null] : [null]) {
    const [row] = await tx.rows(boundarySql(filter, at, withinMs));
    const next = row?.next_ms;
    if (next === null || next === undefined) continue;
    if (row?.is_ahead === true || withinMs === null) return Number(next);
  }
  return null;
}

/** Spacing of the moments at which a bound may step, and how many ahead are looked at. */
const marks = [
  { everyMs: 86_400_000, count: 400 },
  { everyMs: 3_600_000, count: 48 },
  { everyMs: 60_000, count: 60 },
  { everyMs: 1_000, count: 60 },
] as const;

/**
 * A SELECT of one row: `next_ms`, and whether there is a row ahead (`is_ahead`). With v the least value the bound g has not passed at T: g passes v not
 * before m if it has not at m − 1 ms, for any g that never goes back. The moments tried are those at which g steps
 * (`date_trunc`, dates), and T + (v − g(T)), at which it arrives if it goes with the clock. A bound with months goes
 * back at the end of some, by less than a day, at a midnight: nothing is said beyond that.
 */
function boundarySql(filter: ClockFilterNode<Scope, string>, at: Moments, withinMs: number | null): string {
  const atMs = at.toMs;
  const { condition } = filter;
  const passed = (instant: string) => passedAt(condition, 'v', instant);
  const bound = (instant: string) => atInstant(condition.bound, instant);
  const now = atMoment(condition.bound, atMs);
  const strictUs = turnsOnReaching(condition) ? 0 : 1;
  const arrival =
    `SELECT ${atMs} + CAST(ceil((epoch_us(CAST(v AS TIMESTAMP)) - epoch_us(CAST(${now} AS TIMESTAMP)) + ${strictUs}) / 1000) AS BIGINT) ` +
    'FROM ahead WHERE v IS NOT NULL';
  const steps = marks.map(
    ({ everyMs, count }) =>
      `SELECT ${Math.floor(atMs / everyMs) * everyMs} + i * ${everyMs} FROM range(1, ${count + 1}) AS r(i)`,
  );
  return (
    `WITH ahead AS (${aheadSql(filter, at, withinMs)}), ` +
    `tried(ms) AS (SELECT ${atMs + 1} UNION ALL ${[arrival, ...steps].join(' UNION ALL ')}), ` +
    `back AS (SELECT min(ms) AS ms FROM tried ` +
    `WHERE (${bound('epoch_ms(ms)')}) < (${bound('epoch_ms(ms - 1)')})) ` +
    'SELECT CAST(least(back.ms, CASE WHEN ahead.v IS NOT NULL THEN (' +
    `SELECT coalesce(max(ms), ${atMs + 1}) FROM tried WHERE ms > ${atMs} AND NOT ${passed('epoch_ms(ms - 1)')}` +
    ') END) AS BIGINT) AS next_ms, ahead.v IS NOT NULL AS is_ahead FROM ahead, back'
  );
}

/** The least value that is still ahead of the bound, as `v`. */
function aheadSql(
  { input, condition }: ClockFilterNode<Scope, string>,
  at: Moments,
  withinMs: number | null,
): string {
  const { value, columnType } = condition;
  const comparable = columnType === null ? `CAST(${value} AS TIMESTAMP)` : value;
  const finite = `isfinite(${/^TIMESTAMP_/.test(columnType ?? '') ? `CAST(${value} AS TIMESTAMP)` : comparable})`;
  const isAhead = [...stillAhead(condition, at.toMs, withinMs), finite].join(' AND ');
  const rows: Relation = createProject<Scope, string>(createFilter<Scope, string>(input, isAhead), [
    { name: 'v', expression: comparable },
  ]);
  return `SELECT min(v) AS v FROM (${renderRelation(rows, newest(at))})`;
}

/** Relations that are not signed are read as they are, whatever the version. */
const anyVersion: Version = versionOf(0);

function newest(at: Moments) {
  return {
    kind: 'window',
    from: anyVersion,
    to: anyVersion,
    moments: atTheEnd(at),
  } as const;
}
