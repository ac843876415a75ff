import type { NumericKind } from '../core/schema.ts';
import { type GroupMoments, momentColumn, momentParts } from './moments.ts';

/** What is kept of one aggregate argument, beside its count of non-NULL values. */
export interface GroupArgument {
  /** The column of the input that holds it. */
  readonly column: string;
  /** Not null: keep the sum, exact for integers (HUGEINT) and decimals (38 digits). */
  readonly sum: NumericKind | null;
  readonly min: boolean;
  readonly max: boolean;
}

/**
 * One row of partial aggregates per distinct combination of the key columns; without keys exactly one row.
 *
 * Schema (the kept state): the keys; `stateColumns.rows`; per argument its count and what `GroupArgument` asks for;
 * the parts of each of `moments`.
 * A floating-point sum comes with two sums of magnitudes: `live`, Σ|x| over the rows that are there, and `ever`,
 * Σ|x| over all that was ever added or taken away since the last rebuild. The rounding error of the sum grows with
 * `ever`, what it is measured against is `live`.
 *
 * Change: the group of the input's change, each partial signed: Σw, Σ[x ≠ NULL]w, Σwx, Σw|x|, and min and max of
 * the rows put in and, apart, of the rows taken out. Added to the state by key it gives the new state; a group
 * whose row count becomes 0 leaves. min and max cannot be taken back: when a row taken out is as small as the least
 * of what was there and what comes in, the group must be recomputed.
 */
export interface GroupNode<R> {
  readonly kind: 'group';
  readonly input: R;
  /** Columns of the input. */
  readonly keys: readonly string[];
  readonly arguments: readonly GroupArgument[];
  readonly moments: readonly GroupMoments[];
}

export function createGroup<R>(
  input: R,
  keys: readonly string[],
  args: readonly GroupArgument[],
  moments: readonly GroupMoments[] = [],
): GroupNode<R> {
  return Object.freeze({ kind: 'group', input, keys, arguments: args, moments });
}

export function changeOfGroup<R>(node: GroupNode<R>, change: R | null): GroupNode<R> | null {
  return change === null ? null : createGroup(change, node.keys, node.arguments, node.moments);
}

/** Names of the state's columns; `argument` is the place in `GroupNode.arguments`. */
export const stateColumns = {
  rows: '__ev_n',
  key: (place: number) => `__ev_k${place}`,
  count: (argument: number) => `__ev_c${argument}`,
  sum: (argument: number) => `__ev_s${argument}`,
  live: (argument: number) => `__ev_l${argument}`,
  ever: (argument: number) => `__ev_e${argument}`,
  min: (argument: number) => `__ev_m${argument}`,
  max: (argument: number) => `__ev_x${argument}`,
} as const;

type Kept = Pick<GroupNode<unknown>, 'arguments' | 'moments'>;

/** Whether the state bears traces of rows that came and went again within one change. */
export function tracesPassage(node: Kept): boolean {
  return node.arguments.some(({ min, max, sum }) => min || max || sum === 'float') || hasFloatMoments(node);
}

/** Whether the state is counts and exact sums alone: then it and a change are the new state once they are added up. */
export function merelyAdds(node: Kept): boolean {
  return node.moments.length === 0 && !tracesPassage(node);
}

export function hasFloatMoments({ moments }: Kept): boolean {
  return moments.some(({ kind }) => kind === 'float');
}

/** The state's columns after the keys, in their order. */
export function partialColumns(node: Kept): string[] {
  return [
    stateColumns.rows,
    ...node.arguments.flatMap((argument, place) => [
      stateColumns.count(place),
      ...(argument.sum === null ? [] : [stateColumns.sum(place)]),
      ...(argument.sum === 'float' ? [stateColumns.live(place), stateColumns.ever(place)] : []),
      ...(argument.min ? [stateColumns.min(place)] : []),
      ...(argument.max ? [stateColumns.max(place)] : []),
    ]),
    ...node.moments.flatMap((moments, place) =>
      momentParts(moments).map((part) => momentColumn(part, place)),
    ),
  ];
}
