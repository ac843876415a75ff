import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export type Finished = { readonly status: number | null; readonly out: string; readonly err: string };

/** The shell as a process of its own, through pipes. */
export function spawnEverview(words: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...words]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => err.push(data));
  const ended = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
  });
  let answersRead = 0;
  return {
    child,
    ended,
    bytes: () => Buffer.concat(out),
    write: (text: string) => child.stdin.write(text),
    /** The next line of standard output, as JSON. */
    async answer(): Promise<unknown> {
      for (;;) {
        const lines = Buffer.concat(out).toString().split('\n');
        const line = lines[answersRead];
        if (line !== undefined && answersRead < lines.length - 1) {
          answersRead++;
          return JSON.parse(line);
        }
        await Promise.race([once(child.stdout, 'data'), ended]);
        if (
          child.stdout.readableEnded &&
          answersRead >= Buffer.concat(out).toString().split('\n').length - 1
        ) {
          return null;
        }
      }
    },
  };
}

export async function runEverview(words: readonly string[], input = ''): Promise<Finished> {
  const process = spawnEverview(words);
  process.child.stdin.end(input);
  return process.ended;
}
