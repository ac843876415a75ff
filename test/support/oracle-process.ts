import { type ChildProcess, fork } from 'node:child_process';
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

/** A process that plays one turn of the campaign after the other. */
export class OracleProcess implements Disposable {
  readonly #child: ChildProcess;

  constructor() {
    const { name, value } = allocatorSetting;
    this.#child = fork(file, {
      // A history leaves much behind that lives for a few steps.
      execArgv: [...process.execArgv, '--max-semi-space-size=64'],
      env: { [name]: value, ...process.env },
      serialization: 'advanced',
    });
  }

  async play(turn: OracleTurn): Promise<OracleTurnResult> {
    const child = this.#child;
    let hear: (message: unknown) => void = () => undefined;
    let fail: (status: number | null, signal: string | null) => void = () => undefined;
    const told = new Promise<unknown>((resolve, reject) => {
      hear = resolve;
      fail = (status, signal) =>
        reject(new Error(`the turn of seed ${turn.seed} ended with ${signal ?? status}`));
      child.once('message', hear).once('close', fail);
      child.send(turn, (error) => error && reject(error));
    });
    try {
      return oracleTurnResult.parse(await told);
    } finally {
      child.off('message', hear).off('close', fail);
    }
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

// Whoever imports the file is the parent; where it is what runs, it is the child.
if (process.argv[1] === file) {
  process.on('disconnect', () => process.exit(1));
  process.on('message', async (message) => process.send?.(await playTurn(oracleTurn.parse(message))));
}
