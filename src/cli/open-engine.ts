import { stat } from 'node:fs/promises';
import { Everview, EverviewError, SimulatedClock } from '../index.ts';

/** @param now where the clock stands; null: the system's clock. */
export function openEngine(db: string, now: Date | null): Promise<Everview> {
  return Everview.open(db, now === null ? {} : { clock: new SimulatedClock(now) });
}

/** Opens a database that is there already; a mistyped path must not become a new, empty file. */
export async function openExistingEngine(db: string, now: Date | null): Promise<Everview> {
  const found = await stat(db).catch(() => null);
  if (found === null || !found.isFile()) {
    throw new EverviewError('not-a-database', `there is no database at "${db}"`, {
      hint: `\`everview sql --db ${db}\` makes a new one`,
    });
  }
  return openEngine(db, now);
}
