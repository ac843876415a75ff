import { EverviewError } from '../core/errors.ts';
import { type EngineCore, waitsForItself } from './engine-core.ts';
import type { UpdateResult } from './result.ts';
import { runUpdate } from './run-update.ts';
import type { UpdateInProgress } from './update-in-progress.ts';

type Job = { readonly run: (update: UpdateInProgress) => Promise<void> };

class RolledBack extends Error {}

/**
 * BEGIN … COMMIT: one update whose statements arrive one by one. The write transaction stays open between them; a
 * failed statement ends the update, with nothing of it kept.
 */
export class OpenUpdate {
  readonly #core: EngineCore;
  readonly #jobs: Job[] = [];
  #wake: () => void = () => {};
  #ended = false;
  readonly #done: Promise<UpdateResult>;

  constructor(core: EngineCore, key: string | null) {
    this.#core = core;
    const release = core.hold();
    this.#done = runUpdate(core, key, (update) => this.#serve(update)).finally(release);
    // Told by the statement that failed, or by COMMIT.
    this.#done.catch(() => undefined);
  }

  /**
   * Runs `work` as the next part of the update; its failure is the update's. Skipped under a repeated key.
   * @throws EverviewError `transaction-state` after `commit` or `rollback` was asked for, or from within what gives rows
   * to a statement, which the next one would wait for
   */
  async run<T>(work: (update: UpdateInProgress) => Promise<T>): Promise<T | 'skipped'> {
    if (this.#ended) {
      throw new EverviewError('transaction-state', 'the update has ended, and takes no more statements', {
        hint: 'await every statement before the function of transaction() returns (forEach awaits nothing; for … of does)',
      });
    }
    if (this.#core.isGivingRows) throw waitsForItself('write-for-rows');
    const result = new Promise<T>((resolve, reject) => {
      this.#jobs.push({
        run: async (update) => {
          try {
            resolve(await work(update));
          } catch (failure) {
            reject(failure instanceof Error ? failure : new EverviewError('internal', String(failure)));
            throw failure;
          }
        },
      });
    });
    this.#wake();
    // A repeated idempotency key ends the update before any statement runs.
    return Promise.race([result, this.#done.then(() => 'skipped' as const)]);
  }

  commit(): Promise<UpdateResult> {
    this.#ended = true;
    this.#wake();
    return this.#done;
  }

  async rollback(): Promise<void> {
    this.#ended = true;
    this.#jobs.push({ run: () => Promise.reject(new RolledBack('rolled back')) });
    this.#wake();
    await this.#done.catch(() => undefined);
  }

  async #serve(update: UpdateInProgress): Promise<void> {
    for (;;) {
      const job = this.#jobs.shift();
      if (job !== undefined) await job.run(update);
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
