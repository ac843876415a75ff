import type { Row, SqlValue } from '../index.ts';

/** What an update does to one table: rows go, then others come. */
export type TableRows = {
  readonly table: string;
  readonly rows: readonly Row[];
  /** Rows that have the primary key of one that is there take its place; absent: they break the key. */
  readonly replaces?: boolean;
  /** What goes before `rows` come: primary keys, or of a table without one whole rows, with all their copies. */
  readonly deleted?: readonly Row[];
};

/** Rows that come as one update. Tables in the order of the declarations, so that references are met. */
export type Arrival = {
  /**
   * Simulated, milliseconds since the Unix epoch. Of files every event time is after the arrival before and at or before
   * this. Of a database rows can be late: they are learned from, and not predicted.
   */
  readonly atMs: number;
  readonly tables: readonly TableRows[];
  /**
   * Examples with an event time at or before the arrival before may come, change or go: rows are late, replaced or deleted,
   * or of a table without event time. Absent: they stay as they are.
   */
  readonly revises?: boolean;
};

/** One question of the workload. */
export type WorkloadQuery = {
  readonly atMs: number;
  /** Predictions asked for: of the rows that came last, or of those with these values of the workload's key. */
  readonly rows: number;
  readonly keys: readonly SqlValue[] | null;
};

/** What a replay feeds to the engine under one seed: the same for every policy. */
export type History = {
  /** Where the clock stands when `initial` is inserted; before the first arrival. */
  readonly startMs: number;
  readonly initial: readonly TableRows[];
  readonly arrivals: readonly Arrival[];
  /** By time. */
  readonly queries: readonly WorkloadQuery[];
  /** After its event time; long enough that no label is known before its row was predicted. */
  readonly labelDelayMs: number;
  /** SHA-256 of all of it. */
  readonly hash: string;
};
