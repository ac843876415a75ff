import type { Everview } from '../index.ts';
import type { Terminal } from './terminal.ts';

/**
 * Opens the engine, does the work and closes the engine, whatever happens in between. When the terminal is
 * interrupted the engine is closed at once (a statement under way is rolled back) and the interruption thrown.
 */
export async function withEngine<T>(
  open: () => Promise<Everview>,
  terminal: Pick<Terminal, 'interrupted'>,
  work: (engine: Everview) => Promise<T>,
): Promise<T> {
  const engine = await open();
  try {
    return await untilInterrupted(work(engine), terminal.interrupted);
  } finally {
    await engine.close();
  }
}

function untilInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(interrupted.reason);
    if (interrupted.aborted) stop();
    interrupted.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => interrupted.removeEventListener('abort', stop));
  });
}
