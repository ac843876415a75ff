import { recordUpdate, type UpdateRecord } from '../log/update-log.ts';
import { withEntry } from './engine-state.ts';
import type { WriteDraft } from './write-draft.ts';

/** Records an update. What the file says of the tables that it was kept out of, memory knows from now on. */
export function noteUpdate(draft: WriteDraft, record: UpdateRecord): void {
  recordUpdate(draft.tx, record);
  draft.update({ lastUpdateId: record.updateId });
  for (const table of record.keptOut) countKeptOut(draft, table.toLowerCase());
}

function countKeptOut(draft: WriteDraft, table: string): void {
  const known = draft.state.histories.get(table);
  if (known === undefined) return;
  const { insert, replace } = known;
  const counted = {
    ...(insert === undefined ? {} : { insert: { ...insert, keptOut: insert.keptOut + 1 } }),
    ...(replace === undefined ? {} : { replace: { ...replace, keptOut: replace.keptOut + 1 } }),
  };
  draft.update({ histories: withEntry(draft.state.histories, table, counted) });
}
