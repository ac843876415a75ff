import { createJsonWriter } from './json-writer.ts';
import { openExistingEngine } from './open-engine.ts';
import { createTableWriter } from './table-writer.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';
import { withEngine } from './with-engine.ts';

export type DrillOptions = {
  readonly db: string;
  readonly table: string;
  readonly now: Date | null;
  readonly format: 'table' | 'json';
};

/** Breaks copies of a table's latest updates in every way of the catalogue, and tells what would be found. */
export async function runDrill(options: DrillOptions, terminal: Terminal): Promise<ExitStatus> {
  const { stdout, stderr, progress } = terminal;
  const writer = options.format === 'json' ? createJsonWriter(stdout) : createTableWriter(stdout, stderr);
  return withEngine(
    () => openExistingEngine(options.db, options.now),
    terminal,
    async (engine) => {
      const result = await engine.drillStatement(options.table, {
        progress: (done, total) => (done === 0 ? progress.start(total, 'drill') : progress.tick()),
      });
      progress.stop();
      await writer.result(1, result);
      return exitStatus.done;
    },
  );
}
