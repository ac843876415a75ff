import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import { forgetProfiles } from '../ingest/judge/profile-log.ts';
import { forgetChanges, recordChange } from '../log/update-log.ts';
import type { Committed } from './engine-core.ts';
import { type EngineState, withoutEntries } from './engine-state.ts';

/** What a write transaction is about to commit: its session, its moment, and the state it leads to. */
export class WriteDraft {
  readonly tx: Session;
  readonly nowMs: number;
  state: EngineState;

  constructor(tx: Session, state: EngineState, nowMs: number) {
    this.tx = tx;
    this.state = state;
    this.nowMs = nowMs;
  }

  /** Adds to the state's fields. */
  update(fields: Partial<EngineState>): void {
    this.state = { ...this.state, ...fields };
  }

  addChange(name: string, version: Version, inserted: number, deleted: number): void {
    recordChange(this.tx, name, version, inserted, deleted, this.nowMs);
    this.countChange(name, version, inserted, deleted);
  }

  /** As `addChange`, of a change that the update's own record tells. */
  countChange(name: string, version: Version, inserted: number, deleted: number): void {
    const change = { version, effectiveMs: this.nowMs, inserted, deleted };
    this.update({ changes: this.state.changes.with(name, change) });
  }

  /** The relation is gone or made anew. */
  async forget(name: string): Promise<void> {
    await forgetChanges(this.tx, name, this.state.version);
    await forgetProfiles(this.tx, name);
    this.update({ changes: this.state.changes.without(name) });
    this.readHistoryAnew(name);
  }

  /** What the file says of a table's past updates was changed: it is read again when it is asked for. */
  readHistoryAnew(table: string): void {
    this.update({ histories: withoutEntries(this.state.histories, [table.toLowerCase()]) });
  }

  committed<T>(result: T): Committed<T> {
    return { state: this.state, result };
  }
}
