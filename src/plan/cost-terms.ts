import type { CostTerms } from './learned-cost.ts';
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
  /** Whether it keeps a min or max: a row that leaves may have been it. */
  readonly hasExtremes: boolean;
};

/**
 * Prior costs in ms, measured on two cores of a laptop-class machine: DuckDB 1.5, rows of 3 to 6 columns. Statements
 * cost about a millisecond each: parse, plan, start.
 */
const prior = {
  statements: { algebraic: { rows: 3, group: 4 }, domain: 6, full: 2 },
  log: 2,
  scanRow: 1.0e-5,
  writeRow: 4.0e-5,
  /** Hashing a row of the contents for the bag difference. */
  compareRow: 1.2e-4,
  /** Finding rows of the contents. */
  matchRow: 1.0e-5,
  /** A changed row through join, netting and merge. */
  changedRow: 1.0e-3,
  /** A row of a touched key through the query, and in the place of the old one. */
  recomputedRow: 2.0e-4,
} as const;

/** Rows of a key where the contents are not one row a key. */
const usualRowsPerKey = 16;

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
  const written = size.contentRows * (size.keepLog ? prior.compareRow : prior.writeRow);
  return {
    fixed: prior.statements.full + logMs(size),
    standing: sourceRowsOf(size) * prior.scanRow,
    moving: written,
  };
}

/** A change of one source is joined with the others as they are, so those are read once for each that changed. */
function algebraicTerms(size: RefreshSize): CostTerms {
  const isGroup = size.shape === 'group';
  const changed = size.sources.filter(isChanged).length;
  const joined = size.sources.length > 1 ? sourceRowsOf(size) * prior.scanRow * changed : 0;
  const matched = isGroup || isRetracting(size) ? size.contentRows * prior.matchRow : 0;
  return {
    fixed: prior.statements.algebraic[isGroup ? 'group' : 'rows'] + logMs(size),
    standing: joined + matched,
    moving: changedRowsOf(size) * prior.changedRow,
  };
}

/** Every source is searched for the rows of the touched keys, and those go through the query. */
function domainTerms(size: RefreshSize): CostTerms {
  const sourceRows = sourceRowsOf(size);
  const changed = size.sources.filter(isChanged).length;
  return {
    fixed: prior.statements.domain + logMs(size),
    standing: sourceRows * prior.scanRow * Math.max(1, changed) + size.contentRows * prior.matchRow,
    moving: touchedShare(size) * sourceRows * prior.recomputedRow + changedRowsOf(size) * prior.scanRow,
  };
}

/** The share of the keys that n changes hit, each at random: 1 − (1 − 1/keys)ⁿ. */
function touchedShare(size: RefreshSize): number {
  const rowsPerKey = size.shape === 'group' ? 1 : usualRowsPerKey;
  const keys = Math.max(1, size.contentRows / rowsPerKey);
  return 1 - Math.exp(-changedRowsOf(size) / keys);
}

function logMs({ keepLog }: RefreshSize): number {
  return keepLog ? prior.log : 0;
}

function isChanged(source: RefreshSize['sources'][number]): boolean {
  return source.inserted + source.deleted > 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
