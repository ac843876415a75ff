import { stat } from 'node:fs/promises';
import { Everview, EverviewError, SimulatedClock } from '../index.ts';
import { failureOf } from './failure.ts';
import { renderFailure } from './failure-report.ts';
import type { Terminal } from './terminal.ts';

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

/**
 * Does what the clock calls for before the first statement: a command may be over before the scheduler's first round,
 * and with a clock that stands there is none. What fails is told, and keeps nobody from working.
 */
export async function keepTime(
  engine: Everview,
  { stderr, interrupted }: Pick<Terminal, 'stderr' | 'interrupted'>,
): Promise<void> {
  try {
    await engine.keepTime();
  } catch (failure) {
    interrupted.throwIfAborted();
    await stderr.write(renderFailure(failureOf(failure), null, stderr.colors));
  }
}
