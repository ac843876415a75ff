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
  adding: { rows: 1, groups: 2.4 },
  /** The rows that change are always looked for; what they make of the contents only where there is any. */
  netting: { searched: 2.4, netted: 3.6 },
  /** Keys found, taken out, computed, put in; where that is not one table's groups, through the whole query. */
  domain: { groups: 7, rows: 10 },
  full: 2,
  perJoined: 0.6,
  log: 1.5,
  scanRow: 6e-6,
  writeRow: 1e-4,
  /** A group of a recompute: hashed and written. */
  buildGroup: 3e-4,
  /** Hashing a row of the contents for the bag difference. */
  compareRow: 3e-4,
  /** Finding rows of the contents. */
  matchRow: 2e-5,
  addedRow: 4e-5,
  nettedRow: { rows: 1.3e-4, groups: 4e-5 },
  /** What stands in the contents and is touched: taken out, and put in again. */
  rewritten: { rows: 6e-4, groups: 1.5e-3 },
  /** A row of the sources, searched for touched keys. */
  searchRow: 1e-5,
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
    moving: rowsAfter(size) * row,
  };
}

/** Rows of the contents once refreshed: rows come and go with those of the sources, keys hardly. */
function rowsAfter(size: RefreshSize): number {
  if (isCondensed(size)) return size.contentRows;
  return size.sources.reduce((rows, source) => {
    const before = source.rows - source.inserted + source.deleted;
    return before > 0 ? (rows * source.rows) / before : rows;
  }, size.contentRows);
}

/**
 * A change of one source is joined with the others as they are, so those are read once for each that changed. Of groups
 * every touched one is rewritten, by however many rows: a part that is bounded by what is kept.
 */
function algebraicTerms(size: RefreshSize): CostTerms {
  const kind = size.shape === 'group' ? 'groups' : 'rows';
  const isNetting = isRetracting(size);
  const sourceRows = sourceRowsOf(size);
  const others = sum(size.sources.filter(isChanged).map((source) => sourceRows - source.rows));
  const matched = kind === 'groups' || isNetting ? size.contentRows * prior.matchRow : 0;
  const rewritten = kind === 'groups' ? touchedShare(size) * size.contentRows * prior.rewritten.groups : 0;
  const row = isNetting ? prior.nettedRow[kind] : prior.addedRow;
  // Groups without keys cannot be computed anew alone: then the advance is given up, which is reckoned elsewhere.
  const lost = isNetting && size.hasExtremes && size.contentRows > 1 ? lostExtremes(size) : nothing;
  return {
    fixed: (isNetting ? nettingMs(size) : prior.adding[kind]) + perSource(size) + lost.fixed,
    standing: others * prior.scanRow + matched + rewritten + lost.standing,
    moving: changedRowsOf(size) * row + lost.moving,
  };
}

const nothing: CostTerms = { fixed: 0, standing: 0, moving: 0 };

/** With n changed rows, each of which the contents show with chance p, as rows: any of them with 1 − e^(−n·p). */
function nettingMs(size: RefreshSize): number {
  const { searched, netted } = prior.netting;
  if (isCondensed(size)) return searched + netted;
  const largest = Math.max(1, ...size.sources.map(({ rows }) => rows));
  return searched + (1 - Math.exp((-changedRowsOf(size) * size.contentRows) / largest)) * netted;
}

/**
 * Groups whose least or greatest left are computed anew: the search for their rows is made if there is one such group,
 * and costs what it costs for all.
 */
function lostExtremes(size: RefreshSize): CostTerms {
  const share = extremesShare(size);
  const isAny = 1 - Math.exp(-changedRowsOf(size) * share);
  const { fixed, standing, moving } = domainTerms(size);
  return { fixed: isAny * fixed, standing: isAny * standing, moving: share * moving };
}

/** A row that leaves was its group's least, or greatest, once in as many rows as a group has. */
export function extremesShare(size: RefreshSize): number {
  return Math.min(1, size.contentRows / Math.max(1, sourceRowsOf(size)));
}

/** Every source is searched for the rows of the touched keys; those go through the query, and in the place of the old. */
function domainTerms(size: RefreshSize): CostTerms {
  const kind = size.shape === 'group' ? 'groups' : 'rows';
  const sourceRows = sourceRowsOf(size);
  const changed = size.sources.filter(isChanged).length;
  const touched = touchedShare(size);
  return {
    fixed: prior.domain[kind] + perSource(size),
    standing: sourceRows * prior.searchRow * Math.max(1, changed) + size.contentRows * prior.matchRow,
    moving:
      touched * (sourceRows * prior.scanRow + size.contentRows * prior.rewritten[kind]) +
      changedRowsOf(size) * prior.addedRow,
  };
}

/** The share of the keys that n changes hit, each at random: 1 − (1 − 1/keys)ⁿ. */
function touchedShare(size: RefreshSize): number {
  const rowsPerKey = isCondensed(size) ? 1 : usualRowsPerKey;
  const keys = Math.max(1, size.contentRows / rowsPerKey);
  return 1 - Math.exp(-changedRowsOf(size) / keys);
}

/** The contents are so few rows that they stand for keys. */
function isCondensed(size: RefreshSize): boolean {
  return size.shape === 'group' || size.contentRows * condensing < sourceRowsOf(size);
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
