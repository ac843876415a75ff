import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
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
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    ended,
    bytes: () => Buffer.concat(out),
    write: (text: string) => child.stdin.write(text),
    /** The next line of standard output, as JSON. */
    async answer(): Promise<unknown> {
      const { value, done } = await lines.next();
      return done ? null : JSON.parse(value);
    },
  };
}

export async function runEverview(words: readonly string[], input = ''): Promise<Finished> {
  const process = spawnEverview(words);
  process.child.stdin.end(input);
  return process.ended;
}
