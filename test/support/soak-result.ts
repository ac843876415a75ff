import { z } from 'zod';

/** Bytes. `outside`: of typed arrays and the like; `store`: what DuckDB says it holds. */
const level = z.strictObject({
  step: z.number(),
  resident: z.number(),
  heap: z.number(),
  outside: z.number(),
  store: z.number(),
});

export const soakSchema = z.strictObject({
  steps: z.number(),
  versions: z.number(),
  early: level,
  late: level,
  /** Resident memory at the end relative to that after the steps it settles in. */
  ratio: z.number(),
  /** The same without what DuckDB holds: rows not in a checkpoint yet, up to the size of log that asks for one. */
  besideStore: z.number(),
});

export type MemoryLevel = z.infer<typeof level>;
export type SoakResult = z.infer<typeof soakSchema>;

/** @param settled the step that the early levels are around; those behind it are late */
export function soakResult(levels: readonly MemoryLevel[], settled: number, versions: number): SoakResult {
  const early = least(levels.filter(({ step }) => step <= settled));
  const last = Math.max(...levels.map(({ step }) => step));
  const late = least(levels.filter(({ step }) => step > settled && step > last - settled));
  return {
    steps: last,
    versions,
    early,
    late,
    ratio: late.resident / early.resident,
    besideStore: (late.resident - late.store) / (early.resident - early.store),
  };
}

function least(levels: readonly MemoryLevel[]): MemoryLevel {
  const [first, ...rest] = levels;
  if (first === undefined) throw new Error('a soak goes on after the steps it settles in');
  return rest.reduce((one, other) => (other.resident < one.resident ? other : one), first);
}
