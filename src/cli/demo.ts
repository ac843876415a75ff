import { EverviewError } from './engine-port.ts';
import type { ExitStatus, Terminal } from './terminal.ts';

/** Replays the flights of 2001 through the engine. */
export async function runDemo(_terminal: Terminal): Promise<ExitStatus> {
  throw new EverviewError('unsupported', 'the demo is not built yet');
}
