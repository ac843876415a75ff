import { EverviewError } from '../core/errors.ts';
import type { IncidentReport } from '../core/incident.ts';
import type { Reason } from '../core/reasons.ts';
import { sameName } from '../core/schema.ts';
import type { Verdict } from '../core/verdict.ts';
import { type Version, versionOf } from '../core/version.ts';
import { UpdateRejected, type ViolationCount } from '../ingest/change-outcome.ts';
import { forgetVersionOf, rowsOfUpdate } from '../ingest/record-rejected.ts';
import type { HeldUpdate } from '../log/held-log.ts';
import { compactSources, recordSources } from '../log/source-log.ts';
import { findUpdateByKey, type UpdateRecord } from '../log/update-log.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { type EngineState, withEntry } from './engine-state.ts';
import { renewOffers } from './held-incidents.ts';
import { policyNow } from './held-refreshes.ts';
import { noteQuietUpdate, noteUsual, reportIncident } from './incidents.ts';
import { findingLine, judgeUpdate, learnJudged } from './judge-update.ts';
import { noteUpdate } from './note-update.ts';
import { recordMismatch, recordRejection, recordSuspect } from './record-refusal.ts';
import { refreshModel } from './refresh-model.ts';
import { refreshViews } from './refresh-views.ts';
import { respondToFindings, SuspectUpdate, toldFindings } from './respond-to-findings.ts';
import type { UpdateResult } from './result.ts';
import { maintainedEntries } from './standings.ts';
import { type Tally, UpdateInProgress } from './update-in-progress.ts';
import { violationReports } from './update-incidents.ts';
import { WriteDraft } from './write-draft.ts';

/** What a finished update is, and the models to refresh with it. */
type Finished = { readonly result: UpdateResult; readonly immediateModels: readonly string[] };

/**
 * One update: `work` runs its statements; then the version is assigned, and immediate views move with it. A rejected
 * update leaves its rows with their reasons and nothing else.
 */
export async function runUpdate(
  core: EngineCore,
  key: string | null,
  work: (update: UpdateInProgress) => Promise<void>,
): Promise<UpdateResult> {
  let started: UpdateInProgress | null = null;
  try {
    const finished = await core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      const repeated = key === null ? null : await findUpdateByKey(tx, key);
      if (repeated !== null && key !== null) return draft.committed(repetition(state, key, repeated));
      const update = new UpdateInProgress(draft, {
        updateId: state.lastUpdateId + 1,
        version: versionOf(state.version + 1),
        horizon: state.horizon,
        nowMs: draft.nowMs,
        rowsOf: (table) => state.changes.rows(table),
      });
      started = update;
      await keepingRejects(update, () => work(update));
      const judged = await keepingRejects(update, () => judgeAndRespond(core, update));
      return draft.committed(await finish(core, update, key, judged));
    });
    return await withImmediateModels(core, finished);
  } catch (failure) {
    if (failure instanceof UpdateRejected && started !== null)
      await recordRejection(core, key, failure, started);
    if (failure instanceof EverviewError && started !== null)
      await recordMismatch(core, key, failure, started);
    if (failure instanceof SuspectUpdate && started !== null)
      await recordSuspect(core, key, failure, started);
    throw failure;
  }
}

/** The update stands whatever becomes of the fits: what failed of them is a warning, and the next read tries again. */
async function withImmediateModels(
  core: EngineCore,
  { result, immediateModels }: Finished,
): Promise<UpdateResult> {
  const warnings = [...result.warnings];
  for (const model of immediateModels) {
    try {
      await refreshModel(core, model, { trigger: 'with-the-update', how: 'auto' });
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      warnings.push(`model "${model}" could not be refreshed: ${message}`);
    }
  }
  return { ...result, warnings };
}

function repetition(state: EngineState, key: string, version: Version): Finished {
  return {
    immediateModels: [],
    result: {
      status: 'repeated',
      reason: 'repeated-key',
      version: state.version,
      inserted: 0,
      deleted: 0,
      quarantined: 0,
      verdicts: [],
      warnings: [
        `idempotency key "${key}" was used by an earlier update${version === 0 ? '' : ` (version ${version})`}; nothing was done`,
      ],
    },
  };
}

