import { isPriced, stalenessCostMs } from '../plan/staleness-account.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { isRefreshHeld } from './held-refreshes.ts';
import { policyOf } from './refresh-views.ts';
import type { MaintainedEntry } from './standings.ts';
import { waitingChange } from './waiting-change.ts';

/** To be told how many rows an answer had: what they cost for being stale goes on the accounts of what was read. */
export type ChargeRows = (rows: number) => void;

const nothing: ChargeRows = () => {};

/** @param served the entries that are answered from contents, as they stood in `state` */
export function chargeOf(
  core: EngineCore,
  state: EngineState,
  served: readonly MaintainedEntry[],
  nowMs: number,
): ChargeRows {
  const charges = served.flatMap((entry) => {
    const policy = policyOf(entry);
    const cursor = state.cursors.get(nameOf(entry));
    if (!isPriced(policy) || cursor === undefined || isRefreshHeld(state, entry)) return [];
    const waiting = waitingChange(entry, state, nowMs);
    return waiting === null
      ? []
      : [{ entry, cursor, cost: stalenessCostMs(policy.stalenessPrice, waiting, 1) }];
  });
  if (charges.length === 0) return nothing;
  return (rows) => {
    for (const { entry, cursor, cost } of charges) {
      const name = nameOf(entry);
      // Refreshed while the answer was made: the account it belongs to is closed.
      if (cost > 0 && rows > 0 && core.state.cursors.get(name) === cursor)
        core.accounts.charge(name, cursor, cost * rows, rows);
    }
  };
}
