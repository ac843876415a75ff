import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cellResultSchema, lossMatrixSchema } from '../cell-result.ts';
import type { Cell, CellOutcome } from './cell.ts';
import { writeWhole } from './write-whole.ts';

export const cellOutcomeSchema = z.strictObject({
  result: cellResultSchema,
  matrix: lossMatrixSchema.nullable(),
});

/** As it lies in the cache: the key inside tells a file that was copied or renamed. */
const cellFileSchema = z.strictObject({ key: z.string(), outcome: cellOutcomeSchema });

export type CachedCell =
  | { readonly kind: 'found'; readonly outcome: CellOutcome }
  | { readonly kind: 'missing' }
  /** There is a file, and it is torn or of something else. */
  | { readonly kind: 'unreadable'; readonly path: string };

/** Cells that were replayed before, a file each, by the key of what they come from. */
export type CellCache = {
  read(key: string, cell: Cell): Promise<CachedCell>;
  write(key: string, outcome: CellOutcome): Promise<void>;
};

/** @param folder made when the first cell is written; null: nothing is kept. */
export function openCellCache(folder: string | null): CellCache {
  if (folder === null) return { read: async () => ({ kind: 'missing' }), write: async () => undefined };
  const pathOf = (key: string): string => join(folder, `${key}.json`);
  return {
    async read(key, cell) {
      const path = pathOf(key);
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text === null) return { kind: 'missing' };
      const outcome = tryReadCell(text, key);
      if (outcome === null) return { kind: 'unreadable', path };
      return { kind: 'found', outcome: renamed(outcome, cell) };
    },
    write: (key, outcome) => writeWhole(pathOf(key), JSON.stringify({ key, outcome })),
  };
}

function tryReadCell(text: string, key: string): CellOutcome | null {
  try {
    const file = cellFileSchema.safeParse(JSON.parse(text));
    return file.success && file.data.key === key ? file.data.outcome : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What a policy is called is not in the key. */
export function renamed({ result, matrix }: CellOutcome, { policy }: Cell): CellOutcome {
  return { result: { ...result, policy }, matrix: matrix === null ? null : { ...matrix, policy } };
}
