import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Prompt, PromptAnswer } from './terminal.ts';

const historyLines = 1_000;

export type ReadlinePromptOptions = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly historyPath: string;
  /** Called for a Ctrl-C while nothing is being asked: a statement is running. */
  readonly interrupt: () => void;
};

/** A prompt with line editing; its history is kept in a file only its owner can read. */
export async function openReadlinePrompt(options: ReadlinePromptOptions): Promise<Prompt> {
  const reader = createInterface({
    input: options.input,
    output: options.output,
    terminal: true,
    history: await readHistory(options.historyPath),
    historySize: historyLines,
    removeHistoryDuplicates: true,
  });
  // What came in while nobody asked: several lines pasted at once.
  const waiting: PromptAnswer[] = [];
  let asking: ((answer: PromptAnswer) => void) | null = null;
  const give = (answer: PromptAnswer): void => {
    const receiver = asking;
    asking = null;
    if (receiver === null) waiting.push(answer);
    else receiver(answer);
  };
  let saving: Promise<void> = Promise.resolve();
  reader.on('line', (text) => give({ kind: 'line', text }));
  reader.on('close', () => give({ kind: 'ended' }));
  reader.on('history', (history) => {
    saving = saving.then(() => saveHistory(options.historyPath, history));
  });
  reader.on('SIGINT', () => {
    if (asking === null) return options.interrupt();
    options.output.write('^C\n');
    // Takes the line away without running it.
    reader.write(null, { ctrl: true, name: 'e' });
    reader.write(null, { ctrl: true, name: 'u' });
    give({ kind: 'cancelled' });
  });
  return {
    ask(question) {
      const next = waiting.shift();
      if (next !== undefined) return Promise.resolve(next);
      reader.setPrompt(question);
      reader.prompt();
      return new Promise((resolve) => {
        asking = resolve;
      });
    },
    async close() {
      reader.close();
      await saving;
    },
  };
}

async function readHistory(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** Newest first, as readline keeps it. A history that cannot be kept is not worth an error. */
async function saveHistory(path: string, history: readonly string[]): Promise<void> {
  await writeFile(path, `${history.join('\n')}\n`, { mode: 0o600 }).catch(() => {});
}
