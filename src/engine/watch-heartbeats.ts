import type { IncidentReport } from '../core/incident.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { moveIncident, reportIncident } from './incidents.ts';
import { lastHeardMs } from './last-heard.ts';
import { liveIncident } from './replace-incident.ts';
import { silenceReport, silenceSubject } from './update-incidents.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Opens an incident for each table, or source where sources are told apart, that is silent for longer than its
 * heartbeat, and ends those of what sends again.
 */
export async function watchHeartbeats(core: EngineCore): Promise<void> {
  const isDue = (state: EngineState) => {
    const silences = silencesAt(state, core.clock.nowMs());
    return (
      silences.some(isNews(state, core.clock.nowMs())) ||
      ended(state, silences, core.clock.nowMs()).length > 0
    );
  };
  if (core.isHeld || !isDue(core.state)) return;
  await core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const silences = silencesAt(state, draft.nowMs);
    for (const live of ended(state, silences, draft.nowMs))
      await moveIncident(draft, live, 'resolved', { who: 'everview', why: 'rows come again' });
    for (const report of silences.filter(isNews(state, draft.nowMs))) await reportIncident(draft, report);
    return draft.committed(undefined);
  });
}

function silencesAt(state: EngineState, nowMs: number): IncidentReport[] {
  return state.catalog.entries().flatMap((entry) => {
    if (entry.kind !== 'table') return [];
    const { name, heartbeatMs, arrival } = entry.declared.definition;
    if (heartbeatMs === null) return [];
    const lastMs = lastHeardMs(state, entry);
    const table =
      nowMs - lastMs > heartbeatMs ? [silenceReport(name, undefined, nowMs - lastMs, heartbeatMs)] : [];
    // Where the whole table is silent, so are its sources, and for one reason.
    if (arrival.source === null || table.length > 0) return table;
    return [...(state.sources.get(name) ?? [])]
      .filter(([, arrived]) => nowMs - arrived.lastMs > heartbeatMs)
      .map(([source, arrived]) => silenceReport(name, source, nowMs - arrived.lastMs, heartbeatMs));
  });
}

/** Not told yet, or accepted until a moment that has passed. */
function isNews(state: EngineState, nowMs: number) {
  return (report: IncidentReport): boolean => {
    const live = liveIncident(state, report);
    if (live === undefined) return true;
    const expiresAtMs = live.state === 'accepted' ? live.expiresAtMs : null;
    return expiresAtMs !== null && expiresAtMs <= nowMs;
  };
}

/** Not by a clock that stands before the incident (`--now`): it knows nothing of what came since. */
function ended(state: EngineState, silences: readonly IncidentReport[], nowMs: number) {
  const tableIsSilent = (name: string) =>
    silences.some((report) => report.name === name && report.subject === silenceSubject(undefined));
  return state.incidents.filter(
    (live) =>
      live.kind === 'silence' &&
      live.openedAtMs <= nowMs &&
      !silences.some((report) => report.name === live.name && report.subject === live.subject) &&
      !(live.subject !== silenceSubject(undefined) && tableIsSilent(live.name)),
  );
}
