import type { Version } from './version.ts';

/** How far an object is behind the database, in every unit. All zero when nothing it reads has changed. */
export type Staleness = {
  /** Versions with a change it reads and does not reflect. */
  readonly versions: number;
  /** Rows of base-table change it does not reflect. */
  readonly rows: number;
  /** Milliseconds since the first change it does not reflect took effect. */
  readonly ms: number;
  /**
   * How far its answers can be from a refreshed one's, in units of its output; null where that is not known
   * (views, and models with a change not yet looked at).
   */
  readonly effect: number | null;
};

export const fresh: Staleness = Object.freeze({ versions: 0, rows: 0, ms: 0, effect: 0 });

/** Staleness of one object in one answer, and whether its declared policy was met. */
export type StalenessReport = Staleness & {
  readonly name: string;
  /** The newest database version the object's contents are right for. */
  readonly asOf: Version;
  readonly policyMet: boolean;
};
