import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type CellAnswer, type CellRequest, cellAnswerSchema } from './worker-messages.ts';

/** A process that replays cells, one at a time. */
export interface CellProcess {
  ask(request: CellRequest): void;
  /**
   * @param listener told everything it says.
   * @returns ends the telling
   */
  onAnswer(listener: (answer: CellAnswer) => void): () => void;
  /** How it ended, in words: by whose will does not matter. */
  readonly ended: Promise<string>;
  /** At once: nothing that it has begun is of use. */
  kill(): void;
}

/** Where processes come from. */
export interface CellProcesses {
  start(): CellProcess;
}

/** What a process last wrote on standard error is kept for the telling of how it ended. */
const keptErrorText = 2_000;

/** @param worker the program; by default the one beside this file, in whatever form this file is. */
export function forkCellProcesses(worker: string = workerBeside()): CellProcesses {
  return {
    start: () =>
      cellProcess(
        fork(worker, [], {
          execArgv: extname(worker) === '.ts' ? ['--import', typeScriptLoader()] : [],
          stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        }),
      ),
  };
}

function cellProcess(child: ChildProcess): CellProcess {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorText);
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => {
      const how = signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`;
      resolve(errors.trim() === '' ? how : `${how}: ${errors.trim()}`);
    });
  });
  return {
    // A process that is gone tells by `ended`, not here.
    ask: (request) => void child.send(request, () => undefined),
    onAnswer(listener) {
      const hear = (message: unknown): void => listener(answerOf(message));
      child.on('message', hear);
      return () => void child.off('message', hear);
    },
    ended,
    kill: () => void child.kill('SIGKILL'),
  };
}

function answerOf(message: unknown): CellAnswer {
  const answer = cellAnswerSchema.safeParse(message);
  if (answer.success) return answer.data;
  return { kind: 'failed', code: 'internal', message: z.prettifyError(answer.error), hint: null };
}

/** `cell-worker.ts` in the sources, `.js` in the package. */
function workerBeside(): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./cell-worker${extension}`, import.meta.url));
}

/** Sources run by tsx, which a checkout has. */
function typeScriptLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
