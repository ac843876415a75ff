import { quoteLiteral, versionColumn, weightColumn } from '../../core/identifier.ts';
import type { Schema } from '../../core/schema.ts';
import type { Session } from '../../core/session.ts';
import type { SqlValue } from '../../core/value.ts';
import { subjectOf, type Verdict } from '../../core/verdict.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import {
  readFindings,
  readPartColumns,
  readPlan,
  readProfile,
  writeProfile,
} from '../profile/profile-codec.ts';
import { mergeParts, type ProfilePart } from '../profile/profile-part.ts';
import { logRelation } from '../relation-names.ts';
import { timestampSql } from '../set-aside.ts';
import {
  goesOn,
  type HistoryUnit,
  historyLength,
  type LearningState,
  subjectsOf,
  type TableHistory,
  type UpdateKind,
} from './table-history.ts';

const profileSchema: Schema = [
  { name: 'name', type: 'VARCHAR' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'version', type: 'BIGINT' },
  { name: 'state', type: 'VARCHAR' },
  { name: 'severity', type: 'VARCHAR' },
  { name: 'rows', type: 'BIGINT' },
  { name: 'history', type: 'BIGINT' },
  { name: 'tests', type: 'BIGINT' },
  { name: 'block_below', type: 'DOUBLE' },
  { name: 'notice_below', type: 'DOUBLE' },
  { name: 'findings', type: 'VARCHAR' },
  { name: 'judged_at', type: 'TIMESTAMP' },
  { name: 'plan', type: 'VARCHAR' },
  { name: 'profile', type: 'VARCHAR' },
  { name: 'update_id', type: 'BIGINT' },
];

export async function recordProfile(
  tx: Session,
  verdict: Verdict,
  kind: UpdateKind,
  state: LearningState,
  unit: HistoryUnit,
  plan: JointPlan | null,
  updateId: number,
): Promise<void> {
  const row: readonly SqlValue[] = [
    verdict.table,
    kind,
    BigInt(verdict.version),
    state,
    verdict.severity,
    BigInt(verdict.rows),
    BigInt(verdict.history),
    BigInt(verdict.tests),
    verdict.thresholds.block,
    verdict.thresholds.notice,
    JSON.stringify(verdict.findings),
    new Date(unit.atMs),
    plan === null ? null : JSON.stringify(plan),
    writeProfile(unit.profile),
    BigInt(updateId),
  ];
  await tx.append(
    'everview."profiles"',
    profileSchema,
    row.map((value) => [value]),
  );
}

export type Findings = ReturnType<typeof readFindings>;

/** What was found of an update to a table, in the whole of it and in what was taken. */
export async function findingsOf(tx: Session, table: string, updateId: number): Promise<Findings> {
  const rows = await tx.rows(
    'SELECT findings FROM everview.profiles WHERE name = $1 AND update_id = $2 ORDER BY rows DESC',
    [table, updateId],
  );
  return rows.flatMap((row) => readFindings(String(row.findings)));
}

/** What was found of an update to a table that blocked it. */
export async function blockingFindings(tx: Session, table: string, updateId: number): Promise<Findings> {
  return (await findingsOf(tx, table, updateId)).filter(({ severity }) => severity === 'block');
}

/** What was said of these updates of the kind is usual. */
export async function learnFrom(
  tx: Session,
  table: string,
  kind: UpdateKind,
  versions: readonly number[],
): Promise<void> {
  const list = versions.join(', ');
  await tx.run(
    `UPDATE everview.profiles SET state = 'learned' WHERE name = $1 AND kind = $2 AND state IN ('noticed', 'blocked') AND version IN (${list})`,
    [table, kind],
  );
}

/**
 * A person has decided about an update whose rows are in the table, or nobody did in time: what was let in as it is, is
 * learned from; what was put right before, or only went on, is not.
 */
