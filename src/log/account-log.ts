import type { Session } from '../core/session.ts';
import { insertRows } from './insert-row.ts';

/** What stale answers of one object have cost, in ms of refreshing, `since` a place where it stood. */
export type AccountRecord = { readonly since: string; readonly costMs: number; readonly answers: number };

export async function loadAccounts(session: Session): Promise<Map<string, AccountRecord>> {
  const rows = await session.rows('SELECT * FROM everview.staleness_accounts');
  return new Map(
    rows.map(({ name, since, cost_ms, answers }) => [
      String(name),
      { since: String(since), costMs: Number(cost_ms), answers: Number(answers) },
    ]),
  );
}

/** In place of all that are kept. */
export async function saveAccounts(tx: Session, accounts: ReadonlyMap<string, AccountRecord>): Promise<void> {
  await tx.run('DELETE FROM everview.staleness_accounts');
  const rows = [...accounts].map(([name, { since, costMs, answers }]) => [name, since, costMs, answers]);
  insertRows(tx, 'everview.staleness_accounts', rows);
}