/** Rows that statements of a rejected update had put in go into its record too. */
async function keepingRejects<T>(update: UpdateInProgress, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof UpdateRejected || failure instanceof SuspectUpdate) {
      for (const table of update.tallies.keys()) {
        const { target } = update.tableEntry(table);
        update.companions.push(await rowsOfUpdate(update.draft.tx, target, update.context, failure.message));
      }
    }
    throw failure;
  }
}

type Judged = {
  readonly verdicts: readonly Verdict[];
  /** What people are told of them. */
  readonly lines: readonly string[];
  readonly reports: readonly IncidentReport[];
  /** Those of the reports that tell of what is usual from now on. */
  readonly usual: readonly IncidentReport[];
};

/** Judges what the update did to each table; what blocks it is set aside, or refuses it, as the table says. */
async function judgeAndRespond(core: EngineCore, update: UpdateInProgress): Promise<Judged> {
  const verdicts: Verdict[] = [];
  const lines: string[] = [];
  const reports: IncidentReport[] = [];
  const usual: IncidentReport[] = [];
  const changed = [...update.tallies].filter(([, { inserted, deleted }]) => inserted + deleted > 0);
  for (const [table, change] of changed) {
    const entry = update.tableEntry(table);
    const { draft, context } = update;
    const letIn = update.letInTo(table);
    const judged = await judgeUpdate(core, draft, entry, context, new Map(changed));
    if (judged === null) continue;
    const { verdict } = judged.judgement;
    verdicts.push(verdict);
    lines.push(...toldFindings(verdict, letIn).map(findingLine));
    const { deleted } = change;
    const about = { deleted, isShared: changed.length > 1, letIn };
    const response = await respondToFindings(draft, entry, verdict, about, context);
    update.setAside(table, response.quarantined);
    reports.push(...response.reports);
    const left = change.inserted - response.quarantined;
    const isUsual = await learnJudged(draft, entry, context, judged, { ...response, left, letIn });
    if (isUsual) usual.push(...response.reports);
  }
  return { verdicts, lines, reports, usual };
}

async function finish(
  core: EngineCore,
  update: UpdateInProgress,
  key: string | null,
  { verdicts, lines, reports, usual }: Judged,
): Promise<Finished> {
  const { draft, context } = update;
  const tallies = [...update.tallies];
  const sum = (field: 'inserted' | 'deleted' | 'quarantined') =>
    tallies.reduce((total, [, tally]) => total + tally[field], 0);
  const warnings = tallies.flatMap(([, tally]) => tally.warnings);
  const notices = tallies.flatMap(([, tally]) => tally.notices);
  const told = [...warnings, ...notices, ...update.notes];
  const changed = tallies.filter(([, tally]) => tally.inserted + tally.deleted > 0);
  const quarantined = sum('quarantined');
  const makesVersion = changed.length > 0;
  const version = makesVersion ? context.version : draft.state.version;
  const status = quarantined > 0 ? 'partial' : 'accepted';
  const held = draft.state.held.filter(({ updateId }) => updateId === context.updateId);
  told.push(...held.map(heldLine));
  const reason = held.some(({ what }) => what === 'rows')
    ? 'update-held'
    : held.length > 0
      ? 'refresh-held'
      : reasonOf(makesVersion, quarantined, warnings.length, notices.length);
  if (makesVersion) draft.update({ version });
  told.push(...lines);
  for (const [table, { inserted, deleted }] of changed) {
    if (tallies.length === 1) draft.countChange(table, version, inserted, deleted);
    else draft.addChange(table, version, inserted, deleted);
  }
  for (const [table, tally] of tallies) await noteArrivals(update, table, tally);
  if (makesVersion) await compactSources(draft.tx, draft.state.sources, context.updateId);
  if (!makesVersion && quarantined > 0) await forgetVersionOf(draft.tx, context.updateId);
  if (makesVersion || quarantined > 0 || key !== null) {
    const record: UpdateRecord = {
      updateId: context.updateId,
      version: makesVersion ? version : null,
      status,
      reason,
      idempotencyKey: key,
      tables: tallies.map(([table]) => table),
      inserted: sum('inserted'),
      deleted: sum('deleted'),
      quarantined,
      keptOut: update.keptOut('accepted'),
      message: told.length === 0 ? null : told.join('; '),
      committedAtMs: context.nowMs,
    };
    noteUpdate(draft, record);
  }
  await noteIncidents(update, reports, usual);
  const immediate = makesVersion
    ? immediateEntries(
        draft.state,
        changed.map(([table]) => table),
      )
    : [];
  const views = immediate.filter((entry) => entry.kind !== 'model').map(nameOf);
  if (views.length > 0) await refreshViews(core, draft, views, { trigger: 'with-the-update', how: 'auto' });
  return {
    immediateModels: immediate.filter((entry) => entry.kind === 'model').map(nameOf),
    result: {
      status: makesVersion || quarantined > 0 ? status : 'unchanged',
      reason,
      version,
      inserted: sum('inserted'),
      deleted: sum('deleted'),
      quarantined,
      warnings: told,
      verdicts,
    },
  };
}

