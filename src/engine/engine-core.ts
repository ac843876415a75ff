import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, CostMeter } from '../core/clock.ts';
import { EverviewError } from '../core/errors.ts';
import { createMutex } from '../core/mutex.ts';
import type { Session } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import type { Version } from '../core/version.ts';
import type { ModelFamilies } from '../model/model-families.ts';
import type { DuckdbStore } from '../store/duckdb-store.ts';
import type { Refresher } from '../view/refresher.ts';
import type { EngineState } from './engine-state.ts';
import { PredictionBuffer } from './prediction-buffer.ts';
import type { StalenessAccounts } from './staleness-accounts.ts';

/** What of an update is the user's code: the function that makes its statements, or what gives one of them its rows. */
export type UpdatePart = 'statements' | 'rows';

/** One way for every refresh that has the choice; `incremental`: the cheapest that is. */
export type ForcedRefresh = 'full' | 'incremental' | 'algebraic' | 'domain' | null;

/** What a write transaction leads to: the state to publish. */
export type Committed<T> = { readonly state: EngineState; readonly result: T };

export type EngineParts = {
  readonly store: DuckdbStore;
  readonly clock: Clock;
  readonly meter: CostMeter;
  readonly forced: ForcedRefresh;
  readonly refresher: Refresher;
  readonly families: ModelFamilies;
  /** How many versions of history are kept; null: all. */
  readonly historyVersions: number | null;
  readonly readStreams: number;
  /** Who decisions are recorded for where a statement does not say; null: nobody in particular. */
  readonly user: string | null;
  readonly accounts: StalenessAccounts;
};

/** The parts of an open engine, and the one place where its state changes: with a commit, or not at all. */
export class EngineCore {
  readonly store: DuckdbStore;
  readonly parser: SqlParser;
  readonly clock: Clock;
  readonly meter: CostMeter;
  readonly forced: ForcedRefresh;
  readonly refresher: Refresher;
  readonly families: ModelFamilies;
  readonly historyVersions: number | null;
  readonly readStreams: number;
  readonly user: string | null;
  readonly #fitting = createMutex();
  /** What time alone brings about happens once. */
  readonly keepingTime = createMutex();
  /** Moves with what is answered, not with commits. */
  readonly accounts: StalenessAccounts;
  /** What models that log their predictions have predicted since the writer last came by. */
  readonly predictions = new PredictionBuffer();
  #openUpdates = 0;
  #writes = 0;
  /** Set for whatever is called from within the work of an update, for as long as the update is open. */
  readonly #within = new AsyncLocalStorage<{ isOpen: boolean; readonly part: UpdatePart } | null>();
  #state: EngineState;

  constructor(parts: EngineParts, state: EngineState) {
    this.store = parts.store;
    this.parser = parts.store.parser;
    this.clock = parts.clock;
    this.meter = parts.meter;
    this.forced = parts.forced;
    this.refresher = parts.refresher;
    this.families = parts.families;
    this.historyVersions = parts.historyVersions;
    this.readStreams = parts.readStreams;
    this.user = parts.user;
    this.accounts = parts.accounts;
    this.#state = state;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** An update stays open between its statements: nothing else can be written, so reads do without refreshes. */
  get isHeld(): boolean {
    return this.#openUpdates > 0;
  }

  /** No update is open: a write would not wait for one, nor for itself. */
  get mayWrite(): boolean {
    return !this.isHeld && this.#within.getStore()?.isOpen !== true;
  }

  /** A write is under way or waits: what it leads to is not in `state` yet. */
  get isWriting(): boolean {
    return this.#writes > 0;
  }

  /** Says, at once, that an update is open or waits to be; the returned function says that it has ended. */
  hold(): () => void {
    this.#openUpdates += 1;
    return () => {
      this.#openUpdates -= 1;
    };
  }

  /** Runs the user's part of an update; what it asks to be written elsewhere would wait for itself, and is refused. */
  async withinUpdate(part: UpdatePart, work: () => Promise<void>): Promise<void> {
    const scope = { isOpen: true, part };
    try {
      await this.#within.run(scope, work);
    } finally {
      scope.isOpen = false;
    }
  }

  /** Begins what is no part of the update from within which it is called for, and may wait for its end. */
  outsideUpdate(work: () => void): void {
    this.#within.run(null, work);
  }

  /** The caller is the work of an open update, and may not wait for that to end. */
  get isWithinUpdate(): boolean {
    return this.#within.getStore()?.isOpen === true;
  }

  /** The caller gives the rows of a statement, and may not wait for another statement of the same update either. */
  get isGivingRows(): boolean {
    return this.isWithinUpdate && this.#within.getStore()?.part === 'rows';
  }

  /**
   * Refreshes of models read outside the write transaction; one at a time keeps their order. From within an update none
   * is begun: the one before it may wait for that update to end.
   */
  async fitting<T>(work: () => Promise<T>): Promise<T> {
    this.assertNotWithinUpdate();
    return this.#fitting(work);
  }

  /** @throws EverviewError `transaction-state` where the caller would wait for the update that it is part of */
  assertNotWithinUpdate(): void {
    if (this.isWithinUpdate) throw waitsForItself(this.isGivingRows ? 'write-for-rows' : 'write');
  }

  /** One write transaction over the current state; nothing of it is kept, here or in the file, when `work` throws. */
  async commit<T>(work: (tx: Session, state: EngineState) => Promise<Committed<T>>): Promise<T> {
    this.assertNotWithinUpdate();
    this.#writes += 1;
    return this.store
      .write(
        (tx) => work(tx, this.#state),
        ({ state }) => {
          this.#state = state;
        },
      )
      .then(({ result }) => result)
      .finally(() => {
        this.#writes -= 1;
      });
  }

  assertReachable(version: Version, state: EngineState): void {
    if (version >= state.horizon) return;
    throw new EverviewError('history-expired', `version ${version} is older than the history that is kept`, {
      hint: `the oldest version that can be read is ${state.horizon}`,
    });
  }
}

const waits = {
  write: {
    message: 'a write inside a transaction would wait for its end forever',
    hint: "use the transaction's own insert() and execute()",
  },
  'write-for-rows': {
    message: 'a write from within what gives an insert its rows would wait for their end forever',
    hint: 'write before the insert that reads the rows, or after it',
  },
  close: {
    message: 'close() inside a transaction would wait for its end forever',
    hint: 'close the database after transaction() has returned',
  },
};

export function waitsForItself(what: keyof typeof waits): EverviewError {
  const { message, hint } = waits[what];
  return new EverviewError('transaction-state', message, { hint });
}
