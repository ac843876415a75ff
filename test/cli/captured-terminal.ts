import pico from 'picocolors';
import { createProgress } from '../../src/cli/progress.ts';
import type { Output, Prompt, PromptAnswer, Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what was written to it, and whose prompt is answered from a list. */
export type CapturedTerminal = Terminal & { readonly out: string[]; readonly err: string[] };

export function captureTerminal(
  options: {
    readonly isTerminal?: boolean;
    readonly input?: readonly (string | Uint8Array)[];
    readonly typed?: readonly PromptAnswer[];
    readonly colors?: boolean;
    readonly widthColumns?: number;
  } = {},
): CapturedTerminal {
  const isTerminal = options.isTerminal ?? false;
  const out: string[] = [];
  const err: string[] = [];
  const output = (kept: string[]): Output => ({
    isTerminal,
    colors: pico.createColors(options.colors ?? false),
    widthColumns: options.widthColumns ?? null,
    async write(data) {
      kept.push(typeof data === 'string' ? data : Buffer.from(data).toString('latin1'));
    },
  });
  return {
    out,
    err,
    stdin: {
      isTerminal,
      async *chunks() {
        for (const chunk of options.input ?? []) yield Buffer.from(chunk);
      },
    },
    stdout: output(out),
    stderr: output(err),
    progress: createProgress(null),
    interrupted: new AbortController().signal,
    async openPrompt(): Promise<Prompt> {
      const typed = [...(options.typed ?? [])];
      return {
        async ask(question) {
          out.push(question);
          return typed.shift() ?? { kind: 'ended' };
        },
        async close() {},
      };
    },
  };
}
