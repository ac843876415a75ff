import type { Notifier } from '../core/notifier.ts';
import { deadlineOf } from '../plan/staleness.ts';
import { nameOf } from '../query/catalog.ts';
import { auditNextView } from './audit-views.ts';
import { compactHistory } from './compact-history.ts';
import { deliverNotices } from './deliver-notices.ts';
import type { EngineCore } from './engine-core.ts';
import { policyNow } from './held-refreshes.ts';
import { endHeldUpdates } from './held-updates.ts';
import { refreshObjects } from './refresh-objects.ts';
import { settleLabels } from './settle-labels.ts';
import { rentalOf } from './staleness-rental.ts';
import { attemptedStanding, maintainedEntries } from './standings.ts';
import { watchHeartbeats } from './watch-heartbeats.ts';

/** Something to refresh, by when, and what calls for it. */
type DueRefresh = {
  readonly name: string;
  readonly deadlineMs: number;
  readonly trigger: 'deadline' | 'staleness-cost';
};

/** Waits; the shells and `Everview.open` give the real one. Cancelled by the function it returns. */
export type Timer = (ms: number, work: () => void) => () => void;

/**
 * Every refresh that a declared bound will call for, earliest deadline first, and those that stale answers have paid for.
 * Manual and on-read views are nobody's deadline; training sets move with the models that read them.
 */
function upcomingRefreshes(core: EngineCore): DueRefresh[] {
  const { state } = core;
  const nowMs = core.clock.nowMs();
  const due: DueRefresh[] = [];
  for (const entry of maintainedEntries(state)) {
    const policy = policyNow(state, entry);
    if (entry.kind === 'training-set' || policy.refresh === 'manual' || policy.refresh === 'on_read')
      continue;
    const name = nameOf(entry);
    const standing = attemptedStanding(entry, state, nowMs);
    const deadlineMs = standing === null ? nowMs : deadlineOf(standing, policy);
    if (deadlineMs !== null && deadlineMs <= nowMs) due.push({ name, deadlineMs, trigger: 'deadline' });
    else if (rentalOf(core, entry, nowMs)?.isEarned === true)
      due.push({ name, deadlineMs: nowMs, trigger: 'staleness-cost' });
    else if (deadlineMs !== null) due.push({ name, deadlineMs, trigger: 'deadline' });
  }
  return due.sort((a, b) => a.deadlineMs - b.deadlineMs || (a.name < b.name ? -1 : 1));
}

/**
 * Runs what is due now, and then forgets history beyond the horizon; where nothing is due, audits one view. A refresh
 * that fails does not keep the others from running. Last comes what is told of incidents.
 * @returns how many objects were refreshed.
 * @throws the first failure, at the end.
 */
export async function stepScheduler(core: EngineCore, notifier: Notifier | null): Promise<number> {
  const nowMs = core.clock.nowMs();
  const due = upcomingRefreshes(core).filter((refresh) => refresh.deadlineMs <= nowMs);
  const failures: unknown[] = [];
  let refreshed = 0;
  for (const { name, trigger } of due) {
    try {
      refreshed += (await refreshObjects(core, [name], { trigger, how: 'auto' })).length > 0 ? 1 : 0;
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (due.length === 0 && !core.isHeld) await auditNextView(core);
  await keepTime(core).catch((failure: unknown) => failures.push(failure));
  await settleLabels(core, 'due').catch((failure: unknown) => failures.push(failure));
  await compactHistory(core);
  if (notifier !== null) await deliverNotices(core, notifier);
  if (failures.length > 0) throw failures[0];
  return refreshed;
}

/** What time alone brings about: silence that outlasts a heartbeat, and the end of what was held until now. */
export async function keepTime(core: EngineCore): Promise<void> {
  // An update would wait here for one that waits for its end.
  if (core.isHeld) return;
  // Of two at a time, the scheduler's and the user's, the later would end what the other has ended.
  await core.keepingTime(async () => {
    await watchHeartbeats(core);
    await endHeldUpdates(core);
  });
}

/** Steps the scheduler by itself: at the next deadline, or after a while to look for new ones. */
export class BackgroundScheduler {
  readonly #core: EngineCore;
  readonly #notifier: Notifier | null;
  readonly #timer: Timer;
  readonly #report: (failure: unknown) => void;
  #cancel: () => void = () => {};
  #cancelLook: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();
  /** Null: nothing is being told. */
  #telling: Promise<void> | null = null;
  #state: 'waiting' | 'running' | 'stopped' = 'waiting';
  #hasFailed = false;

  /** @param report is told of failed refreshes; they are tried again after a while. */
  constructor(core: EngineCore, notifier: Notifier | null, timer: Timer, report: (failure: unknown) => void) {
    this.#core = core;
    this.#notifier = notifier;
    this.#timer = timer;
    this.#report = report;
    this.#wait(this.#untilNextMs());
    core.accounts.watch(() => core.outsideUpdate(() => this.#look()));
  }

  /** Begins nothing more; resolves when what was begun is done. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#cancel();
    this.#cancelLook?.();
    await this.#running;
    await this.#telling;
  }

  #wait(pauseMs: number): void {
    if (this.#state === 'stopped') return;
    this.#state = 'waiting';
    this.#cancel = this.#timer(pauseMs, () => this.#run());
  }

  #run(): void {
    this.#state = 'running';
    this.#running = this.#round().then((nextMs) => this.#wait(nextMs));
  }

  /**
   * A stale answer was given: soon, and not at each of many, whether that calls for a refresh. The round to come is only
   * ever hurried: answers that never cease would put it off forever.
   */
  #look(): void {
    if (this.#state !== 'waiting' || this.#hasFailed || this.#cancelLook !== null) return;
    this.#cancelLook = this.#timer(shortestPauseMs, () => {
      this.#cancelLook = null;
      if (this.#state !== 'waiting' || !this.#isDue()) return;
      this.#cancel();
      this.#run();
    });
  }

  /** What fails to be foreseen fails again in the round, which tells of it. */
  #isDue(): boolean {
    try {
      const [next] = upcomingRefreshes(this.#core);
      return next !== undefined && next.deadlineMs <= this.#core.clock.nowMs();
    } catch {
      return true;
    }
  }

  /** @returns milliseconds until the next round; what failed is not hurried. */
  async #round(): Promise<number> {
    try {
      this.#hasFailed = false;
      await stepScheduler(this.#core, null);
      return this.#untilNextMs();
    } catch (failure) {
      this.#hasFailed = true;
      this.#tellFailure(failure);
      return longestPauseMs;
    } finally {
      this.#deliver();
    }
  }

  /** Beside the rounds: who is told may be slow to listen, and no view waits for that. */
  #deliver(): void {
    if (this.#notifier === null || this.#telling !== null || this.#state === 'stopped') return;
    this.#telling = deliverNotices(this.#core, this.#notifier, () => this.#state !== 'stopped')
      .catch((failure: unknown) => this.#tellFailure(failure))
      .finally(() => {
        this.#telling = null;
      });
  }

  /** Whoever is told may fail at it; the rounds go on, and the end can be waited for. */
  #tellFailure(failure: unknown): void {
    try {
      this.#report(failure);
    } catch {
      // It is told again with the next try.
    }
  }

  #untilNextMs(): number {
    const [next] = upcomingRefreshes(this.#core);
    const untilNext = next === undefined ? longestPauseMs : next.deadlineMs - this.#core.clock.nowMs();
    return Math.min(longestPauseMs, Math.max(shortestPauseMs, untilNext));
  }
}

const longestPauseMs = 1_000;
const shortestPauseMs = 20;
