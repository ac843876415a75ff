import { nameOf, type TableEntry } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';

/** When rows last came to a table, whatever became of them unless it was refused; or else when it was declared. */
export function lastHeardMs({ changes, setAsideMs }: EngineState, entry: TableEntry): number {
  const name = nameOf(entry);
  return Math.max(changes.lastArrivalMs(name) ?? entry.createdAtMs, setAsideMs.get(name) ?? 0);
}
