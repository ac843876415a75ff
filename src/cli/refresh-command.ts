import type { StatementResult } from '../index.ts';
import { failureOf } from './failure.ts';
import { createJsonWriter } from './json-writer.ts';
import { keepTime, openExistingEngine } from './open-engine.ts';
import { readStatus, staleNames } from './status-report.ts';
import { createTableWriter } from './table-writer.ts';
import { type ExitStatus, endsCommand, exitStatus, type Terminal } from './terminal.ts';
import { withEngine } from './with-engine.ts';

export type RefreshOptions = {
  /** Null: everything that is stale. */
  readonly name: string | null;
  readonly db: string;
  readonly now: Date | null;
  readonly how: 'auto' | 'incremental' | 'full';
  readonly format: 'table' | 'json';
};

/** Brings objects up to date, what is read before what reads it. */
export async function runRefresh(options: RefreshOptions, terminal: Terminal): Promise<ExitStatus> {
  const { stdout, stderr, progress } = terminal;
  const writer = options.format === 'json' ? createJsonWriter(stdout) : createTableWriter(stdout, stderr);
  return withEngine(
    () => openExistingEngine(options.db, options.now),
    terminal,
    async (engine) => {
      await keepTime(engine, terminal);
      const names = options.name === null ? staleNames(await readStatus(engine)) : [options.name];
      if (names.length === 0 && options.format === 'table') await stdout.write('nothing is stale\n');
      progress.start(names.length, 'refresh');
      let status: ExitStatus = exitStatus.done;
      for (const [i, name] of names.entries()) {
        const result = await attempt(() => engine.refresh(name, options.how));
        progress.tick();
        if (result.kind === 'done') await writer.result(i + 1, result.result);
        else {
          await writer.failure(i + 1, failureOf(result.error), null);
          status = exitStatus.failed;
        }
      }
      progress.stop();
      return status;
    },
  );
}

type Attempt =
  | { readonly kind: 'done'; readonly result: StatementResult }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One object that fails does not keep the others from their refresh. */
async function attempt(work: () => Promise<StatementResult>): Promise<Attempt> {
  try {
    return { kind: 'done', result: await work() };
  } catch (error) {
    if (endsCommand(error)) throw error;
    return { kind: 'failed', error };
  }
}
