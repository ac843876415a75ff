import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import type { ChangeIndex, PendingChange } from '../log/change-index.ts';
import { recordChange } from '../log/update-log.ts';
import type { Committed, NamedChange } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';

/** What a write transaction is about to commit: the state so far, and the changes the shared index does not know yet. */
export class WriteDraft {
  readonly tx: Session;
  readonly nowMs: number;
  state: EngineState;
  readonly #index: ChangeIndex;
  readonly #changes: NamedChange[] = [];
  readonly #forgotten: string[] = [];

  constructor(tx: Session, state: EngineState, index: ChangeIndex, nowMs: number) {
    this.tx = tx;
    this.state = state;
    this.#index = index;
    this.nowMs = nowMs;
  }

  /** Adds to the state's fields. */
  update(fields: Partial<EngineState>): void {
    this.state = { ...this.state, ...fields };
  }

  async addChange(name: string, version: Version, inserted: number, deleted: number): Promise<void> {
    await recordChange(this.tx, name, version, inserted, deleted);
    this.#changes.push({ name, version, effectiveMs: this.nowMs, inserted, deleted });
  }

  /** The relation is gone or made anew. */
  forget(name: string): void {
    this.#forgotten.push(name);
  }

  pending(name: string, from: Version, to: Version): PendingChange {
    const known = this.#index.pending(name, from, to);
    return this.#changes
      .filter((change) => change.name === name && change.version > from && change.version <= to)
      .reduce(
        (sum, change) => ({
          versions: sum.versions + 1,
          inserted: sum.inserted + change.inserted,
          deleted: sum.deleted + change.deleted,
          sinceMs: sum.sinceMs ?? change.effectiveMs,
        }),
        known,
      );
  }

  firstChange(name: string, from: Version, to: Version): Version | null {
    const known = this.#index.firstChange(name, from, to);
    if (known !== null) return known;
    const own = this.#changes.find(
      (change) => change.name === name && change.version > from && change.version <= to,
    );
    return own?.version ?? null;
  }

  /** Rows of a base table as this transaction sees it. */
  rows(name: string): number {
    return this.#changes
      .filter((change) => change.name === name)
      .reduce((rows, change) => rows + change.inserted - change.deleted, this.#index.rows(name));
  }

  committed<T>(result: T): Committed<T> {
    return { state: this.state, changes: this.#changes, forgotten: this.#forgotten, result };
  }
}
