import { versionColumn, weightColumn } from '../core/identifier.ts';
import { versionOf } from '../core/version.ts';
import type { TableDefinition } from '../declare/definition.ts';
import type { ModelsOfTable } from '../ingest/judge/judge-batch.ts';
import { forgetProfiles, recordParts } from '../ingest/judge/profile-log.ts';
import { historyLength } from '../ingest/judge/table-history.ts';
import { unknownUse } from '../ingest/judge/table-use.ts';
import { readBlocks } from '../ingest/profile/batch-columns.ts';
import { mergeParts, type ProfilePart, partsOf } from '../ingest/profile/profile-part.ts';
import { dataRelation, logRelation } from '../ingest/relation-names.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import { learnUpdate } from './judge-update.ts';
import type { WriteDraft } from './write-draft.ts';

/** What models would have made of these updates is past. */
const noModels: ModelsOfTable = { effects: async () => [], use: async () => unknownUse };

/**
 * Brings what is known of a table in line with its options: forgotten where it is no longer profiled, and where it newly
 * is, or by another event time, learned from the rows there are and from the updates that the log still holds.
 */
export async function settleProfile(
  draft: WriteDraft,
  entry: TableEntry,
  before: TableDefinition,
): Promise<void> {
  const { definition } = entry.declared;
  const isSame = before.isProfiled === definition.isProfiled && before.eventTime === definition.eventTime;
  if (isSame || (!before.isProfiled && !definition.isProfiled)) return;
  const table = nameOf(entry);
  await forgetProfiles(draft.tx, table);
  draft.readHistoryAnew(table);
  if (!definition.isProfiled) return;
  const parts: ProfilePart[] = [];
  for await (const block of readBlocks(draft.tx, dataRelation(table), entry.target.schema)) {
    parts.push(...partsOf(block, definition.eventTime, 1));
  }
  await recordParts(draft.tx, table, draft.state.version, mergeParts(parts));
  const updates = await draft.tx.rows(
    `SELECT u.update_id, u.version, u.committed_at, l.inserted, l.deleted FROM everview.updates u
     JOIN (SELECT ${versionColumn} AS version, count(*) FILTER (${weightColumn} > 0) AS inserted,
                  count(*) FILTER (${weightColumn} < 0) AS deleted
           FROM ${logRelation(table)} WHERE ${versionColumn} > ${draft.state.horizon} GROUP BY ALL HAVING inserted > 0) AS l USING (version)
     ORDER BY u.version DESC LIMIT ${historyLength}`,
  );
  for (const { update_id, version, committed_at, inserted, deleted } of updates.reverse()) {
    const context = {
      updateId: Number(update_id),
      version: versionOf(Number(version)),
      nowMs: Number(committed_at),
    };
    const change = { inserted: Number(inserted), deleted: Number(deleted) };
    await learnUpdate(draft, entry, context, change, noModels);
  }
}
