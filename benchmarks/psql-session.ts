import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { EverviewError } from '../src/index.ts';

/** A line that no query of ours prints. */
const endMark = '-- everview: done --';

/** One connection, held by a psql that is fed statements. */
export class PsqlSession {
  readonly #psql: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #complaint = '';

  constructor(psql: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#psql = psql;
    const reader: Interface = createInterface({ input: psql.stdout });
    this.#lines = reader[Symbol.asyncIterator]();
    psql.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text;
    });
  }

  /** The lines that statements print; each statement is a transaction of its own. */
  async run(sql: string): Promise<string[]> {
    return this.#answer(`${sql};`);
  }

  /** Milliseconds of one statement by psql's own clock: the server and the socket, and not the pipe to psql. */
  async timedMs(sql: string): Promise<number> {
    const lines = await this.#answer(`\\timing on\n${sql};\n\\timing off`);
    const told = lines.map((line) => /^Time: ([\d.]+) ms/.exec(line)?.[1]).find((ms) => ms !== undefined);
    if (told === undefined) throw new EverviewError('internal', `psql told no time: ${lines.join(' ')}`);
    return Number(told);
  }

  async close(): Promise<void> {
    if (this.#psql.exitCode !== null) return;
    this.#psql.stdin.end();
    await once(this.#psql, 'exit');
  }

  async #answer(text: string): Promise<string[]> {
    this.#psql.stdin.write(`${text}\n\\echo '${endMark}'\n`);
    const lines: string[] = [];
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done === true) throw new EverviewError('internal', `psql ended: ${this.#complaint.trim()}`);
      if (value === endMark) return lines;
      lines.push(value);
    }
  }
}