/** What broke a rule opens incidents or is counted on them; what did not show for some updates is over. */
async function noteIncidents(
  update: UpdateInProgress,
  judged: readonly IncidentReport[],
  usual: readonly IncidentReport[],
): Promise<void> {
  const { draft, context, tallies } = update;
  const broken = [...tallies].flatMap(([table, { counts, violations, quarantined, warnings }]) => {
    // Rows that a release found no better are in quarantine, and known.
    if (quarantined === 0 && warnings.length === 0) return [];
    const { onViolation, arrival } = update.tableEntry(table).declared.definition;
    const responseOf = ({ kind }: ViolationCount) =>
      (kind === 'replayed-batch' ? arrival.onReplay : onViolation) === 'warn' ? 'warned' : 'quarantined';
    return violationReports(counts, violations, responseOf, context.updateId);
  });
  const reports = [...broken, ...judged];
  for (const report of reports) {
    // Told when they came; and whoever let them in knows.
    if (report.isKnown === true && report.response === 'let-in') continue;
    await reportIncident(draft, report);
  }
  const findings = reports.filter(({ kind }) => kind === 'finding');
  for (const table of new Set(findings.map(({ name }) => name))) await renewOffers(draft, table);
  for (const report of usual) await noteUsual(draft, report);
  if (draft.state.incidents.length === 0) return;
  const changed = [...tallies].flatMap(([table, { inserted }]) => (inserted > 0 ? [table] : []));
  await noteQuietUpdate(draft, changed, reports);
}

/**
 * That rows came, or were to change, also where they were set aside, as `lastSetAside` finds it; and from which sources,
 * where the table says what a source is.
 */
async function noteArrivals(
  update: UpdateInProgress,
  table: string,
  { inserted, quarantined, setAside }: Tally,
): Promise<void> {
  const { draft, context } = update;
  if (setAside > 0) draft.update({ setAsideMs: withEntry(draft.state.setAsideMs, table, context.nowMs) });
  if (inserted + quarantined === 0) return;
  const { source } = update.tableEntry(table).declared.definition.arrival;
  if (source === null) return;
  const arrived = { table, column: source, updateId: context.updateId, nowMs: context.nowMs };
  const known = draft.state.sources.get(table) ?? new Map();
  const arrivals = await recordSources(draft.tx, arrived, context.version, quarantined > 0, known);
  draft.update({ sources: withEntry(draft.state.sources, table, arrivals) });
}

function heldLine({ updateId, what, table, deadlineMs, onDeadline }: HeldUpdate): string {
  const until = new Date(deadlineMs).toISOString();
  if (what === 'refresh')
    return `what is made of "${table}" stays at the version before, until APPROVE UPDATE ${updateId}, the end of its incident, or ${until}`;
  return `what came to "${table}" waits for APPROVE UPDATE ${updateId} or REJECT UPDATE ${updateId}, until ${until}, then ${onDeadline}`;
}

function reasonOf(makesVersion: boolean, quarantined: number, warnings: number, notices: number): Reason {
  if (quarantined > 0) return 'rows-quarantined';
  if (!makesVersion) return 'nothing-to-do';
  if (warnings > 0) return 'accepted-with-warnings';
  return notices > 0 ? 'columns-ignored' : 'accepted';
}

function immediateEntries(state: EngineState, tables: readonly string[]) {
  return maintainedEntries(state).filter(
    (entry) =>
      policyNow(state, entry).refresh === 'immediate' &&
      entry.bases.some((base) => tables.some((table) => sameName(base, table))),
  );
}
