import type { ErrorCode, EverviewError } from '../core/errors.ts';
import type { IncidentReport } from '../core/incident.ts';
import type { Reason } from '../core/reasons.ts';
import type { RejectedRows, UpdateRejected } from '../ingest/change-outcome.ts';
import { recordRejected } from '../ingest/record-rejected.ts';
import type { EngineCore } from './engine-core.ts';
import { reportIncident } from './incidents.ts';
import { noteUpdate } from './note-update.ts';
import type { SuspectUpdate } from './respond-to-findings.ts';
import type { UpdateInProgress } from './update-in-progress.ts';
import { mismatchReport, violationReports } from './update-incidents.ts';
import { WriteDraft } from './write-draft.ts';

/** What is left of an update that was refused: written once its own transaction is rolled back. */
type Refusal = {
  readonly table: string;
  readonly reason: Reason;
  readonly message: string;
  /** What was given, to be corrected and replayed. */
  readonly rows: readonly RejectedRows[];
  readonly reports: (updateId: number) => readonly IncidentReport[];
};

async function recordRefusal(
  core: EngineCore,
  key: string | null,
  update: UpdateInProgress,
  refusal: Refusal,
): Promise<void> {
  await core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const updateId = state.lastUpdateId + 1;
    for (const rows of refusal.rows) await recordRejected(tx, rows, { updateId, nowMs: draft.nowMs });
    noteUpdate(draft, {
      updateId,
      version: null,
      status: 'rejected',
      reason: refusal.reason,
      idempotencyKey: key,
      tables: [refusal.table],
      inserted: 0,
      deleted: 0,
      quarantined: 0,
      keptOut: update.keptOut(refusal.reason === 'replayed-batch' ? 'refused-replay' : 'refused'),
      message: refusal.message,
      committedAtMs: draft.nowMs,
    });
    for (const report of refusal.reports(updateId)) await reportIncident(draft, report);
    return draft.committed(undefined);
  });
}

export function recordRejection(
  core: EngineCore,
  key: string | null,
  failure: UpdateRejected,
  update: UpdateInProgress,
): Promise<void> {
  const { rejected, violations, message } = failure;
  // A deletion that others still need the row for says nothing about the data that comes.
  const counts =
    rejected.rows.length === 0 ? [] : failure.counts.filter(({ table }) => table === rejected.table);
  return recordRefusal(core, key, update, {
    table: rejected.table,
    reason: failure.code === 'replayed-batch' ? 'replayed-batch' : 'constraint-violated',
    message,
    rows: [...update.companions, rejected],
    reports: (updateId) => violationReports(counts, violations, () => 'rejected', updateId),
  });
}

const mismatches: Readonly<Partial<Record<ErrorCode, Reason>>> = {
  'schema-mismatch': 'schema-mismatch',
  'invalid-row': 'value-misfit',
  'file-error': 'value-misfit',
};

/**
 * Columns that are missing or renamed, or values that are not of their type: nothing came that could be kept. Of a statement
 * that brings no rows it is the error of who wrote it, and says nothing about the data that comes.
 */
export async function recordMismatch(
  core: EngineCore,
  key: string | null,
  failure: EverviewError,
  update: UpdateInProgress,
): Promise<void> {
  if (update.arriving === null) return;
  const reason = mismatches[failure.code];
  const report = reason === undefined ? null : mismatchReport(failure);
  if (report === null || reason === undefined) return;
  await recordRefusal(core, key, update, {
    table: report.name,
    reason,
    message: failure.message,
    rows: [],
    reports: (updateId) => [{ ...report, updateId }],
  });
}

export function recordSuspect(
  core: EngineCore,
  key: string | null,
  failure: SuspectUpdate,
  update: UpdateInProgress,
): Promise<void> {
  return recordRefusal(core, key, update, {
    table: failure.table,
    reason: 'finding-blocks',
    message: failure.message,
    rows: update.companions,
    reports: (updateId) => failure.reports.map((report) => ({ ...report, updateId })),
  });
}
