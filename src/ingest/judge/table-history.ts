import type { FindingSeverity } from '../../core/verdict.ts';
import type { BatchProfile } from '../profile/batch-profile.ts';
import type { ColumnProfile } from '../profile/column-profile.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import type { KnownColumn } from '../profile/known-column.ts';

/**
 * Updates that only bring new rows, and those that replace some: a correction of three rows is not like a day's load, and
 * each is compared with its like.
 */
export type UpdateKind = 'insert' | 'replace';

/** The profile of one accepted update that nothing spoke against. */
export type HistoryUnit = {
  readonly version: number;
  readonly atMs: number;
  readonly profile: BatchProfile;
};

/** What a table's updates were like, oldest first. */
export type TableHistory = {
  readonly plan: JointPlan | null;
  readonly units: readonly HistoryUnit[];
  /** The newest updates, where they were noticed one after the other: not learned from, unless it goes on. */
  readonly pending: readonly HistoryUnit[];
  /** The newest accepted update, whatever spoke against it; null: none yet. */
  readonly latest: HistoryUnit | null;
};

export const emptyHistory: TableHistory = { plan: null, units: [], pending: [], latest: null };

/**
 * Whether later updates are compared with this one: `learned`; or not, because something spoke against it: for good
 * (`blocked`), or until the table goes on like that (`noticed`). What a person accepted does not speak against it.
 */
export type LearningState = 'learned' | 'noticed' | 'blocked';

export function learningStateOf(severity: FindingSeverity | null): LearningState {
  if (severity === 'block') return 'blocked';
  return severity === 'notice' ? 'noticed' : 'learned';
}

/** Updates in a row that are noticed, and go on like that: from then on it is usual. */
export const goesOn = 3;

/** History with one update more. `learnedFrom`: what was noticed from that version on is learned from after all. */
export function withUpdate(
  history: TableHistory,
  unit: HistoryUnit,
  state: LearningState,
): { readonly history: TableHistory; readonly learnedFrom: number | null } {
  const { plan, units } = history;
  const plus = (more: readonly HistoryUnit[]) => [...units, ...more].slice(-historyLength);
  if (state === 'learned') {
    return { history: { plan, units: plus([unit]), pending: [], latest: unit }, learnedFrom: null };
  }
  const pending = state === 'noticed' ? [...history.pending, unit] : [];
  const [first] = pending;
  if (first === undefined || pending.length < goesOn) {
    return { history: { plan, units, pending, latest: unit }, learnedFrom: null };
  }
  return { history: { plan, units: plus(pending), pending: [], latest: unit }, learnedFrom: first.version };
}

/** Updates that are looked back at. */
export const historyLength = 60;

/** Accepted updates from which on a table's own history says what is usual. */
export const learningUpdates = 8;

/** And those from which on that is enough to stop an update for. */
export const blockingUpdates = 20;

/** Values and forms known, beyond which a new one says nothing. */
const knownLimit = 200;

/** The profiles of one column, one a unit; null where the column was not there. */
export function columnHistory(history: TableHistory, name: string, index: number): (ColumnProfile | null)[] {
  return history.units.map(({ profile }) => {
    const guess = profile.columns[index];
    if (guess?.name === name) return guess;
    return profile.columns.find((column) => column.name === name) ?? null;
  });
}

/** What the units have shown of each of the columns. */
export function knownColumns(
  history: TableHistory,
  names: readonly string[],
): ReadonlyMap<string, KnownColumn> {
  const known = new Map<string, KnownColumn>();
  for (const [index, name] of names.entries()) {
    const profiles = columnHistory(history, name, index).filter((profile) => profile !== null);
    const latest = history.latest?.profile.columns.find((column) => column.name === name) ?? null;
    if (profiles.length > 0) known.set(name, knownOf(profiles, latest));
  }
  return known;
}

function knownOf(profiles: readonly ColumnProfile[], latest: ColumnProfile | null): KnownColumn {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const profile of profiles) {
    if (profile.least < least) least = profile.least;
    if (profile.greatest > greatest) greatest = profile.greatest;
  }
  // Records are broken by a little now and then.
  const margin = 0.05 * (greatest - least);
  return {
    least: least - margin,
    greatest: greatest + margin,
    values: union(profiles.map(({ values, kind }) => (kind === 'time' || kind === 'day' ? null : values))),
    patterns: union(profiles.map(({ patterns }) => patterns)),
    latest: latest === null ? null : { first: latest.least, median: latest.middle, last: latest.greatest },
  };
}

/** Null as soon as one of them is: then there are many. */
function union(lists: readonly (ColumnProfile['values'] | null)[]): ReadonlySet<string> | null {
  const all = new Set<string>();
  for (const list of lists) {
    if (list === null) return null;
    for (const [value] of list) all.add(value);
    if (all.size > knownLimit) return null;
  }
  return all;
}
