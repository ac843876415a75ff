import type { TableDefinition } from '../declare/definition.ts';
import type { EngineState } from './engine-state.ts';

/** How many a month may be expected of all tables together, where nothing is said. */
export const usualFalseAlarms = 1;

/**
 * How many false alarms a month may be expected of the judgement of one table: what it declares, or else an equal share
 * of what the database was opened with. So another table that is judged makes no more alarms.
 */
export function falseAlarmsOf(
  { catalog, falseAlarms }: Pick<EngineState, 'catalog' | 'falseAlarms'>,
  table: Pick<TableDefinition, 'falseAlarms'>,
): number {
  if (table.falseAlarms !== null) return table.falseAlarms;
  const sharing = catalog.entries().filter((entry) => {
    if (entry.kind !== 'table') return false;
    const { definition } = entry.declared;
    return definition.isProfiled && definition.falseAlarms === null;
  });
  return falseAlarms / Math.max(1, sharing.length);
}
