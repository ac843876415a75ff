import { openExistingEngine } from './open-engine.ts';
import { readStatus, statusLines } from './status-report.ts';
import type { ExitStatus, Terminal } from './terminal.ts';
import { exitStatus } from './terminal.ts';
import { withEngine } from './with-engine.ts';

export type StatusOptions = {
  readonly db: string;
  readonly now: Date | null;
  readonly format: 'table' | 'json';
};

/** What there is in a database, how stale it is, and what was done last. */
export async function runStatus(options: StatusOptions, terminal: Terminal): Promise<ExitStatus> {
  const { stdout } = terminal;
  const report = await withEngine(() => openExistingEngine(options.db, options.now), terminal, readStatus);
  switch (options.format) {
    case 'json':
      await stdout.write(`${JSON.stringify(report)}\n`);
      break;
    case 'table':
      await stdout.write(`${[...statusLines(report, stdout)].join('\n')}\n`);
      break;
  }
  return exitStatus.done;
}