export async function settleWaiting(
  tx: Session,
  table: string,
  version: number,
  decision: 'approved' | 'accepted-marked',
): Promise<void> {
  const later = `${logRelation(table)} WHERE ${versionColumn} > ${version} AND ${weightColumn} < 0`;
  const state =
    decision === 'approved'
      ? `CASE WHEN EXISTS (SELECT 1 FROM ${later}) THEN 'kept-out' ELSE 'learned' END`
      : `'blocked'`;
  await tx.run(
    `UPDATE everview.profiles SET state = ${state}
     WHERE name = $1 AND version = ${version} AND state = 'waiting' AND profile <> ''`,
    [table],
  );
}

/**
 * Rows that the judgement had kept out have come in, in this moment and as they were: an update of which none is left out is
 * learned from as it came. What was taken of it at once then is a part of that.
 *
 * @returns whether there were such rows
 */
export async function learnReleased(tx: Session, table: string, nowMs: number): Promise<boolean> {
  const updates = await tx.rows(
    `SELECT update_id FROM everview.quarantine WHERE "table" = $1 GROUP BY update_id
     HAVING max(resolved_at) = ${timestampSql(nowMs)} AND bool_or(constraint_kind = 'finding')`,
    [table],
  );
  const whole: number[] = [];
  for (const row of updates) {
    const updateId = Number(row.update_id);
    if (await isReleasedWhole(tx, table, updateId)) whole.push(updateId);
  }
  if (whole.length === 0) return updates.length > 0;
  // Of an update that was taken in part the profile of the whole has more rows. Asked again in this moment it stays so.
  await tx.run(
    `UPDATE everview.profiles AS p
     SET state = CASE WHEN rows = (SELECT max(w.rows) FROM everview.profiles AS w
                                   WHERE w.name = p.name AND w.update_id = p.update_id) THEN 'learned' ELSE 'kept-out' END
     WHERE name = $1 AND update_id IN (${whole.join(', ')}) AND profile <> ''`,
    [table],
  );
  return true;
}

/** Rows that break a constraint by now, and are held for that, are still some that the judgement had kept out. */
async function isReleasedWhole(tx: Session, table: string, updateId: number): Promise<boolean> {
  const told = (await findingsOf(tx, table, updateId)).filter(({ severity }) => severity !== 'log');
  const subjects = told.map((finding) => quoteLiteral(subjectOf(finding))).join(', ');
  const [row] = await tx.rows(
    `SELECT bool_and(state = 'released') AS whole FROM everview.quarantine
     WHERE "table" = $1 AND update_id = $2
       AND (constraint_kind = 'finding' OR list_has_any(subjects, [${subjects}]::VARCHAR[]))`,
    [table, updateId],
  );
  return row?.whole === true;
}

/** Whether rows that came in from the quarantine in this moment belong to updates of which the table had taken the rest. */
export async function areRestOfTaken(tx: Session, table: string, nowMs: number): Promise<boolean> {
  const [row] = await tx.rows(
    `SELECT count(*) AS n FROM everview.quarantine q JOIN everview.updates u USING (update_id)
     WHERE q."table" = $1 AND q.state IN ('released', 'corrected') AND q.resolved_at = ${timestampSql(nowMs)}
       AND u.version IS NOT NULL AND NOT list_contains(u.kept_out, $1)`,
    [table],
  );
  return Number(row?.n ?? 0) > 0;
}

/** An update that is set aside whole makes no version, so that the next one that is taken has the same. */
const newestFirst = 'version DESC, update_id DESC';

