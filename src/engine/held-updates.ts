import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import type { Decision } from '../core/incident.ts';
import { dropQuarantine, releaseQuarantine } from '../ingest/quarantine.ts';
import { type HeldUpdate, recordHeldDecision, recordMark } from '../log/held-log.ts';
import type { TableEntry } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { incidentsOfHeld } from './held-incidents.ts';
import { endRefreshHolds } from './held-refreshes.ts';
import { noteTaken } from './incidents.ts';
import type { UpdateResult } from './result.ts';
import { runUpdate } from './run-update.ts';
import type { WriteDraft } from './write-draft.ts';

/** An update by its number (`everview.updates.update_id`), and where that stood. */
export type AskedUpdate = { readonly version: number; readonly at?: TextPlace };

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
  state: 'approved' | 'rejected' | 'accepted-marked',
  decision: Decision,
): Promise<UpdateResult> {
  return runUpdate(core, null, async (update) => {
    const { draft, context } = update;
    const all = draft.state.held.filter(({ updateId }) => updateId === asked.version);
    if (all.length === 0) throw notHeld(draft, asked);
    const waiting = all.filter(({ what }) => what === 'rows');
    if (state === 'rejected' && waiting.length < all.length) throw takenAlready(asked);
    if (state !== 'rejected')
      await endRefreshHolds(draft, ({ updateId }) => updateId === asked.version, state, decision);
    if (state === 'accepted-marked') for (const held of all) await noteTakenOf(draft, held, decision);
    const letIn = state === 'accepted-marked' ? 'at-deadline' : 'as-it-came';
    const where = heldRows(asked.version);
    for (const held of waiting) {
      const release = async ({ target }: TableEntry) => {
        if (state !== 'rejected') return releaseQuarantine(draft.tx, target, where, context);
        await dropQuarantine(draft.tx, target, where, context);
        return nothing;
      };
      const outcome = await update.apply(held.table, release, letIn);
      if (state === 'accepted-marked' && outcome.inserted > 0) await mark(draft, held, context.version);
    }
    await recordHeldDecision(draft.tx, asked.version, state, decision, draft.nowMs);
    draft.update({ held: draft.state.held.filter(({ updateId }) => updateId !== asked.version) });
    update.note(`update ${asked.version} ${state.replace('-', ' and ')}`);
  });
}

const nothing = {
  inserted: 0,
  deleted: 0,
  quarantined: 0,
  warnings: [],
  notices: [],
  violations: [],
  counts: [],
};

function heldRows(updateId: number) {
  const text = `quarantine_id IN (SELECT id FROM everview.quarantine WHERE update_id = ${updateId} AND constraint_kind = 'finding')`;
  return { text, at: placeIn(text, 0, text.length) };
}

/** What nobody decided about is in the table from now on: that is what its incidents tell of. */
async function noteTakenOf(draft: WriteDraft, held: HeldUpdate, { why }: Decision): Promise<void> {
  const incidents = await incidentsOfHeld(draft, held);
  await noteTaken(draft, incidents, `update ${held.updateId} is in "${held.table}" now: ${why}`);
}

async function mark(
  draft: WriteDraft,
  { updateId, table, detail }: HeldUpdate,
  version: WriteDraft['state']['version'],
): Promise<void> {
  const marked = { updateId, table, version, detail };
  await recordMark(draft.tx, marked, draft.nowMs);
  draft.update({ marks: [...draft.state.marks, marked] });
}

function takenAlready({ version, at }: AskedUpdate): EverviewError {
  return new EverviewError('unsupported', `the rows of update ${version} are in their table already`, {
    at,
    hint: `DELETE or UPDATE what is wrong of them, then APPROVE UPDATE ${version}`,
  });
}

function notHeld({ state }: WriteDraft, { version, at }: AskedUpdate): EverviewError {
  const waiting = [...new Set(state.held.map(({ updateId }) => updateId))];
  return new EverviewError('not-held', `update ${version} does not wait for a decision`, {
    at,
    hint:
      waiting.length === 0
        ? 'none does; everview.held_updates tells what was decided'
        : `these do: ${waiting.join(', ')}`,
  });
}
