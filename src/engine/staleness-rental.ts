import { isPriced, isRefreshEarned, type StalenessAccount } from '../plan/staleness-account.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { policyNow } from './held-refreshes.ts';
import { expectedRefreshMs } from './refresh-forecast.ts';
import { attemptedStanding, type MaintainedEntry } from './standings.ts';

/** What has been paid for staleness of an entry beside what a refresh of it would cost. */
export type Rental = {
  readonly account: StalenessAccount;
  readonly refreshMs: number;
  readonly isEarned: boolean;
};

/** Null: it has no price, nothing waits, or it was never refreshed, which is due whatever it costs. */
export function rentalOf(core: EngineCore, entry: MaintainedEntry, nowMs: number): Rental | null {
  const { state } = core;
  if (!isPriced(policyNow(state, entry))) return null;
  const standing = attemptedStanding(entry, state, nowMs);
  if (standing === null || standing.sinceMs === null) return null;
  const account = core.accounts.of(nameOf(entry), state.cursors.get(nameOf(entry)));
  const refreshMs = expectedRefreshMs(core, entry, nowMs);
  return { account, refreshMs, isEarned: isRefreshEarned(account, refreshMs) };
}
