import type { PredictionBatch } from '../promote/prediction-log.ts';

/** A few hundred bytes each. */
const mostRows = 1_000_000;

/**
 * Predictions that were given and are not in the file yet. Reads put them here and wait for nobody; the writer takes them
 * along in the next transaction that looks for labels: in the scheduler's rounds, when performance is asked for, before
 * the database closes, and once there are many. What is here is lost when the process is killed: as much as was
 * predicted since the scheduler's last round, a second or so.
 */
export class PredictionBuffer {
  #batches: PredictionBatch[] = [];
  #rows = 0;
  #answers = 0;
  readonly #running = new Set<Promise<void>>();
  #failure: unknown = null;

  get rows(): number {
    return this.#rows;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** A number for the predictions of one answer. */
  nextAnswer(): number {
    this.#answers += 1;
    return this.#answers;
  }

  /** Where nobody can write for long, what is more than `mostRows` is let go of, as at a kill. */
  add(batch: PredictionBatch): void {
    if (this.#rows + batch.rows.length > mostRows) return;
    this.#batches.push(batch);
    this.#rows += batch.rows.length;
  }

  /** All of it, in the order it came; what could not be written is given back. */
  take(): readonly PredictionBatch[] {
    const taken = this.#batches;
    this.#batches = [];
    this.#rows = 0;
    return taken;
  }

  giveBack(taken: readonly PredictionBatch[]): void {
    this.#batches = [...taken, ...this.#batches];
    this.#rows = rowsOf(this.#batches);
  }

  /** Work that puts something here after its answer was given; what it fails with is told by `settled`. */
  track(work: Promise<void>): void {
    const noted = work.catch((failure: unknown) => {
      this.#failure ??= failure;
    });
    this.#running.add(noted);
    noted.finally(() => this.#running.delete(noted));
  }

  /** When all that was answered by now is here. @throws the first failure since the last call */
  async settled(): Promise<void> {
    if (this.#running.size > 0) await Promise.all(this.#running);
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure;
  }
}

function rowsOf(batches: readonly PredictionBatch[]): number {
  return batches.reduce((sum, { rows }) => sum + rows.length, 0);
}
