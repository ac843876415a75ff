import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type Finished = { readonly status: number | null; readonly out: string; readonly err: string };

/** The shell as a process of its own, through pipes. @param program what Node is given: options, and the file */
export function spawnShell(program: readonly string[], words: readonly string[]) {
  const child = spawn(process.execPath, [...program, ...words]);
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

/** What a shell said that was given this and no more. */
export async function finished(shell: ReturnType<typeof spawnShell>, input = ''): Promise<Finished> {
  shell.child.stdin.end(input);
  return shell.ended;
}
