import { deadlineOf } from '../plan/staleness.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { refreshObjects } from './refresh-objects.ts';
import { policyOf } from './refresh-views.ts';
import { attemptedStanding, maintainedEntries } from './standings.ts';

/** Something to refresh, and by when. */
export type DueRefresh = { readonly name: string; readonly deadlineMs: number };

/** Waits; the shells and `Everview.open` give the real one. Cancelled by the function it returns. */
export type Timer = (ms: number, work: () => void) => () => void;

/**
 * Every refresh that a declared bound will call for, earliest deadline first. Manual and on-read views are nobody's
 * deadline; training sets move with the models that read them.
 */
export function upcomingRefreshes(core: EngineCore): DueRefresh[] {
  const { state } = core;
  const nowMs = core.clock.nowMs();
  const due: DueRefresh[] = [];
  for (const entry of maintainedEntries(state)) {
    const policy = policyOf(entry);
    if (entry.kind === 'training-set' || policy.refresh === 'manual' || policy.refresh === 'on_read')
      continue;
    const standing = attemptedStanding(entry, state, core.changes, nowMs);
    const deadlineMs = standing === null ? nowMs : deadlineOf(standing, policy);
    if (deadlineMs !== null) due.push({ name: nameOf(entry), deadlineMs });
  }
  return due.sort((a, b) => a.deadlineMs - b.deadlineMs || (a.name < b.name ? -1 : 1));
}

/** Runs what is due now; returns how many objects were refreshed. */
export async function runDueRefreshes(core: EngineCore): Promise<number> {
  const nowMs = core.clock.nowMs();
  const due = upcomingRefreshes(core).filter((refresh) => refresh.deadlineMs <= nowMs);
  let refreshed = 0;
  for (const { name, deadlineMs } of due) {
    const entry = core.state.catalog.get(name);
    if (entry === undefined) continue;
    const records = await refreshObjects(core, [name], { trigger: 'deadline', how: 'auto' });
    if (records.length > 0 || deadlineMs <= nowMs) refreshed += 1;
  }
  return refreshed;
}

/** Steps the scheduler by itself: at the next deadline, or after a while to look for new ones. */
export class BackgroundScheduler {
  readonly #core: EngineCore;
  readonly #timer: Timer;
  readonly #report: (failure: unknown) => void;
  #cancel: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param report is told of failed refreshes; they are tried again at the next round. */
  constructor(core: EngineCore, timer: Timer, report: (failure: unknown) => void) {
    this.#core = core;
    this.#timer = timer;
    this.#report = report;
    this.#wait();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #wait(): void {
    if (this.#stopped) return;
    const [next] = upcomingRefreshes(this.#core);
    const untilNext = next === undefined ? longestPauseMs : next.deadlineMs - this.#core.clock.nowMs();
    const pauseMs = Math.min(longestPauseMs, Math.max(shortestPauseMs, untilNext));
    this.#cancel = this.#timer(pauseMs, () => {
      this.#running = runDueRefreshes(this.#core)
        .then(() => undefined, this.#report)
        .then(() => this.#wait());
    });
  }
}

const longestPauseMs = 1_000;
const shortestPauseMs = 20;
