import { copyFile } from 'node:fs/promises';
import { afterAll } from 'vitest';
import { type Everview, SimulatedClock } from '../../src/index.ts';
import { type OpenOptions, openEverview } from './open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from './temporary-database.ts';

type World = { readonly db: Everview; readonly clock: SimulatedClock };

/** A file that nobody changes, and the moment at which it was closed. */
type Original = { readonly place: TemporaryDatabase; readonly nowMs: number };

/**
 * A database whose history takes long: made once in a file of tests, when one first asks, and lent to each as a copy of
 * its own at the moment at which it was left. Whoever borrows it goes on in an engine that has read that history from
 * its file; what the engine that saw it happen makes of more, tests with worlds of their own ask.
 */
export function lentWorld(
  build: (world: World) => Promise<void>,
): (place: TemporaryDatabase, options?: Omit<OpenOptions, 'path' | 'clock'>) => Promise<World> {
  let original: Promise<Original> | null = null;

  const make = async (): Promise<Original> => {
    const place = await temporaryDatabase();
    const world = await openEverview({ path: place.path });
    try {
      await build(world).finally(() => world.db.close());
    } catch (failure) {
      await place[Symbol.asyncDispose]();
      throw failure;
    }
    return { place, nowMs: world.clock.nowMs() };
  };

  afterAll(async () => {
    // That it could not be made was told to the tests that asked.
    const made = await original?.catch(() => null);
    await made?.place[Symbol.asyncDispose]();
  });

  return async (place, options = {}) => {
    original ??= make();
    const { place: from, nowMs } = await original;
    await copyFile(from.path, place.path);
    return openEverview({ ...options, path: place.path, clock: new SimulatedClock(nowMs) });
  };
}
