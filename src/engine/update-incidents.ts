import { formatDurationMs } from '../core/duration.ts';
import type { EverviewError } from '../core/errors.ts';
import type { IncidentReport, IncidentResponse } from '../core/incident.ts';
import type { CatalogueCause } from '../core/verdict.ts';
import type { RuleKind } from '../declare/definition.ts';
import type { Violation, ViolationCount } from '../ingest/change-outcome.ts';

/** Rows of a violation that an incident shows. */
const sampleRows = 5;

const causes: Readonly<Record<RuleKind, CatalogueCause | null>> = {
  'not-null': 'null-burst',
  check: null,
  unique: 'duplicated-rows',
  'primary-key': 'duplicated-rows',
  references: 'key-loss',
  'max-future': 'clock-skew',
  'allowed-lateness': 'clock-skew',
  'event-time-order': 'sequence-break',
  'replayed-batch': 'replayed-batch',
};

/** What broke the rules of tables in one update: an incident for each rule. */
export function violationReports(
  counts: readonly ViolationCount[],
  violations: readonly Violation[],
  response: (count: ViolationCount) => IncidentResponse,
  updateId: number,
): IncidentReport[] {
  return counts.map((count) => {
    const shown = violations.filter(
      ({ table, constraint }) => table === count.table && constraint === count.constraint,
    );
    const rows = `${count.rows} ${count.rows === 1 ? 'row breaks' : 'rows break'}`;
    const first = shown[0] === undefined ? '' : `, first: ${shown[0].reason}`;
    return {
      kind: count.kind === 'replayed-batch' ? 'replayed-batch' : 'constraint-violation',
      name: count.table,
      subject: count.constraint,
      cause: causes[count.kind],
      // Rows that were to be taken all the same, as declared, stop nothing.
      severity: response(count) === 'warned' ? 'notice' : 'block',
      columns: [],
      detail: `${rows} "${count.constraint}" of "${count.table}"${first}`,
      rows: count.rows,
      sample: shown.slice(0, sampleRows).map(({ content }) => content),
      response: response(count),
      updateId,
    };
  });
}

/**
 * Columns that are missing, renamed or of another type; null where the refusal does not say of which table, or of what in
 * it: a file that is not there is no update.
 */
export function mismatchReport(failure: EverviewError): IncidentReport | null {
  const { table, missing, added, column } = failure.data ?? {};
  if (typeof table !== 'string') return null;
  const names = (list: unknown) => (Array.isArray(list) ? list.map(String) : []);
  const columns = typeof column === 'string' ? [column] : [...names(missing), ...names(added)];
  if (columns.length === 0) return null;
  return {
    kind: 'schema-mismatch',
    name: table,
    subject: columns.join(', '),
    cause: 'schema-change',
    severity: 'block',
    columns,
    detail: failure.hint === undefined ? failure.message : `${failure.message}; ${failure.hint}`,
    rows: 0,
    sample: [],
    response: 'rejected',
    updateId: null,
  };
}

/** A table, or one of its sources, that sent nothing for longer than its heartbeat. */
export function silenceReport(
  table: string,
  source: string | null | undefined,
  silenceMs: number,
  heartbeatMs: number,
): IncidentReport {
  const who = source === undefined ? `"${table}"` : `source ${source ?? 'NULL'} of "${table}"`;
  return {
    kind: 'silence',
    name: table,
    subject: silenceSubject(source),
    cause: source === undefined ? 'missing-rows' : 'missing-segment',
    severity: 'block',
    columns: [],
    detail: `no row of ${who} for ${formatDurationMs(silenceMs)}, expected every ${formatDurationMs(heartbeatMs)}`,
    rows: 0,
    sample: [],
    response: 'none',
    updateId: null,
  };
}

/** @param source undefined: the table as a whole */
export function silenceSubject(source: string | null | undefined): string {
  return source === undefined ? '' : `source ${source ?? 'NULL'}`;
}
