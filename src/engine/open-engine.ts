import { checkedClock, rowCostMeter, SimulatedClock, systemClock, wallCostMeter } from '../core/clock.ts';
import type { Notifier } from '../core/notifier.ts';
import { type AccountRecord, loadAccounts } from '../log/account-log.ts';
import { saveCursor } from '../log/cursor-log.ts';
import { ModelFamilies } from '../model/model-families.ts';
import { OnnxRuntime } from '../model/onnx-runtime.ts';
import { type DuckdbStore, openDuckdbStore } from '../store/duckdb-store.ts';
import { ViewRefresher } from '../view/view-refresher.ts';
import { cursorsAhead } from './clock-gone-back.ts';
import { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { usualFalseAlarms } from './false-alarms.ts';
import { type GivenState, loadEngine, newEngine } from './load-engine.ts';
import { assertOpenable, type OpenOptions } from './open-options.ts';
import { BackgroundScheduler, type Timer } from './scheduler.ts';
import { StalenessAccounts } from './staleness-accounts.ts';
import { createWebhook } from './webhook.ts';

/** What an open database consists of; whoever has it closes the store and the runtime. */
export type OpenEngine = {
  readonly core: EngineCore;
  readonly runtime: OnnxRuntime;
  /** Null: rounds are asked for by `step()`. */
  readonly scheduler: BackgroundScheduler | null;
  readonly notifier: Notifier | null;
};

/** @throws EverviewError `database-locked`, `not-a-database`, `invalid-option` */
export async function openEngine(path: string, options: OpenOptions): Promise<OpenEngine> {
  assertOpenable(path, options);
  const userClock = options.clock ?? systemClock;
  const { webhook } = options;
  const notifier = options.notifier ?? (webhook === undefined ? null : createWebhook(webhook));
  const clock = checkedClock(userClock);
  const isSimulated = userClock instanceof SimulatedClock;
  const store = await openDuckdbStore(path, { memoryLimit: options.memoryLimit, threads: options.threads });
  try {
    const given = { notifies: notifier !== null, falseAlarms: options.falseAlarms ?? usualFalseAlarms };
    const { state, accounts } = await remembered(store, given, clock.nowMs());
    const runtime = new OnnxRuntime();
    const core = new EngineCore(
      {
        store,
        clock,
        meter: options.meter ?? (isSimulated ? rowCostMeter : wallCostMeter),
        forced: options.refresh ?? null,
        refresher: new ViewRefresher(),
        families: new ModelFamilies(runtime),
        historyVersions: options.historyVersions ?? null,
        readStreams: options.threads ?? 2,
        user: options.user ?? null,
        accounts: new StalenessAccounts(accounts),
      },
      state,
    );
    const runsAlone = (options.scheduler ?? (isSimulated ? 'manual' : 'background')) === 'background';
    const scheduler = runsAlone
      ? new BackgroundScheduler(core, notifier, unrefTimer, options.onError ?? (() => {}))
      : null;
    return { core, runtime, scheduler, notifier };
  } catch (failure) {
    await store.close();
    throw failure;
  }
}

type Remembered = { readonly state: EngineState; readonly accounts: Map<string, AccountRecord> };

async function remembered(store: DuckdbStore, given: GivenState, nowMs: number): Promise<Remembered> {
  if (store.isNew) return { state: newEngine(given), accounts: new Map() };
  const { state, accounts } = await store.read(
    () => null,
    async (session) => ({
      state: await loadEngine(session, store.parser, given),
      accounts: await loadAccounts(session),
    }),
  );
  const ahead = cursorsAhead(state, nowMs);
  if (ahead.size > 0) {
    await store.write(async (tx) => {
      for (const [name, cursor] of ahead) saveCursor(tx, name, cursor, state.lastRefreshId);
    });
  }
  return { state: { ...state, cursors: new Map([...state.cursors, ...ahead]) }, accounts };
}

const unrefTimer: Timer = (ms, work) => {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => clearTimeout(timer);
};
