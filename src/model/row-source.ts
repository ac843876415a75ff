import { quoteIdentifier, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Version } from '../core/version.ts';
import {
  type EventTimeColumn,
  type Membership,
  membershipCondition,
  spanDifference,
  type TrainingBounds,
} from './training-window.ts';

/** Rows to add to (+1) or take from (−1) the sums: those of a relation with the plan's columns that meet conditions. */
export type RowSource = {
  readonly sign: 1 | -1;
  readonly why: 'contents' | 'change' | 'window';
  readonly relation: string;
  readonly conditions: readonly string[];
  /** No more than these; null: not known. */
  readonly mostRows: number | null;
};

/** The contents of a training set, and its change log. */
export type TrainingRelation = { readonly name: string; readonly eventTime: EventTimeColumn | null };

export function contentsOf(relation: TrainingRelation): string {
  return `view.${quoteIdentifier(relation.name)}`;
}

/** The rows that belong, from the contents at the snapshot's version; `condition` narrows them further. */
export function contentsSource(
  relation: TrainingRelation,
  membership: Membership,
  sign: 1 | -1 = 1,
  condition: string | null = null,
): RowSource {
  const conditions = [membershipCondition(membership, relation.eventTime), condition];
  return {
    sign,
    why: 'contents',
    relation: contentsOf(relation),
    conditions: conditions.filter((stated) => stated !== null),
    mostRows: null,
  };
}

/**
 * What takes sums from version u and the old bounds to version v and the new ones: the change (u, v] inside the OLD
 * bounds, which gives the old bounds at v; then, from the contents at v, the rows that enter and those that leave.
 * Insertions and entries come first, so that no count passes below zero.
 *
 * @param logged rows of each sign in the change log between the two versions; null: not known
 */
export function advanceSources(
  relation: TrainingRelation,
  from: { readonly version: Version; readonly bounds: TrainingBounds },
  to: { readonly version: Version; readonly bounds: TrainingBounds },
  logged: { readonly inserted: number; readonly deleted: number } | null = null,
): RowSource[] {
  const inOldBounds = membershipCondition(from.bounds.training, relation.eventTime);
  const change = (sign: 1 | -1): RowSource => ({
    sign,
    why: 'change',
    relation: `log.${quoteIdentifier(relation.name)}`,
    conditions: [
      `${versionColumn} > ${from.version} AND ${versionColumn} <= ${to.version} AND ${weightColumn} = ${sign}`,
      ...(inOldBounds === null ? [] : [inOldBounds]),
    ],
    mostRows: logged === null ? null : sign > 0 ? logged.inserted : logged.deleted,
  });
  const mayHold = (rows: number | undefined) => to.version > from.version && rows !== 0;
  const changes = [
    ...(mayHold(logged?.inserted) ? [change(1)] : []),
    ...(mayHold(logged?.deleted) ? [change(-1)] : []),
  ];
  const [before, after] = [from.bounds.training, to.bounds.training];
  const moved = (a: Membership, b: Membership, sign: 1 | -1) =>
    a.kind === 'span' && b.kind === 'span'
      ? spanDifference(a, b).map((span) => ({
          ...contentsSource(relation, { kind: 'span', ...span }, sign),
          why: 'window' as const,
        }))
      : [];
  const sources = [...changes, ...moved(after, before, 1), ...moved(before, after, -1)];
  return sources.sort((a, b) => b.sign - a.sign);
}

/** `FROM … WHERE …` of the source's rows that meet further conditions too. */
export function rowsOf({ relation, conditions }: RowSource, further: readonly string[] = []): string {
  const all = [...conditions.map((stated) => `(${stated})`), ...further];
  return `FROM ${relation}${all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`}`;
}
