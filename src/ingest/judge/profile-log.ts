import type { Schema } from '../../core/schema.ts';
import type { Session } from '../../core/session.ts';
import type { SqlValue } from '../../core/value.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import { readFindings, readPartColumns, readPlan, readProfile } from '../profile/profile-codec.ts';
import { mergeParts, type ProfilePart } from '../profile/profile-part.ts';
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
];

export async function recordProfile(
  tx: Session,
  verdict: Verdict,
  kind: UpdateKind,
  state: LearningState,
  unit: HistoryUnit,
  plan: JointPlan | null,
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
    JSON.stringify(unit.profile),
  ];
  await tx.append(
    'everview."profiles"',
    profileSchema,
    row.map((value) => [value]),
  );
}

/** What was noticed in these updates of the kind is usual. */
export async function learnFrom(
  tx: Session,
  table: string,
  kind: UpdateKind,
  versions: readonly number[],
): Promise<void> {
  const list = versions.join(', ');
  await tx.run(
    `UPDATE everview.profiles SET state = 'learned' WHERE name = $1 AND kind = $2 AND state = 'noticed' AND version IN (${list})`,
    [table, kind],
  );
}

/** What the file holds of a table's updates of one kind, the newest first as many as are looked back at. */
export async function loadTableHistory(
  session: Session,
  table: string,
  kind: UpdateKind,
): Promise<TableHistory> {
  const rows = await session.rows(
    `SELECT version, judged_at, findings, profile FROM everview.profiles WHERE name = $1 AND kind = $2 AND state = 'learned'
     ORDER BY version DESC LIMIT ${historyLength}`,
    [table, kind],
  );
  const newest = await session.rows(
    `SELECT version, judged_at, findings, plan, state, profile FROM everview.profiles WHERE name = $1 AND kind = $2
     ORDER BY version DESC LIMIT ${goesOn}`,
    [table, kind],
  );
  const noticed = await session.rows(
    `SELECT version, judged_at, findings, profile FROM everview.profiles WHERE name = $1 AND kind = $2 AND state = 'noticed'
     AND version >= $3 ORDER BY version`,
    [table, kind, BigInt(Number(rows[rows.length - 1]?.version ?? 0))],
  );
  const unitOf = (row: (typeof rows)[number]): HistoryUnit => ({
    version: Number(row.version),
    atMs: Number(row.judged_at),
    profile: readProfile(String(row.profile)),
    subjects: subjectsOf(readFindings(String(row.findings))),
  });
  const [latest] = newest;
  const plan = latest?.plan ?? null;
  const settled = newest.findIndex(({ state }) => state !== 'noticed');
  return {
    plan: plan === null ? null : readPlan(String(plan)),
    units: rows.map(unitOf).reverse(),
    noticed: noticed.map(unitOf),
    streak: settled < 0 ? newest.length : settled,
    latest: latest === undefined ? null : unitOf(latest),
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
