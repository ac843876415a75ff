import type { Row } from '../../index.ts';
import type { DeclaredTable } from './declared.ts';

/** A row that comes (weight 1) or goes (weight −1) at a moment. */
export type Moment = {
  /** Milliseconds since the Unix epoch: of files the event time, of a database when it was committed. */
  readonly atMs: number;
  readonly table: DeclaredTable;
  readonly row: Row;
  /** Null: its table has none. */
  readonly eventMs: number | null;
  readonly weight: 1 | -1;
};

/** All that a source holds, before it is cut into arrivals. */
export type Timeline = {
  /** What is there from the start. */
  readonly initial: readonly { readonly table: DeclaredTable; readonly rows: readonly Row[] }[];
  /** By time. */
  readonly moments: readonly Moment[];
};

/** Null: the table has no event time, or the row none. */
export function eventMsOf(row: Row, { eventTime }: DeclaredTable): number | null {
  const time = eventTime === null ? null : row[eventTime];
  return time instanceof Date && Number.isFinite(time.getTime()) ? time.getTime() : null;
}

/** By time; what is of one moment stays in the order it is given in. */
export function sortedByTime(moments: readonly Moment[]): Moment[] {
  return moments.toSorted((one, other) => one.atMs - other.atMs);
}
