import { changesOfInputs, type DomainInput } from '../algebra/domain.ts';
import { changeOf, type Relation } from '../algebra/node.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { DomainPlan, KeptPredictions } from '../plan/view-plan.ts';
import type { KeyRange } from '../store/key-range.ts';
import { type RenderSource, renderDomainOf, renderTouched, touchedColumn } from '../store/render-relation.ts';
import { movedKeys } from './moved-predictions.ts';
import { narrowJoins, type Sizes } from './narrow-joins.ts';

/** What touches keys of a domain. */
type Touching = {
  readonly changes: readonly DomainInput<Relation>[];
  /** A SELECT of those of rows that another version of a model predicts otherwise; null: none is asked. */
  readonly moved: string | null;
};

/**
 * A SELECT of the keys that the changes touch; null when there are none.
 *
 * @param rows the table of the stored rows; null: to ask DuckDB about types
 */
export function touchedKeysOf(
  plan: DomainPlan,
  changed: ReadonlySet<string>,
  source: RenderSource,
  rows: string | null,
): string | null {
  return renderTouching(touchingOf(plan, changed, source, rows), source);
}

/** As `touchedKeysOf`, where large relations that changes are joined with need not be read whole. */
export async function narrowTouchedKeys(
  session: Session,
  plan: DomainPlan,
  source: RenderSource,
  rows: string,
  sizes: Sizes,
): Promise<string | null> {
  const { changes, moved } = touchingOf(plan, new Set(sizes.changedSources.keys()), source, rows);
  const narrowed: DomainInput<Relation>[] = [];
  for (const change of changes)
    narrowed.push({ ...change, node: await narrowJoins(session, change.node, source, sizes) });
  return renderTouching({ changes: narrowed, moved }, source);
}

function touchingOf(
  plan: DomainPlan,
  changed: ReadonlySet<string>,
  source: RenderSource,
  rows: string | null,
): Touching {
  const { kept } = plan;
  const moved = kept !== undefined && rows !== null ? movedPredictions(kept, changed, source, rows) : null;
  const others = moved === null ? changed : new Set([...changed].filter((name) => name !== kept?.model));
  const changes = changesOfInputs<Relation, string>(plan.node, (input) => changeOf(input, others));
  return { changes, moved };
}

function renderTouching({ changes, moved }: Touching, source: RenderSource): string | null {
  const touched = changes.length === 0 ? [] : [renderTouched(changes, source)];
  if (moved !== null) touched.push(moved);
  return touched.length === 0 ? null : touched.join(' UNION ');
}

/** Of the rows that another version predicts, those it predicts otherwise; null where that is no matter of tolerance. */
function movedPredictions(
  kept: KeptPredictions,
  changed: ReadonlySet<string>,
  source: RenderSource,
  rows: string,
): string | null {
  if (source.kind === 'probe' || !changed.has(kept.model)) return null;
  const ends = source.moments.models?.get(kept.model);
  return ends?.to && ends.from ? movedKeys(kept, ends.to, rows) : null;
}

/**
 * A SELECT of the stored columns for the touched keys as they are now; for all keys without `touched`.
 *
 * @param ranges of the touched keys, in the order of the plan's, if known
 */
export function domainRows(
  plan: DomainPlan,
  columns: readonly string[],
  source: RenderSource,
  touched: string | null,
  ranges: readonly (KeyRange | null)[] = [],
): string {
  const list = columns.map(
    (name, place) => `${quoteIdentifier(plan.sources[place] ?? name)} AS ${quoteIdentifier(name)}`,
  );
  const keys = plan.keys.map((_, place) => touchedColumn(place));
  const restriction = touched === null ? null : { item: touched, columns: keys, ranges };
  const rows = renderDomainOf(plan.node, source, restriction);
  return `SELECT ${list.join(', ')} FROM (${rows})`;
}
