import type { CellResult, RunResult } from '../cell-result.ts';
import type { Policy } from '../policy.ts';

/** A policy and what it did under each seed. */
export type PolicyCells = { readonly policy: Policy; readonly cells: readonly CellResult[] };

/** In the order in which the policies come; those of one policy by seed. */
export function cellsByPolicy({ cells }: Pick<RunResult, 'cells'>): readonly PolicyCells[] {
  const byName = new Map<string, CellResult[]>();
  for (const cell of cells) {
    const same = byName.get(cell.policy.name);
    if (same === undefined) byName.set(cell.policy.name, [cell]);
    else same.push(cell);
  }
  return [...byName.values()].flatMap((same) => {
    const [first] = same;
    return first === undefined
      ? []
      : [{ policy: first.policy, cells: same.sort((one, other) => one.seed - other.seed) }];
  });
}

/** The same, with the cells of those seeds alone under which every policy was replayed. */
export function pairedBySeed(policies: readonly PolicyCells[]): readonly PolicyCells[] {
  const isShared = (seed: number): boolean =>
    policies.every(({ cells }) => cells.some((cell) => cell.seed === seed));
  return policies.map(({ policy, cells }) => ({ policy, cells: cells.filter(({ seed }) => isShared(seed)) }));
}
