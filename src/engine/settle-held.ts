import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import type { Decision } from '../core/incident.ts';
import type { Version } from '../core/version.ts';
import { nothingDone } from '../ingest/change-outcome.ts';
import { blockingFindings } from '../ingest/judge/profile-log.ts';
import { dropQuarantine, releaseQuarantine } from '../ingest/quarantine.ts';
import { quarantineIdColumn } from '../ingest/quarantine-record.ts';
import { type HeldOutcome, type HeldUpdate, recordHeldDecision, recordMark } from '../log/held-log.ts';
import type { TableEntry } from '../query/catalog.ts';
import { isAccepted } from './accepted-findings.ts';
import { incidentsOfHeld, settleOffers, waitingFor } from './held-incidents.ts';
import { endRefreshHolds } from './held-refreshes.ts';
import { moveIncident, noteTaken } from './incidents.ts';
import type { UpdateInProgress } from './update-in-progress.ts';
import type { WriteDraft } from './write-draft.ts';

/** An update by its number (`everview.updates.update_id`), and where that stood. */
export type AskedUpdate = {
  readonly version: number;
  readonly at?: TextPlace;
  /** The tables of which what waits is meant; absent: all of it is. */
  readonly tables?: ReadonlySet<string>;
};

export function isAsked({ updateId, table }: HeldUpdate, { version, tables }: AskedUpdate): boolean {
  return updateId === version && (tables === undefined || tables.has(table));
}

/**
 * What was decided about an update that waits, as a part of another update: its rows are checked again and taken, or
 * given up. What is recorded is what came of it.
 * @throws EverviewError `not-held`, or `unsupported` where rows that are taken are to be rejected
 */
export async function settleHeld(
  update: UpdateInProgress,
  asked: AskedUpdate,
  decided: Exclude<HeldOutcome, 'not-taken'>,
  decision: Decision,
): Promise<void> {
  const { draft } = update;
  const all = draft.state.held.filter((held) => isAsked(held, asked));
  if (all.length === 0) throw notHeld(draft, asked);
  if (decided === 'rejected' && all.some(({ what }) => what === 'refresh')) throw takenAlready(asked);
  if (decided !== 'rejected') await endRefreshHolds(draft, (held) => isAsked(held, asked), decided, decision);
  for (const held of all) {
    const outcome = held.what === 'refresh' ? decided : await settleRows(update, held, decided);
    if (held.what === 'rows') await endHold(draft, held, outcome, decision);
    const version = held.what === 'refresh' ? held.version : update.context.version;
    await tellIncidents(draft, held, outcome, version, decision);
    update.note(`update ${asked.version} ${outcomeText[outcome]}`);
  }
}

const outcomeText: Readonly<Record<HeldOutcome, string>> = {
  approved: 'approved',
  rejected: 'rejected',
  'accepted-marked': 'accepted and marked',
  'not-taken': 'not taken: none of its rows meets the constraints any more',
};

async function settleRows(
  update: UpdateInProgress,
  held: HeldUpdate,
  decided: Exclude<HeldOutcome, 'not-taken'>,
): Promise<HeldOutcome> {
  const { draft, context } = update;
  const where = heldRows(held.updateId);
  if (decided === 'rejected') {
    const drop = async ({ target }: TableEntry) => {
      await dropQuarantine(draft.tx, target, where, context);
      return nothingDone;
    };
    await update.apply(held.table, drop, 'present');
    return decided;
  }
  let stillHeld = 0;
  const release = async ({ target }: TableEntry) => {
    const outcome = await releaseQuarantine(draft.tx, target, where, context);
    stillHeld = outcome.stillHeld;
    return outcome;
  };
  const letIn = decided === 'accepted-marked' ? 'at-deadline' : 'as-it-came';
  const { inserted } = await update.apply(held.table, release, letIn);
  if (stillHeld > 0) {
    const rows = stillHeld === 1 ? 'row breaks a constraint and stays' : 'rows break a constraint and stay';
    update.note(`${stillHeld} ${rows} in quarantine`);
  }
  if (inserted === 0) return 'not-taken';
  if (decided === 'accepted-marked') await mark(draft, held, context.version);
  return decided;
}

