import { rmSync } from 'node:fs';
import { EverviewError } from '../../index.ts';
import type { History } from '../history.ts';
import type { CellOutcome } from './cell.ts';
import { readHistoryFile } from './history-file.ts';
import { replayCellInProcess } from './replay-in-process.ts';
import { type CellAnswer, type CellRequest, cellRequestSchema } from './worker-messages.ts';

/** The process that `forkCellProcesses` starts: answers one request after the other until nobody asks any more. */
serveCells();

function serveCells(): void {
  const replay = createReplayer();
  let scratchFolder: string | null = null;
  const answerTo = async (message: unknown): Promise<CellAnswer> => {
    try {
      const request = cellRequestSchema.parse(message);
      ({ scratchFolder } = request);
      return { kind: 'done', outcome: await replay(request) };
    } catch (error) {
      return failureOf(error);
    }
  };
  process.on('message', (message) => void answerTo(message).then(say));
  // Whoever asked is gone, killed perhaps, and takes nothing away any more.
  process.on('disconnect', () => {
    if (scratchFolder !== null) rmSync(scratchFolder, { recursive: true, force: true });
    process.exit(0);
  });
  // Ctrl-C reaches every process of the terminal; the one that asked decides.
  process.on('SIGINT', () => {});
}

/** Keeps the history that was asked about last: all policies of a seed are replayed over the same. */
function createReplayer(): (request: CellRequest) => Promise<CellOutcome> {
  let held: { readonly file: string; readonly history: History } | null = null;
  const historyOf = async (file: string): Promise<History> => {
    if (held?.file !== file) held = { file, history: await readHistoryFile(file) };
    return held.history;
  };
  return async ({ cell, experiment, lossScale, historyFile, scratchFolder }) => {
    Object.assign(process.env, { TMPDIR: scratchFolder, TMP: scratchFolder, TEMP: scratchFolder });
    const setting = { experiment, history: await historyOf(historyFile), lossScale };
    return replayCellInProcess(cell, setting, {
      signal: new AbortController().signal,
      progress: (steps) => say({ kind: 'progress', steps }),
    });
  };
}

function failureOf(error: unknown): CellAnswer {
  if (error instanceof EverviewError) {
    return { kind: 'failed', code: error.code, message: error.message, hint: error.hint ?? null };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'failed', code: 'internal', message, hint: null };
}

function say(answer: CellAnswer): void {
  process.send?.(answer);
}
