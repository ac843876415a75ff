import { quietUpdates } from '../../core/incident.ts';
import type { FindingSeverity } from '../../core/verdict.ts';
import type { BatchProfile } from '../profile/batch-profile.ts';
import type { ColumnProfile } from '../profile/column-profile.ts';
import type { JointPlan } from '../profile/joint-plan.ts';
import type { KnownColumn } from '../profile/known-column.ts';

/**
 * Updates that only bring new rows, and those that replace some: a correction of three rows is not like a day's load, and
 * each is compared with its like, once enough of that is known (`lentHistory`).
 */
export type UpdateKind = 'insert' | 'replace';

/** The profile of one accepted update. */
export type HistoryUnit = {
  readonly version: number;
  readonly atMs: number;
  readonly profile: BatchProfile;
  /** What spoke against it, as `subjectsOf` says it. */
  readonly subjects: readonly string[];
  /** Those of them that block. */
  readonly blocking: readonly string[];
};

/** An update that was taken although something spoke against it. */
export type DoubtedUnit = HistoryUnit & { readonly state: 'noticed' | 'blocked' };

/** What a table's updates were like, oldest first. */
export type TableHistory = {
  readonly plan: JointPlan | null;
  readonly units: readonly HistoryUnit[];
  /** Doubted updates of the same time: not learned from, unless it goes on, or comes again. */
  readonly doubted: readonly DoubtedUnit[];
  /** How many of these, all noticed, are the newest updates of all. */
  readonly streak: number;
  /** The newest update that was taken, whatever spoke against it; null: none yet. */
  readonly latest: HistoryUnit | null;
  /** Updates since then of which the table took nothing: the next one goes on from them. */
  readonly keptOut: number;
};

export const emptyHistory: TableHistory = {
  plan: null,
  units: [],
  doubted: [],
  streak: 0,
  latest: null,
  keptOut: 0,
};

/**
 * Whether later updates are compared with this one: `learned`; or not, because something spoke against it, until the table
 * goes on like that (`blocked`: what blocks, and what a model errs manyfold on), or does so for a shorter time or again
 * (`noticed`); or until a person has decided about what is made of the table (`waiting`); or not at all, because the table
 * did not take it as it was (`kept-out`). What a person accepted or let in does not speak against it.
 */
export type LearningState = 'learned' | 'noticed' | 'blocked' | 'waiting' | 'kept-out';

/** @param isGrave a model errs on the rows as on none before: that it comes again makes it no more usual than a block */
export function learningStateOf(severity: FindingSeverity | null, isGrave: boolean): LearningState {
  if (severity === 'block' || (severity === 'notice' && isGrave)) return 'blocked';
  return severity === 'notice' ? 'noticed' : 'learned';
}

/** Updates in a row that are noticed, and go on like that: from then on it is usual. */
export const goesOn = 3;

/** Updates that were taken with the same speaking against them, while its incident lives: from then on it is usual. */
export const goesOnDespite = 5;

/** Times that the same is noticed while the table is looked back at: what nobody has put right by then is usual. */
const comesAgain = 2;

type Told = {
  readonly severity: string;
  readonly cause: string;
  readonly columns: readonly string[];
};

/** What speaks against an update: a cause in a column. */
export function subjectsOf(findings: readonly Told[]): Pick<HistoryUnit, 'subjects' | 'blocking'> {
  return {
    subjects: findings.filter(({ severity }) => severity !== 'log').flatMap(causeInColumns),
    blocking: findings.filter(({ severity }) => severity === 'block').flatMap(causeInColumns),
  };
}

function causeInColumns({ cause, columns }: Told): string[] {
  return (columns.length === 0 ? [''] : columns).map((name) => `${cause} ${name}`);
}

/** History with one update more. `learned`: versions of those that were doubted and are learned from after all. */
export function withUpdate(
  history: TableHistory,
  unit: HistoryUnit,
  state: LearningState,
): { readonly history: TableHistory; readonly learned: readonly number[] } {
  switch (state) {
    case 'kept-out':
      return { history, learned: [] };
    case 'waiting':
      return { history: { ...history, streak: 0, ...takenNow(unit) }, learned: [] };
    case 'learned': {
      const units = [...history.units, unit].slice(-historyLength);
      const doubted = withinReach(history.doubted, units);
      return { history: { ...history, units, doubted, streak: 0, ...takenNow(unit) }, learned: [] };
    }
    case 'noticed':
    case 'blocked':
      return withDoubted(history, { ...unit, state });
  }
}

function takenNow(unit: HistoryUnit): Pick<TableHistory, 'latest' | 'keptOut'> {
  return { latest: unit, keptOut: 0 };
}