/**
 * Once what blocked them is accepted, all of it, updates wait for nothing: their rows come in with the acceptance, as what
 * comes after it does.
 */
export async function letInAccepted(
  update: UpdateInProgress,
  table: string,
  decision: Decision,
): Promise<void> {
  const { held } = update.draft.state;
  const waiting = held.filter((one) => one.what === 'rows' && one.table === table);
  for (const { updateId } of waiting) {
    let isAcceptedWhole = true;
    for (const part of held.filter((one) => one.updateId === updateId))
      isAcceptedWhole &&= await isWhollyAccepted(update.draft, part);
    if (isAcceptedWhole) await settleHeld(update, { version: updateId }, 'approved', decision);
  }
}

async function isWhollyAccepted(
  { tx, state, nowMs }: WriteDraft,
  { table, updateId }: HeldUpdate,
): Promise<boolean> {
  const findings = await blockingFindings(tx, table, updateId);
  return findings.length > 0 && findings.every((finding) => isAccepted(state, { ...finding, table }, nowMs));
}

/** Rows of a table were released, corrected or dropped by hand: an update of which none is left waits no more. */
export async function endEmptyHolds(
  update: UpdateInProgress,
  table: string,
  who: string | null,
): Promise<void> {
  const { draft } = update;
  for (const held of draft.state.held) {
    if (held.what !== 'rows' || held.table !== table) continue;
    const outcome = await outcomeByHand(draft, held);
    if (outcome === null) continue;
    await endHold(draft, held, outcome, { who, why: 'its rows were released, corrected or dropped by hand' });
    update.note(`update ${held.updateId} waits no more: none of its rows is left`);
  }
}

/** Null: rows of it wait still. */
async function outcomeByHand({ tx }: WriteDraft, held: HeldUpdate): Promise<HeldOutcome | null> {
  const [row] = await tx.rows(
    `SELECT bool_or(state = 'held') AS waits, bool_or(state IN ('released', 'corrected')) AS taken, bool_or(state = 'dropped') AS dropped
     FROM everview.quarantine WHERE update_id = $1 AND "table" = $2 AND constraint_kind = 'finding'`,
    [held.updateId, held.table],
  );
  if (row?.['waits'] === true) return null;
  if (row?.['taken'] === true) return 'approved';
  // Those that broke a constraint when they were released are another matter from then on.
  return row?.['dropped'] === true ? 'rejected' : 'not-taken';
}

async function endHold(
  draft: WriteDraft,
  held: HeldUpdate,
  outcome: HeldOutcome,
  decision: Decision,
): Promise<void> {
  await recordHeldDecision(draft.tx, held, outcome, decision, draft.nowMs);
  draft.update({
    held: draft.state.held.filter((one) => one.updateId !== held.updateId || one.table !== held.table),
  });
  await settleOffers(draft, held, outcome);
}

/** Somebody has seen to it; or nobody has, and it is in the table all the same. */
async function tellIncidents(
  draft: WriteDraft,
  held: HeldUpdate,
  outcome: HeldOutcome,
  version: Version,
  { who, why }: Decision,
): Promise<void> {
  const incidents = await incidentsOfHeld(draft, held);
  const because = why === null ? '' : `: ${why}`;
  const told = `update ${held.updateId} ${outcomeText[outcome]}${because}`;
  if (outcome === 'accepted-marked') return noteTaken(draft, incidents, version, told);
  if (who === 'everview') return;
  const waitingUnder = await waitingFor(draft, held.table);
  for (const live of incidents) {
    if (live.state === 'accepted' || waitingUnder(live).length > 0) continue;
    await moveIncident(draft, live, 'acknowledged', { who, why: told });
  }
}

function heldRows(updateId: number) {
  // By its inner name: a column of the table may be called `quarantine_id`.
  const text = `${quarantineIdColumn} IN (SELECT id FROM everview.quarantine WHERE update_id = ${updateId} AND constraint_kind = 'finding')`;
  return { text, at: placeIn(text, 0, text.length) };
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
