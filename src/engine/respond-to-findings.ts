import { EverviewError } from '../core/errors.ts';
import type { IncidentReport } from '../core/incident.ts';
import { sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { type Finding, subjectOf, type Verdict } from '../core/verdict.ts';
import { versionOf } from '../core/version.ts';
import type { TableDefinition } from '../declare/definition.ts';
import type { UpdateContext } from '../ingest/change-outcome.ts';
import type { IngestTarget } from '../ingest/ingest-target.ts';
import { partsLeaving } from '../ingest/judge/judge-batch.ts';
import { recordParts } from '../ingest/judge/profile-log.ts';
import { judgedBefore } from '../ingest/quarantine.ts';
import { jsonOf } from '../ingest/row-sql.ts';
import { broughtRows, type SubjectOfRows, setAsideTaken } from '../ingest/set-aside-taken.ts';
import { type HeldUpdate, recordHeld } from '../log/held-log.ts';
import type { TableEntry } from '../query/catalog.ts';
import { isAccepted } from './accepted-findings.ts';
import type { LetIn } from './judge-update.ts';
import type { WriteDraft } from './write-draft.ts';

/** What one update did to one table, as far as the response goes. */
export type JudgedChange = {
  readonly deleted: number;
  /** The update changed other tables as well. */
  readonly isShared: boolean;
  /** The rows were known, and let in. */
  readonly letIn: LetIn | null;
};

export type FindingResponse = {
  readonly quarantined: number;
  /** What is made of the table waits for a decision. */
  readonly isWaiting: boolean;
  /** Incidents to report with the update. */
  readonly reports: readonly IncidentReport[];
};

/**
 * The judgement blocks the update, and `on_finding` refuses it. `reports` are recorded once it is rolled back.
 */
export class SuspectUpdate extends EverviewError {
  readonly table: string;
  readonly reports: readonly IncidentReport[];

  constructor(finding: Finding, reports: readonly IncidentReport[], hint: string) {
    super('suspect-update', `the update of "${finding.table}" is not as usual: ${finding.explanation}`, {
      hint,
      data: { findings: reports.map(({ cause, detail }) => ({ cause, detail })) },
    });
    Object.defineProperty(this, 'reports', { enumerable: false });
    this.table = finding.table;
    this.reports = reports;
  }
}

/**
 * What becomes of an update that was judged: nothing while no finding blocks it, or a person has accepted what does;
 * else what `on_finding` of the table says. Notices are incidents and no more.
 * @throws SuspectUpdate
 */
export async function respondToFindings(
  draft: WriteDraft,
  entry: TableEntry,
  verdict: Verdict,
  change: JudgedChange,
  context: UpdateContext,
): Promise<FindingResponse> {
  const { target } = entry;
  const told = toldFindings(verdict, change.letIn);
  const blocking = told.filter(
    (finding) => finding.severity === 'block' && !isAccepted(draft.state, finding, draft.nowMs),
  );
  const wished =
    change.letIn !== null || blocking.length === 0 ? 'warn' : entry.declared.definition.onFinding;
  // Rows that others of the update rest on, or that replaced others, cannot be taken out by themselves.
  const isTied = change.deleted > 0 || (target.children.length > 0 && change.isShared);
  const response = (wished === 'quarantine' || wished === 'ask') && isTied ? 'reject' : wished;
  const reports: IncidentReport[] = [];
  // What is noticed of an update of which nothing is taken, or all waits, shares its fate.
  const isWhole =
    response !== 'quarantine' || blocking.some((finding) => wrongRows(finding, target) === null);
  const isKnown = change.letIn === null ? () => false : await knownFindings(draft, entry);
  for (const finding of told) {
    const fate = responses[isWhole || blocking.includes(finding) ? response : 'warn'];
    const done = change.letIn === 'as-it-came' ? 'let-in' : fate;
    const report = await reportOf(draft.tx, entry, finding, context, done);
    reports.push({ ...report, isKnown: change.letIn !== null && isKnown(finding) });
  }
  const [first] = blocking;
  if (first === undefined || response === 'warn') return { ...nothingSetAside, reports };
  if (response === 'reject') {
    const hint =
      response !== wished
        ? 'on_finding = quarantine could not take the rows out by themselves: others of the update rest on them, or they replaced rows'
        : 'EXPLAIN INCIDENT tells more; ACCEPT INCIDENT takes it as the new normal';
    throw new SuspectUpdate(first, reports, hint);
  }
  if (response === 'hold_refresh') {
    await waitFor(draft, entry, first, context, 'refresh');
    return { ...nothingSetAside, isWaiting: true, reports };
  }
  const subjects = told.map((finding) => ({
    subject: subjectOf(finding),
    predicate: finding.rowsPredicate,
  }));
  if (response === 'ask') {
    await waitFor(draft, entry, first, context, 'rows');
    const whole = subjects.map((one) => ({ ...one, predicate: null }));
    const quarantined = await setAside(draft, entry, first, null, whole, context);
    return { ...nothingSetAside, quarantined, reports };
  }
  let quarantined = 0;
  for (const finding of widestLast(blocking))
    quarantined += await setAside(draft, entry, finding, wrongRows(finding, target), subjects, context);
  return { ...nothingSetAside, quarantined, reports };
}

/** Of a table whose rows reference each other none can stay by itself: another of the update may rest on one that goes. */
function wrongRows({ rowsPredicate }: Finding, { name, children }: IngestTarget): string | null {
  const restsOnItself = children.some(
    ({ childTable, constraint }) => sameName(childTable, name) && constraint.matchRate === undefined,
  );
  return restsOnItself ? null : rowsPredicate;
}

/** Which findings are none of news: of rows that a rule had set aside and that now come in, all is for the first time. */
async function knownFindings(
  { tx, nowMs }: WriteDraft,
  { target }: TableEntry,
): Promise<(finding: Finding) => boolean> {
  const { subjects, areAll } = await judgedBefore(tx, target.name, nowMs);
  return (finding) => areAll || subjects.has(subjectOf(finding));
}

/**
 * What people are told of a verdict. How many rows are let in, and when, says nothing; what would stop them is told all the
 * same.
 */
export function toldFindings({ findings }: Verdict, letIn: LetIn | null): Finding[] {
  return findings.filter(({ severity }) => severity === 'block' || (severity === 'notice' && letIn === null));
}

const nothingSetAside = { quarantined: 0, isWaiting: false };

/** Moves rows out of the table, and out of what the profile counts. */
async function setAside(
  { tx }: WriteDraft,
  { target, declared }: TableEntry,
  { cause, explanation }: Finding,
  predicate: string | null,
  subjects: readonly SubjectOfRows[],
  context: UpdateContext,
): Promise<number> {
  const { schema, name } = target;
  const relation = `(SELECT * FROM ${broughtRows(target, context, predicate)})`;
  const { eventTime } = declared.definition;
  await recordParts(tx, name, context.version, await partsLeaving(tx, { relation, schema, eventTime }));
  return setAsideTaken(tx, target, predicate, { name: cause, reason: explanation, subjects }, context);
}

/** All that the update brought waits for a person, or for the deadline. */
async function waitFor(
  draft: WriteDraft,
  entry: TableEntry,
  finding: Finding,
  context: UpdateContext,
  what: HeldUpdate['what'],
): Promise<void> {
  const { name, hold: term } = entry.declared.definition;
  const held: HeldUpdate = {
    updateId: context.updateId,
    what,
    version: what === 'rows' ? versionOf(0) : context.version,
    table: name,
    detail: finding.explanation,
    deadlineMs: draft.nowMs + term.forMs,
    onDeadline: term.onDeadline,
  };
  await recordHeld(draft.tx, held, draft.nowMs);
  draft.update({ held: [...draft.state.held, held] });
}

/** What is known to be some rows first; then, for a finding about the whole of the update, all that are left. */
function widestLast(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => Number(a.rowsPredicate === null) - Number(b.rowsPredicate === null));
}

const responses = {
  warn: 'warned',
  quarantine: 'quarantined',
  ask: 'update-held',
  hold_refresh: 'refresh-held',
  reject: 'rejected',
} as const satisfies Record<TableDefinition['onFinding'], IncidentReport['response']>;

const sampleRows = 5;

async function reportOf(
  tx: Session,
  { target }: TableEntry,
  finding: Finding,
  context: UpdateContext,
  response: IncidentReport['response'],
): Promise<IncidentReport> {
  const rows = broughtRows(target, context, finding.rowsPredicate);
  const [counted] = await tx.rows(`SELECT count(*)::DOUBLE AS n FROM ${rows}`);
  const sample = await tx.rows(
    `SELECT ${jsonOf(target, 'x')} AS content FROM (SELECT * FROM ${rows} LIMIT ${sampleRows}) AS x`,
  );
  return {
    kind: 'finding',
    name: target.name,
    subject: subjectOf(finding),
    cause: finding.cause,
    severity: finding.severity,
    columns: finding.columns,
    detail: finding.explanation,
    rows: Number(counted?.n ?? 0),
    sample: sample.map(({ content }) => String(content)),
    response,
    updateId: context.updateId,
  };
}
