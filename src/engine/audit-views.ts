import { nameOf } from '../query/catalog.ts';
import { auditContents, type Divergence } from '../view/audit.ts';
import type { EngineCore } from './engine-core.ts';
import { type EngineState, withEntry } from './engine-state.ts';
import { moveIncident, reportIncident } from './incidents.ts';
import { isKept, type KeptEntry, refreshViews } from './refresh-views.ts';
import { modelEnds } from './shown-models.ts';
import { maintainedEntries, servedStanding } from './standings.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Computes a sample of one view again: the first whose contents are right for the newest version and were not
 * compared since they last moved. A difference becomes an incident, and the view is rebuilt, in one transaction.
 *
 * @returns whether there was one to audit
 */
export async function auditNextView(core: EngineCore): Promise<boolean> {
  const next = nextToAudit(core);
  if (next === null) return false;
  const { handle, share } = next;
  const found = await core.store.read(
    () => core.state,
    async (snapshot, state) => {
      // Between the choice and the snapshot an update may have come.
      const now = auditOf(core, state, next.entry);
      if (now === null) return null;
      const toMs = state.cursors.get(nameOf(next.entry))?.asOfMs ?? core.clock.nowMs();
      const at = { fromMs: toMs, toMs, models: modelEnds(state, handle, null) };
      const divergence = await auditContents(snapshot, handle, share, now, at);
      return { version: state.version, divergence };
    },
  );
  if (found === null) return true;
  await core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    if (found.divergence !== null) await rebuild(core, draft, next.entry, found.divergence);
    draft.update({ audited: withEntry(draft.state.audited, nameOf(next.entry), found.version) });
    return draft.committed(undefined);
  });
  return true;
}

type NextAudit = { readonly entry: KeptEntry; readonly handle: KeptEntry['handle']; readonly share: number };

function nextToAudit(core: EngineCore): NextAudit | null {
  for (const entry of maintainedEntries(core.state)) {
    if (!isKept(entry) || entry.kind !== 'view') continue;
    const share = entry.declared.definition.audit;
    if (share > 0 && auditOf(core, core.state, entry) !== null) return { entry, handle: entry.handle, share };
  }
  return null;
}

/** The version whose contents would be audited; null: they were, or they are not right for the newest version. */
function auditOf(core: EngineCore, state: EngineState, entry: KeptEntry): number | null {
  const name = nameOf(entry);
  if (state.catalog.get(name) !== entry) return null;
  const cursor = state.cursors.get(name);
  const standing = servedStanding(entry, state, core.clock.nowMs());
  if (cursor === undefined || standing === null || standing.asOf !== state.version) return null;
  if (standing.sinceMs !== null) return null;
  const audited = state.audited.get(name);
  return audited !== undefined && audited >= cursor.version ? null : cursor.version;
}

async function rebuild(
  core: EngineCore,
  draft: WriteDraft,
  entry: KeptEntry,
  { side, row }: Divergence,
): Promise<void> {
  const name = nameOf(entry);
  const live = await reportIncident(draft, {
    kind: 'audit-divergence',
    name,
    subject: '',
    cause: null,
    severity: 'block',
    columns: [],
    detail: detailOf[side],
    rows: 1,
    sample: [JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))],
    response: 'rebuilt',
    updateId: null,
  });
  await refreshViews(core, draft, [name], { trigger: 'audit-divergence', how: 'full' });
  await moveIncident(draft, live, 'resolved', { who: 'everview', why: 'the view was rebuilt' });
}

const detailOf: Readonly<Record<Divergence['side'], string>> = {
  missing: 'the definition gives a row that the contents lack',
  unexpected: 'the contents have a row that the definition does not give',
  different: 'a row differs from what the definition gives by more than the tolerance',
};
