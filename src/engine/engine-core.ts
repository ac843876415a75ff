import type { Clock, CostMeter } from '../core/clock.ts';
import { EverviewError } from '../core/errors.ts';
import { createMutex } from '../core/mutex.ts';
import type { Session } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import type { Version } from '../core/version.ts';
import type { ChangeCount, ChangeIndex } from '../log/change-index.ts';
import type { ModelFitter } from '../model/model-fitter.ts';
import type { DuckdbStore } from '../store/duckdb-store.ts';
import type { Refresher } from '../view/refresher.ts';
import type { EngineState } from './engine-state.ts';

/** `full` or `incremental` for every refresh that has the choice. */
export type ForcedRefresh = 'full' | 'incremental' | null;

export type NamedChange = ChangeCount & { readonly name: string };

/** What a write transaction leads to: the state to publish, and the changes the index learns of. */
export type Committed<T> = {
  readonly state: EngineState;
  readonly changes: readonly NamedChange[];
  /** Relations whose past changes nobody reads any more. */
  readonly forgotten?: readonly string[];
  readonly result: T;
};

export type EngineParts = {
  readonly store: DuckdbStore;
  readonly clock: Clock;
  readonly meter: CostMeter;
  readonly forced: ForcedRefresh;
  readonly refresher: Refresher;
  readonly fitter: ModelFitter;
  readonly changes: ChangeIndex;
  /** How many versions of history are kept; null: all. */
  readonly historyVersions: number | null;
  readonly readStreams: number;
};

/** The parts of an open engine, and the one place where its state changes: with a commit, or not at all. */
export class EngineCore {
  readonly store: DuckdbStore;
  readonly parser: SqlParser;
  readonly clock: Clock;
  readonly meter: CostMeter;
  readonly forced: ForcedRefresh;
  readonly refresher: Refresher;
  readonly fitter: ModelFitter;
  readonly changes: ChangeIndex;
  readonly historyVersions: number | null;
  readonly readStreams: number;
  /** Refreshes of models read outside the write transaction; one at a time keeps their order. */
  readonly fitting = createMutex();
  /** An update stays open between its statements: nothing else can be written, so reads do without refreshes. */
  isHeld = false;
  #state: EngineState;

  constructor(parts: EngineParts, state: EngineState) {
    this.store = parts.store;
    this.parser = parts.store.parser;
    this.clock = parts.clock;
    this.meter = parts.meter;
    this.forced = parts.forced;
    this.refresher = parts.refresher;
    this.fitter = parts.fitter;
    this.changes = parts.changes;
    this.historyVersions = parts.historyVersions;
    this.readStreams = parts.readStreams;
    this.#state = state;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** One write transaction over the current state; nothing of it is kept, here or in the file, when `work` throws. */
  commit<T>(work: (tx: Session, state: EngineState) => Promise<Committed<T>>): Promise<T> {
    return this.store
      .write(
        (tx) => work(tx, this.#state),
        ({ state, changes, forgotten }) => {
          for (const name of forgotten ?? []) this.changes.forget(name);
          for (const { name, ...change } of changes) this.changes.append(name, change);
          this.#state = state;
        },
      )
      .then(({ result }) => result);
  }

  assertReachable(version: Version, state: EngineState): void {
    if (version >= state.horizon) return;
    throw new EverviewError('history-expired', `version ${version} is older than the history that is kept`, {
      hint: `the oldest version that can be read is ${state.horizon}`,
    });
  }
}
