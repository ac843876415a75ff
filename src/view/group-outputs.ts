import { quoteIdentifier } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { GroupPlan } from '../plan/view-plan.ts';

/**
 * A SELECT of the user's columns over a FROM item that has the state's.
 *
 * @param extra columns of the item to take along, before the user's
 */
export function outputsOver(
  plan: GroupPlan,
  schema: Schema,
  item: string,
  extra: readonly string[] = [],
): string {
  const names = schema.map((column, place) => {
    const output = plan.outputs[place] ?? 'NULL';
    const cast = /^NULL$/i.test(output) ? `CAST(NULL AS ${column.type})` : output;
    return `${cast} AS ${quoteIdentifier(column.name)}`;
  });
  const inner = [
    ...extra,
    ...plan.group.keys.map(quoteIdentifier),
    ...plan.finals.map((final) => `${final.expression} AS ${final.name}`),
  ];
  const layered = (plan.layers ?? []).reduce((over, layer) => {
    const added = layer.map(({ name, expression }) => `${expression} AS ${name}`);
    return `(SELECT *, ${added.join(', ')} FROM ${over})`;
  }, item);
  const from = inner.length === 0 ? layered : `(SELECT ${inner.join(', ')} FROM ${layered})`;
  const where = plan.having === null ? '' : ` WHERE ${plan.having}`;
  return `SELECT ${[...extra, ...names].join(', ')} FROM ${from}${where}`;
}