/** What the file holds of a table's updates of one kind, the newest first as many as are looked back at. */
export async function loadTableHistory(
  session: Session,
  table: string,
  kind: UpdateKind,
): Promise<TableHistory> {
  const rows = await session.rows(
    `SELECT version, judged_at, findings, profile FROM everview.profiles WHERE name = $1 AND kind = $2 AND state = 'learned'
     ORDER BY ${newestFirst} LIMIT ${historyLength}`,
    [table, kind],
  );
  const newest = await session.rows(
    `SELECT version, update_id, judged_at, findings, plan, state, profile FROM everview.profiles
     WHERE name = $1 AND kind = $2 AND state <> 'kept-out' ORDER BY ${newestFirst} LIMIT ${goesOn}`,
    [table, kind],
  );
  const doubted = await session.rows(
    `SELECT version, judged_at, findings, state, profile FROM everview.profiles
     WHERE name = $1 AND kind = $2 AND state IN ('noticed', 'blocked') AND version >= $3
     ORDER BY ${newestFirst} LIMIT ${historyLength}`,
    [table, kind, BigInt(Number(rows[rows.length - 1]?.version ?? 0))],
  );
  const unitOf = (row: (typeof rows)[number]): HistoryUnit => ({
    version: Number(row.version),
    atMs: Number(row.judged_at),
    profile: readProfile(String(row.profile)),
    ...subjectsOf(readFindings(String(row.findings))),
  });
  const [latest] = newest;
  const [keptOut] = await session.rows(
    `SELECT count(*)::DOUBLE AS n FROM everview.updates
     WHERE list_contains(kept_out, $1) AND update_id > $2`,
    [table, BigInt(Number(latest?.update_id ?? 0))],
  );
  const plan = latest?.plan ?? null;
  const settled = newest.findIndex(({ state }) => state !== 'noticed');
  return {
    plan: plan === null ? null : readPlan(String(plan)),
    units: rows.map(unitOf).reverse(),
    doubted: doubted
      .map((row) => ({
        ...unitOf(row),
        state: row.state === 'blocked' ? ('blocked' as const) : ('noticed' as const),
      }))
      .reverse(),
    streak: settled < 0 ? newest.length : settled,
    latest: latest === undefined ? null : unitOf(latest),
    keptOut: Number(keptOut?.n ?? 0),
  };
}

const partSchema: Schema = [
  { name: 'name', type: 'VARCHAR' },
  { name: 'version', type: 'BIGINT' },
  { name: 'day', type: 'BIGINT' },
  { name: 'rows', type: 'BIGINT' },
  { name: 'columns', type: 'VARCHAR' },
];

export async function recordParts(
  tx: Session,
  table: string,
  version: number,
  parts: readonly ProfilePart[],
): Promise<void> {
  await tx.append('everview."profile_parts"', partSchema, [
    parts.map(() => table),
    parts.map(() => BigInt(version)),
    parts.map(({ day }) => (day === null ? null : BigInt(day))),
    parts.map(({ rows }) => BigInt(rows)),
    parts.map(({ columns }) => JSON.stringify(columns)),
  ]);
}

/** What updates added and took, in their order; `mergeParts` makes the profile by day of it. */
export async function loadParts(session: Session, table: string): Promise<ProfilePart[]> {
  const rows = await session.rows(
    'SELECT day, rows, columns FROM everview.profile_parts WHERE name = $1 ORDER BY version',
    [table],
  );
  return rows.map((row) => ({
    day: row.day === null ? null : Number(row.day),
    rows: Number(row.rows),
    columns: readPartColumns(String(row.columns)),
  }));
}

/**
 * Keeps what is known of a table small: parts of a day become one, and of updates that are no longer looked back at only
 * the verdict stays. Nothing that is told or judged changes by it.
 *
 * @param oldest the version of the oldest update looked back at
 */
export async function compactProfiles(
  tx: Session,
  table: string,
  kind: UpdateKind,
  oldest: number,
): Promise<void> {
  await tx.run(
    `UPDATE everview.profiles SET profile = '' WHERE name = $1 AND kind = $2 AND version < $3 AND profile <> ''`,
    [table, kind, oldest],
  );
  const [newest] = await tx.rows(
    'SELECT max(version) AS version FROM everview.profile_parts WHERE name = $1',
    [table],
  );
  const parts = mergeParts(await loadParts(tx, table));
  await tx.run('DELETE FROM everview.profile_parts WHERE name = $1', [table]);
  await recordParts(tx, table, Number(newest?.version ?? 0), parts);
}

/** The table is gone, or made anew. */
export async function forgetProfiles(tx: Session, table: string): Promise<void> {
  await tx.run('DELETE FROM everview.profiles WHERE name = $1', [table]);
  await tx.run('DELETE FROM everview.profile_parts WHERE name = $1', [table]);
}
