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

/** The profile of one accepted update. */
export type HistoryUnit = {
  readonly version: number;
  readonly atMs: number;
  readonly profile: BatchProfile;
  /** What spoke against it, as `subjectsOf` says it. */
  readonly subjects: readonly string[];
};

/** What a table's updates were like, oldest first. */
export type TableHistory = {
  readonly plan: JointPlan | null;
  readonly units: readonly HistoryUnit[];
  /** Noticed updates of the same time: not learned from, unless it goes on, or comes again. */
  readonly noticed: readonly HistoryUnit[];
  /** How many of these are the newest updates of all. */
  readonly streak: number;
  /** The newest accepted update, whatever spoke against it; null: none yet. */
  readonly latest: HistoryUnit | null;
};

export const emptyHistory: TableHistory = { plan: null, units: [], noticed: [], streak: 0, latest: null };

/**
 * Whether later updates are compared with this one: `learned`; or not, because something spoke against it: for good
 * (`blocked`), or until the table goes on like that, or does so again (`noticed`). What a person accepted does not speak against it.
 */
export type LearningState = 'learned' | 'noticed' | 'blocked';

export function learningStateOf(severity: FindingSeverity | null): LearningState {
  if (severity === 'block') return 'blocked';
  return severity === 'notice' ? 'noticed' : 'learned';
}

/** Updates in a row that are noticed, and go on like that: from then on it is usual. */
export const goesOn = 3;

/** Times that the same is noticed while the table is looked back at: what nobody has put right by then is usual. */
const comesAgain = 2;

/** What speaks against an update: a cause in a column. */
export function subjectsOf(
  findings: readonly {
    readonly severity: string;
    readonly cause: string;
    readonly columns: readonly string[];
  }[],
): string[] {
  return findings
    .filter(({ severity }) => severity !== 'log')
    .flatMap(({ cause, columns }) =>
      (columns.length === 0 ? [''] : columns).map((name) => `${cause} ${name}`),
    );
}

/** History with one update more. `learned`: versions of those that were noticed and are learned from after all. */
export function withUpdate(
  history: TableHistory,
  unit: HistoryUnit,
  state: LearningState,
): { readonly history: TableHistory; readonly learned: readonly number[] } {
  const { plan } = history;
  if (state === 'learned') {
    const units = [...history.units, unit].slice(-historyLength);
    return {
      history: { plan, units, noticed: withinReach(history.noticed, units), streak: 0, latest: unit },
      learned: [],
    };
  }
  if (state === 'blocked') return { history: { ...history, streak: 0, latest: unit }, learned: [] };
  const noticed = [...history.noticed, unit];
  const streak = history.streak + 1;
  const isAgain = (subject: string) =>
    noticed.filter(({ subjects }) => subjects.includes(subject)).length >= comesAgain;
  const again = new Set(unit.subjects.filter(isAgain));
  const isUsual = (one: HistoryUnit, place: number) =>
    (streak >= goesOn && place >= noticed.length - streak) ||
    one.subjects.some((subject) => again.has(subject));
  const learned = noticed.filter(isUsual);
  if (learned.length === 0) return { history: { ...history, noticed, streak, latest: unit }, learned: [] };
  const units = [...history.units, ...learned].sort((a, b) => a.version - b.version).slice(-historyLength);
  const left = noticed.filter((one) => !learned.includes(one));
  return {
    history: { plan, units, noticed: withinReach(left, units), streak: 0, latest: unit },
    learned: learned.map(({ version }) => version),
  };
}

/** Those not older than what is looked back at. */
function withinReach(noticed: readonly HistoryUnit[], units: readonly HistoryUnit[]): readonly HistoryUnit[] {
  const [oldest] = units;
  return noticed.filter(({ version }) => version >= (oldest?.version ?? 0));
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
