import type { Decision } from '../core/incident.ts';
import { type Version, versionOf } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import { settleWaiting } from '../ingest/judge/profile-log.ts';
import { type HeldUpdate, recordHeldDecision, recordMark } from '../log/held-log.ts';
import { type CatalogEntry, type DerivedEntry, nameOf } from '../query/catalog.ts';
import type { QueryReads } from '../query/query-reads.ts';
import type { EngineState } from './engine-state.ts';
import { settleOffers } from './held-incidents.ts';
import type { InlineDecision } from './inline-reads.ts';
import { isKept, policyOf } from './refresh-views.ts';
import type { WriteDraft } from './write-draft.ts';

/**
 * `on_finding = hold_refresh`: the rows are taken, and what is made of the table waits. Nothing refreshes it by itself,
 * and a query over it is answered, whole, as of the version before: by contents that are right for that, or else by
 * definition. So it is the same whenever the views were last refreshed.
 */

/** The updates for which an entry waits. */
export function holdsOn(state: EngineState, entry: CatalogEntry): readonly HeldUpdate[] {
  if (state.held.length === 0 || entry.kind === 'table') return [];
  return state.held.filter(({ what, table }) => what === 'refresh' && entry.bases.includes(table));
}

export function isRefreshHeld(state: EngineState, entry: CatalogEntry): boolean {
  return holdsOn(state, entry).length > 0;
}

/** The updates that answers over an entry are without: those of the models it shows are, too. */
export function holdsOnAnswers(state: EngineState, entry: DerivedEntry): readonly HeldUpdate[] {
  // What a model has learned from is read from its own rows.
  const models = entry.kind === 'model' ? [] : entry.models.flatMap((name) => state.catalog.get(name) ?? []);
  return [entry, ...models].flatMap((one) => holdsOn(state, one));
}

/** As of which version what waits for some updates is answered; null where it waits for none. */
export function versionUnderHold(held: readonly HeldUpdate[]): Version | null {
  return held.length === 0 ? null : versionOf(Math.min(...held.map((one) => one.version - 1)));
}

/** The policy by which an entry is kept while it waits: it moves when a person asks, and is read as it is. */
export function policyNow(state: EngineState, entry: CatalogEntry): RefreshPolicy {
  const declared = policyOf(entry);
  if (!isRefreshHeld(state, entry)) return declared;
  return { ...declared, refresh: 'manual', maxStalenessMs: null, maxRows: null, onStaleRead: 'serve' };
}

/** How a query is answered that reads what waits. */
export type HeldReading = {
  readonly version: Version;
  readonly held: readonly HeldUpdate[];
  /** Kept views whose contents are of another version. */
  readonly inline: ReadonlyMap<string, InlineDecision>;
};

/** Null: nothing that the query reads waits. */
export function heldReading(state: EngineState, reads: QueryReads): HeldReading | null {
  if (!state.held.some(({ what }) => what === 'refresh')) return null;
  const entries = reads.relations.flatMap((name) => state.catalog.get(name) ?? []);
  const models = reads.models.flatMap((name) => state.catalog.get(name) ?? []);
  const held = [...new Set([...entries, ...models].flatMap((entry) => holdsOn(state, entry)))];
  const version = versionUnderHold(held);
  if (version === null) return null;
  const inline = new Map<string, InlineDecision>();
  const open = [...entries];
  for (let entry = open.shift(); entry !== undefined; entry = open.shift()) {
    if (entry.kind === 'table' || entry.kind === 'model' || fitsAt(state, entry, version)) continue;
    if (isKept(entry)) inline.set(nameOf(entry), byDefinition);
    open.push(...entry.reads.flatMap((name) => state.catalog.get(name) ?? []));
  }
  return { version, held, inline };
}

const byDefinition: InlineDecision = {
  read: 'recompute',
  costs: { compensateMs: null, recomputeMs: 0 },
  contents: { kind: 'definition' },
  refused: null,
};

/** Whether contents are right for a version, whatever the clock and the models say. */
function fitsAt(state: EngineState, entry: DerivedEntry, version: Version): boolean {
  if (!isKept(entry) || entry.handle.isClocked) return false;
  const cursor = state.cursors.get(nameOf(entry));
  if (cursor?.hash !== entry.declared.hash || cursor.version > version) return false;
  return !entry.bases.some((base) => state.changes.firstChange(base, cursor.version, version) !== null);
}

/** What is made of a table goes on: a person said so, or nobody did in time, and then the update is marked. */
export async function endRefreshHolds(
  draft: WriteDraft,
  ends: (held: HeldUpdate) => boolean,
  state: 'approved' | 'accepted-marked',
  decision: Decision,
): Promise<void> {
  const ending = draft.state.held.filter((held) => held.what === 'refresh' && ends(held));
  for (const held of ending) {
    const { updateId, table, version, detail } = held;
    await recordHeldDecision(draft.tx, held, state, decision, draft.nowMs);
    await settleWaiting(draft.tx, table, version, state);
    draft.readHistoryAnew(table);
    if (state === 'approved') continue;
    const mark = { updateId, table, version, detail };
    await recordMark(draft.tx, mark, draft.nowMs);
    draft.update({ marks: [...draft.state.marks, mark] });
  }
  draft.update({ held: draft.state.held.filter((held) => !ending.includes(held)) });
  for (const held of ending) await settleOffers(draft, held, state);
}
