import { changesOfInputs } from '../algebra/domain.ts';
import { changeOf, type Relation } from '../algebra/node.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { DomainPlan } from '../plan/view-plan.ts';
import { type RenderSource, renderDomainOf, renderTouched, touchedColumn } from '../store/render-relation.ts';

/** A SELECT of the keys that the changes touch; null when there are none. */
export function touchedKeysOf(
  plan: DomainPlan,
  changed: ReadonlySet<string>,
  source: RenderSource,
): string | null {
  const changes = changesOfInputs<Relation, string>(plan.node, (input) => changeOf(input, changed));
  return changes.length === 0 ? null : renderTouched(changes, source);
}

/** A SELECT of the stored columns for the touched keys as they are now; for all keys without `touched`. */
export function domainRows(
  plan: DomainPlan,
  columns: readonly string[],
  source: RenderSource,
  touched: string | null,
): string {
  const list = columns.map(
    (name, place) => `${quoteIdentifier(plan.sources[place] ?? name)} AS ${quoteIdentifier(name)}`,
  );
  const keys = plan.keys.map((_, place) => touchedColumn(place));
  const rows = renderDomainOf(plan.node, source, touched === null ? null : { item: touched, columns: keys });
  return `SELECT ${list.join(', ')} FROM (${rows})`;
}
