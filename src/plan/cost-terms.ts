import type { CostTerms } from './learned-cost.ts';
import type { CostPlace } from './recent-costs.ts';
import type { Rung, ViewPlan } from './view-plan.ts';

/** What is known before a refresh, from counters the writer keeps; nothing here asks the store. */
export type RefreshSize = {
  readonly shape: ViewPlan['kind'];
  /** One per relation read: its rows now, and the signed rows of its log since the view's version. */
  readonly sources: readonly { readonly rows: number; readonly inserted: number; readonly deleted: number }[];
  /** Rows of the view after its last refresh. */
  readonly contentRows: number;
  /** Whether the view's own change is written for dependents. */
  readonly keepLog: boolean;
  /** Whether rows may have crossed a condition on the clock; how many, nobody counted. */
  readonly clockMoved: boolean;
  /** Whether another version of a model answers; the rows it predicts anew are counted as a source. */
  readonly modelMoved?: boolean;
  /** Whether it keeps a min or max: a row that leaves may have been it. */
  readonly hasExtremes: boolean;
};

/**
 * Prior costs in ms, of processor time on a server of two cores: DuckDB 1.5, rows of 3 to 6 columns. A statement costs
 * about one: parse, plan, start.
 */
const prior = {
  /** What only adds goes in with one statement, or two; what has to be netted and looked for takes more. */
  adding: { rows: 1, groups: 2.2 },
  netting: 5.5,
  domain: 7,
  full: 1.7,
  perJoined: 0.6,
  log: 1.5,
  scanRow: 1.5e-5,
  writeRow: 5e-5,
  /** A group of a recompute: hashed and written. */
  buildGroup: 2e-4,
  /** Hashing a row of the contents for the bag difference. */
  compareRow: 3e-4,
  /** Finding rows of the contents. */
  matchRow: 2e-5,
  addedRow: 6e-5,
  nettedRow: 5e-4,
  /** A row of a touched group, aggregated; of another touched key, through the query and in the place of the old one. */
  regroupedRow: 6e-5,
  recomputedRow: 4e-4,
} as const;

/** Rows of the contents a key, where they are so many that they cannot be one. */
const usualRowsPerKey = 16;
const condensing = 8;

/** What a rung costs before anything was learned. */
export function priorTerms(rung: Rung, size: RefreshSize): CostTerms {
  switch (rung) {
    case 'full':
      return fullTerms(size);
    case 'algebraic':
      return algebraicTerms(size);
    case 'domain':
      return domainTerms(size);
  }
}

/** Refreshes of a view by one rung that cost alike stand close together. What changed is nothing to a recompute. */
export function placeOf(rung: Rung, size: RefreshSize): CostPlace {
  const sources = Math.log1p(sourceRowsOf(size));
  const logged = size.keepLog ? farApart : 0;
  if (rung === 'full') return [0, sources, logged];
  return [Math.log1p(changedRowsOf(size)), sources, logged + (isRetracting(size) ? 2 * farApart : 0)];
}

/** Far enough for one to say nothing of the other. */
const farApart = 2;

/** The changes take rows out of the view, as far as can be said without looking. */
export function isRetracting({ sources }: RefreshSize): boolean {
  const changed = sources.filter(isChanged);
  return changed.length > 1 || changed.some((source) => source.deleted > 0);
}

/** Rows of the sources that changed. */
export function changedRowsOf({ sources }: RefreshSize): number {
  return sum(sources.map((source) => source.inserted + source.deleted));
}

export function sourceRowsOf({ sources }: RefreshSize): number {
  return sum(sources.map((source) => source.rows));
}

function fullTerms(size: RefreshSize): CostTerms {
  const row = size.keepLog ? prior.compareRow : size.shape === 'group' ? prior.buildGroup : prior.writeRow;
  return {
    fixed: prior.full + perSource(size),
    standing: sourceRowsOf(size) * prior.scanRow,
    moving: size.contentRows * row,
  };
}

/** A change of one source is joined with the others as they are, so those are read once for each that changed. */
function algebraicTerms(size: RefreshSize): CostTerms {
  const isGroup = size.shape === 'group';
  const isNetting = isRetracting(size);
  const sourceRows = sourceRowsOf(size);
  const others = sum(size.sources.filter(isChanged).map((source) => sourceRows - source.rows));
  const matched = isGroup || isNetting ? size.contentRows * prior.matchRow : 0;
  const adding = isGroup ? prior.adding.groups : prior.adding.rows;
  // Groups whose least or greatest left are computed anew.
  const recomputed = isNetting && size.hasExtremes ? extremesShare(size) * domainTerms(size).moving : 0;
  return {
    fixed: (isNetting ? prior.netting : adding) + perSource(size),
    standing: others * prior.scanRow + matched,
    moving: changedRowsOf(size) * (isNetting ? prior.nettedRow : prior.addedRow) + recomputed,
  };
}

/** A row that leaves was its group's least, or greatest, once in as many rows as a group has. */
export function extremesShare(size: RefreshSize): number {
  return Math.min(1, size.contentRows / Math.max(1, sourceRowsOf(size)));
}

/** Every source is searched for the rows of the touched keys, and those go through the query. */
function domainTerms(size: RefreshSize): CostTerms {
  const sourceRows = sourceRowsOf(size);
  const changed = size.sources.filter(isChanged).length;
  const row = size.shape === 'group' ? prior.regroupedRow : prior.recomputedRow;
  return {
    fixed: prior.domain + perSource(size),
    standing: sourceRows * prior.scanRow * Math.max(1, changed) + size.contentRows * prior.matchRow,
    moving: touchedShare(size) * sourceRows * row + changedRowsOf(size) * prior.addedRow,
  };
}

/** The share of the keys that n changes hit, each at random: 1 − (1 − 1/keys)ⁿ. */
function touchedShare(size: RefreshSize): number {
  const isCondensed = size.shape === 'group' || size.contentRows * condensing < sourceRowsOf(size);
  const rowsPerKey = isCondensed ? 1 : usualRowsPerKey;
  const keys = Math.max(1, size.contentRows / rowsPerKey);
  return 1 - Math.exp(-changedRowsOf(size) / keys);
}

/** Statements grow with the relations they join, and there is one more for the log. */
function perSource({ sources, keepLog }: RefreshSize): number {
  return (sources.length - 1) * prior.perJoined + (keepLog ? prior.log : 0);
}

function isChanged(source: RefreshSize['sources'][number]): boolean {
  return source.inserted + source.deleted > 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
