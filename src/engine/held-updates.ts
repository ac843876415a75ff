import type { Decision } from '../core/incident.ts';
import type { HeldOutcome } from '../log/held-log.ts';
import type { EngineCore } from './engine-core.ts';
import type { UpdateResult } from './result.ts';
import { runUpdate } from './run-update.ts';
import { type AskedUpdate, settleHeld } from './settle-held.ts';

/** APPROVE UPDATE: what waits of it is checked again, and flows into its table as an update of its own. */
export function approveUpdate(
  core: EngineCore,
  asked: AskedUpdate,
  decision: Decision,
): Promise<UpdateResult> {
  return settle(core, asked, 'approved', { who: decision.who ?? core.user, why: decision.why });
}

/** REJECT UPDATE: what waits of it is given up; the quarantine keeps the rows with their reason. */
export function rejectUpdate(
  core: EngineCore,
  asked: AskedUpdate,
  decision: Decision,
): Promise<UpdateResult> {
  return settle(core, asked, 'rejected', { who: decision.who ?? core.user, why: decision.why });
}

/** Decides as declared about what nobody decided about in time. */
export async function endHeldUpdates(core: EngineCore): Promise<void> {
  if (core.isHeld) return;
  const due = core.state.held.filter(({ deadlineMs }) => deadlineMs <= core.clock.nowMs());
  for (const updateId of new Set(due.map((held) => held.updateId))) {
    const accepts = due.some((held) => held.updateId === updateId && held.onDeadline === 'accept_marked');
    const state = accepts ? 'accepted-marked' : 'rejected';
    const decision = { who: 'everview', why: 'nobody decided before the deadline' };
    await settle(core, { version: updateId }, state, decision);
  }
}

function settle(
  core: EngineCore,
  asked: AskedUpdate,
  decided: Exclude<HeldOutcome, 'not-taken'>,
  decision: Decision,
): Promise<UpdateResult> {
  return runUpdate(core, null, (update) => settleHeld(update, asked, decided, decision));
}