function withDoubted(history: TableHistory, unit: DoubtedUnit): ReturnType<typeof withUpdate> {
  const doubted = [...history.doubted, unit].slice(-historyLength);
  const streak = unit.state === 'noticed' ? history.streak + 1 : 0;
  const learned = usualAfterAll({ ...history, doubted }, unit, streak);
  if (learned.size === 0) return { history: { ...history, doubted, streak, ...takenNow(unit) }, learned: [] };
  const units = [...history.units, ...learned].sort((a, b) => a.version - b.version).slice(-historyLength);
  const left = doubted.filter((one) => !learned.has(one));
  return {
    history: { ...history, units, doubted: withinReach(left, units), streak: 0, ...takenNow(unit) },
    learned: [...learned].map(({ version }) => version),
  };
}

/** The doubted updates that are usual now that the newest of them, `unit`, is there. */
function usualAfterAll(
  history: Pick<TableHistory, 'units' | 'doubted'>,
  unit: DoubtedUnit,
  streak: number,
): ReadonlySet<DoubtedUnit> {
  const { doubted } = history;
  const learned = new Set(streak >= goesOn ? doubted.slice(-streak) : []);
  const usual = new Map<string, readonly DoubtedUnit[]>();
  for (const subject of unit.subjects) {
    const again = doubted.filter(({ state, subjects }) => state === 'noticed' && subjects.includes(subject));
    if (unit.state === 'noticed' && again.length >= comesAgain) for (const one of again) learned.add(one);
    const goingOn = runOf(history, subject);
    if (goingOn.length >= goesOnDespite) usual.set(subject, goingOn);
  }
  // What blocks one of them besides, and did not go on, is as suspect as ever.
  for (const one of [...usual.values()].flat())
    if (one.state === 'noticed' || one.blocking.every((subject) => usual.has(subject))) learned.add(one);
  return learned;
}

/** The newest doubted updates that show a subject, as long as no break would have ended its incident. */
function runOf(
  { units, doubted }: Pick<TableHistory, 'units' | 'doubted'>,
  subject: string,
): readonly DoubtedUnit[] {
  const taken: HistoryUnit[] = [...units, ...doubted].sort((a, b) => b.version - a.version);
  let quiet = 0;
  let since = Number.POSITIVE_INFINITY;
  for (const { version, subjects } of taken) {
    const isShown = subjects.includes(subject);
    quiet = isShown ? 0 : quiet + 1;
    if (isShown) since = version;
    if (quiet >= quietUpdates) break;
  }
  return doubted.filter(({ version, subjects }) => version >= since && subjects.includes(subject));
}

/** Those not older than what is looked back at. */
function withinReach(doubted: readonly DoubtedUnit[], units: readonly HistoryUnit[]): readonly DoubtedUnit[] {
  const [oldest] = units;
  return doubted.filter(({ version }) => version >= (oldest?.version ?? 0));
}

/** Updates that are looked back at. */
export const historyLength = 60;

/** Accepted updates from which on a table's own history says what is usual. */
export const learningUpdates = 8;

/** And those from which on that is enough to stop an update for. */
export const blockingUpdates = 20;

/** Values and forms known, beyond which a new one says nothing. */
const knownLimit = 200;

/** What a column was like in the updates before, oldest first; null where an update did not have it. */
export type ColumnPast = readonly (ColumnProfile | null)[];

export function columnHistory(history: TableHistory, name: string, index: number): ColumnPast {
  return history.units.map(({ profile }) => columnOf(profile, name, index));
}

/** @param index its usual place among the columns; null: the column is not there */
function columnOf({ columns }: BatchProfile, name: string, index: number): ColumnProfile | null {
  const guess = columns[index];
  if (guess?.name === name) return guess;
  return columns.find((column) => column.name === name) ?? null;
}

/** What the units have shown of each of the columns. */
export function knownColumns(
  history: TableHistory,
  names: readonly string[],
): ReadonlyMap<string, KnownColumn> {
  const known = new Map<string, KnownColumn>();
  for (const [index, name] of names.entries()) {
    const profiles = columnHistory(history, name, index).filter((profile) => profile !== null);
    const latest = history.latest === null ? null : columnOf(history.latest.profile, name, index);
    if (profiles.length > 0) known.set(name, knownOf(profiles, latest));
  }
  return known;
}

function knownOf(profiles: readonly ColumnProfile[], latest: ColumnProfile | null): KnownColumn {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const profile of profiles) {
    if (profile.least < least) least = profile.least;
    if (profile.greatest > greatest) greatest = profile.greatest;
  }
  // Records are broken by a little now and then.
  const margin = 0.05 * (greatest - least);
  return {
    least: least - margin,
    greatest: greatest + margin,
    values: union(profiles, ({ values, kind }) => (kind === 'time' || kind === 'day' ? null : values)),
    patterns: union(profiles, ({ patterns }) => patterns),
    latest: latest === null ? null : { first: latest.least, median: latest.middle, last: latest.greatest },
  };
}

/** Null as soon as one of them is: then there are many. */
function union(
  profiles: readonly ColumnProfile[],
  listOf: (one: ColumnProfile) => ColumnProfile['values'],
): ReadonlySet<string> | null {
  const all = new Set<string>();
  for (const profile of profiles) {
    const list = listOf(profile);
    if (list === null) return null;
    for (const [value] of list) all.add(value);
    if (all.size > knownLimit) return null;
  }
  return all;
}
