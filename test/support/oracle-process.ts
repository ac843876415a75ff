import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { allocatorSetting } from '../../src/cli/allocator-setting.ts';
import {
  type OracleTurn,
  type OracleTurnResult,
  oracleTurn,
  oracleTurnResult,
  playTurn,
} from './oracle-turn.ts';

const file = fileURLToPath(import.meta.url);
/** What is left to do after the last turn takes no time. */
const patienceMs = 10_000;

/** A process that plays one turn of the campaign after the other. */
export class OracleProcess {
  readonly #child: ChildProcess;
  /** How, in words. */
  readonly #ended: Promise<string>;

  constructor() {
    const { name, value } = allocatorSetting;
    const child = fork(file, {
      // A history leaves much behind that lives for a few steps.
      execArgv: [...process.execArgv, '--max-semi-space-size=64'],
      // What DuckDB never wrote is 0xa5 in every byte, so that it shows where it is read.
      env: { [name]: `${value},junk:true`, ...process.env },
      serialization: 'advanced',
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.on('error', ({ message }) => resolve(message));
      // `close` does not come where it was this side that disconnected.
      child.on('exit', (status, signal) => resolve(signal ?? `status ${status}`));
    });
  }

  async play(turn: OracleTurn): Promise<OracleTurnResult> {
    const over = new AbortController();
    const told = once(this.#child, 'message', { signal: over.signal }).then(([result]) =>
      oracleTurnResult.parse(result),
    );
    const gone = this.#ended.then((how) => {
      throw new Error(`the turn against ${turn.against} of seed ${turn.seed} ended with ${how}`);
    });
    // What cannot be sent any more is told by how the process ended.
    this.#child.send(turn, () => undefined);
    try {
      return await Promise.race([told, gone]);
    } finally {
      over.abort();
    }
  }

  /**
   * Lets it come to its end, in which what a history left behind in the background may still fail.
   * @returns what was wrong with that, in words; null: nothing
   */
  async end(): Promise<string | null> {
    if (this.#child.connected) this.#child.disconnect();
    const patience = setTimeout(() => this.#child.kill(), patienceMs);
    const how = await this.#ended;
    clearTimeout(patience);
    return how === 'status 0' ? null : `a process of the campaign ended with ${how}`;
  }
}

/** In the process itself. */
function takeTurns(): void {
  let isPlaying = false;
  // Whoever asked for it is gone.
  process.on('disconnect', () => isPlaying && process.exit(1));
  process.on('message', async (message) => {
    isPlaying = true;
    const result = await playTurn(oracleTurn.parse(message));
    isPlaying = false;
    process.send?.(result);
  });
}

// Whoever imports the file is the parent; where it is what runs, it is the child.
if (process.argv[1] === file) takeTurns();
