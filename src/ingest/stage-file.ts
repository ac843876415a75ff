import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { openFile } from '../store/read-file.ts';
import type { IngestTarget } from './ingest-target.ts';
import type { RowSource } from './row-source.ts';
import { type Staged, type StagingPlace, stageSelect } from './stage.ts';
import { stageArrow } from './stage-arrow.ts';
import { placeRows } from './staging-place.ts';

/** A file whole onto the stage, or `file-error`. `wanted` null: the file must have every column of the table. */
export async function stageFile(
  tx: Session,
  target: IngestTarget,
  source: Extract<RowSource, { kind: 'file' }>,
  wanted: Schema | null,
  place: StagingPlace,
): Promise<Staged> {
  const columns = wanted ?? target.schema;
  const file = await openFile(tx, { ...source, wanted: columns, table: target.name });
  try {
    if (file.kind === 'arrow') return await stageArrow(tx, target, file.batches, columns, file, place);
    const select = stageSelect(
      target,
      file.from,
      file.columns.map((column) => ({ ...column, lossless: true })),
      { noRecord: file.noRecord, strayKey: file.strayKeys },
    );
    const placed = await placeRows(tx, target, select, place);
    return { place: placed, mayMisfit: select.mayMisfit, file, notices: file.notices ?? [] };
  } catch (failure) {
    throw await file.explain(failure);
  } finally {
    await file.close?.();
  }
}
