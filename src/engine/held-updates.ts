import type { Decision } from '../core/incident.ts';
import type { DeadlineResponse } from '../log/held-log.ts';
import type { EngineCore } from './engine-core.ts';
import type { UpdateResult } from './result.ts';
import { runUpdate } from './run-update.ts';
import { type AskedUpdate, isAsked, settleHeld } from './settle-held.ts';

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

/**
 * Decides as declared about what nobody decided about in time: of an update of several tables about each when and as it
 * says. What cannot be ended keeps no other from it.
 * @throws the first failure, at the end.
 */
export async function endHeldUpdates(core: EngineCore): Promise<void> {
  if (core.isHeld) return;
  const due = core.state.held.filter(({ deadlineMs }) => deadlineMs <= core.clock.nowMs());
  const failures: unknown[] = [];
  for (const version of new Set(due.map(({ updateId }) => updateId))) {
    for (const onDeadline of deadlineResponses) {
      const parts = due.filter((held) => held.updateId === version && held.onDeadline === onDeadline);
      if (parts.length === 0) continue;
      const asked = { version, tables: new Set(parts.map(({ table }) => table)) };
      await settleDue(core, asked, outcomeAt[onDeadline]).catch((failure: unknown) => failures.push(failure));
    }
  }
  if (failures.length > 0) throw failures[0];
}

const outcomeAt = { accept_marked: 'accepted-marked', reject: 'rejected' } as const;

const deadlineResponses = ['accept_marked', 'reject'] as const;

/** A person may have decided at the last moment: then there is nothing left to do. */
function settleDue(
  core: EngineCore,
  asked: AskedUpdate,
  decided: (typeof outcomeAt)[DeadlineResponse],
): Promise<UpdateResult> {
  return runUpdate(core, null, async (update) => {
    if (!update.draft.state.held.some((held) => isAsked(held, asked))) return;
    await settleHeld(update, asked, decided, {
      who: 'everview',
      why: 'nobody decided before the deadline',
    });
  });
}

function settle(
  core: EngineCore,
  asked: AskedUpdate,
  decided: 'approved' | 'rejected',
  decision: Decision,
): Promise<UpdateResult> {
  return runUpdate(core, null, (update) => settleHeld(update, asked, decided, decision));
}
