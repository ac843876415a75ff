import type { Colors } from 'picocolors/types.js';
import type { Progress } from './progress.ts';

export interface Output {
  readonly isTerminal: boolean;
  readonly colors: Colors;
  /** Columns a line may take; null where there is no edge (a pipe, a file). */
  readonly widthColumns: number | null;
  /**
   * Resolves when the system has taken the data.
   * @throws OutputLost when nobody reads any more, or the disk is full.
   */
  write(data: string | Uint8Array): Promise<void>;
}

export interface Input {
  readonly isTerminal: boolean;
  chunks(): AsyncIterable<Uint8Array>;
}

/** A line as typed; `cancelled` after Ctrl-C, `ended` after Ctrl-D. */
export type PromptAnswer =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'ended' };

export interface Prompt {
  /** Lines asked for are kept in the history. */
  ask(question: string): Promise<PromptAnswer>;
  close(): Promise<void>;
}

/** Everything of the process that a command may touch. */
export interface Terminal {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly progress: Progress;
  /** Aborted by Ctrl-C and by a polite kill; the reason is an `Interruption`. */
  readonly interrupted: AbortSignal;
  /** Only where standard input and output are a terminal. */
  openPrompt(): Promise<Prompt>;
}

/** What was written went nowhere; nothing further should be done for it. */
export class OutputLost extends Error {
  override readonly name = 'OutputLost';
  /** True when the reader went away (`everview … | head`), which is no failure to speak of. */
  readonly brokenPipe: boolean;

  constructor(message: string, brokenPipe: boolean) {
    super(message);
    this.brokenPipe = brokenPipe;
  }
}

/** The user or the system asked the process to stop. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitStatus: ExitStatus;

  constructor(exitStatus: ExitStatus) {
    super('interrupted');
    this.exitStatus = exitStatus;
  }
}

/** True for what ends the whole command, not one statement of it. */
export function endsCommand(error: unknown): error is OutputLost | Interruption {
  return error instanceof OutputLost || error instanceof Interruption;
}

/** As shells expect them; 128 + n stands for signal n (1 hang-up, 2 Ctrl-C, 13 broken pipe, 15 kill). */
export const exitStatus = {
  done: 0,
  failed: 1,
  usage: 2,
  hungUp: 129,
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];
