import { versionOf } from '../core/version.ts';
import type { Cursor } from '../log/cursor-log.ts';
import { nameOf } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';
import { overwritten } from './refresh-views.ts';
import { type MaintainedEntry, maintainedEntries } from './standings.ts';

/**
 * What is to begin again where a file is opened with a clock that stands before what its contents were refreshed at
 * (`--now`, a machine whose clock was wrong): all contents that follow the clock, and what rests on them. Their change
 * logs tell moments in order, so none of them can be moved back.
 *
 * @returns the cursors by name; empty where the clock has gone on, as it mostly has
 */
export function cursorsAhead(state: EngineState, nowMs: number): ReadonlyMap<string, Cursor> {
  const clocked = new Set<string>();
  for (const entry of maintainedEntries(state)) {
    const isBeneath = entry.reads.some((name) => clocked.has(name.toLowerCase()));
    if (isBeneath || followsClock(entry, state)) clocked.add(nameOf(entry).toLowerCase());
  }
  const standing = [...state.cursors].filter(([name]) => clocked.has(name.toLowerCase()));
  if (standing.every(([, { asOfMs }]) => asOfMs <= nowMs)) return new Map();
  return new Map(
    standing.map(([name, cursor]): [string, Cursor] => [
      name,
      // A model's last version answers on, as one that is stale from now.
      { ...cursor, hash: overwritten, version: versionOf(0), outcome: null, nextBoundaryMs: nowMs },
    ]),
  );
}

function followsClock(entry: MaintainedEntry, { catalog }: EngineState): boolean {
  if (entry.kind === 'model') return trainingSetOf(entry, catalog).declared.definition.eventTime !== null;
  return entry.handle?.isClocked === true;
}
