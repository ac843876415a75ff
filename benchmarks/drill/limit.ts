import { drillShares } from '../../src/ingest/drill/run-drill.ts';
import { beyondForNotice, weightOf } from '../../src/ingest/judge/significance.ts';
import type { TestResult } from '../../src/ingest/judge/test-result.ts';

/** The share of clean updates for which a detector that is set in hindsight may raise an alarm. */
export const hindsightAlarms = 0.01;

/** All that one statistic of one column says of an update. */
type Look = {
  /** How far it is off, and how sure that is (−log₁₀ p): upwards, downwards, either way. */
  readonly scores: readonly number[];
  /** The least p-value of those of its tests that may be told; 0 where it is a sign of an error. */
  readonly pValue: number;
};

/** An update with all of its tests, as clairvoyants look at it. */
export type SeenUpdate = {
  readonly looks: ReadonlyMap<string, Look>;
  /** The least p-value that may be told, by the test's share of the budget; 0: a sign that is told with any budget. */
  readonly corrected: number;
};

export type BrokenUpdate = SeenUpdate & {
  readonly error: string;
  readonly columns: readonly string[];
  /** Rows are missing or too many: any column may show that. */
  readonly isOfRows: boolean;
  readonly share: number;
};

/** By share of rows: copies, and how many of them each way of deciding finds. */
export type LimitTally = {
  readonly tried: readonly number[];
  /** Who knows beforehand which statistic to look at, and where to draw the line. */
  readonly clairvoyant: readonly number[];
  /** The rule as it is, with the whole budget for one statistic, or for five. */
  readonly one: readonly number[];
  readonly five: readonly number[];
};

/** @param weight of all tests together */
export function seenUpdate(results: readonly TestResult[], weight: number, caution: number): SeenUpdate {
  const looks = new Map<string, Look>();
  let least = 1;
  for (const test of results) {
    const isTold = test.isTelling && test.beyond >= beyondForNotice * caution;
    const pValue = test.isExact ? 0 : isTold ? test.pValue : 1;
    if (test.isExact) least = 0;
    else if (isTold) least = Math.min(least, test.pValue / weightOf(test.statistic));
    const scores = scoresOf(test);
    for (const column of [test.column, ...test.others]) {
      const key = `${column}|${test.statistic}`;
      const known = looks.get(key);
      looks.set(key, known === undefined ? { scores, pValue } : stronger(known, { scores, pValue }));
    }
  }
  return { looks, corrected: least * weight };
}

function scoresOf({ effect, pValue }: TestResult): number[] {
  const proof = pValue >= 1 ? 0 : -Math.log10(Math.max(pValue, 1e-300));
  const sign = Math.sign(effect);
  return [effect, -effect, Math.abs(effect), sign * proof, -sign * proof, proof];
}

function stronger(a: Look, b: Look): Look {
  const scores = a.scores.map((score, which) => Math.max(score, b.scores[which] ?? 0));
  return { scores, pValue: Math.min(a.pValue, b.pValue) };
}

/**
 * What could be known of the errors of one set. The clairvoyant knows of each error which one statistic of the broken column
 * to look at (of whole rows, of which column), and of each column the threshold that raises an alarm for at most 1 % of the
 * clean updates: both in hindsight, so it is a bound for whoever looks at one statistic, and beaten only by looking at several.
 */
export function limitsOf(
  clean: readonly SeenUpdate[],
  broken: readonly BrokenUpdate[],
): ReadonlyMap<string, LimitTally> {
  const thresholdsOf = thresholdsOver(clean);
  const errors = new Set(broken.map(({ error }) => error));
  return new Map(
    [...errors].map((error) => {
      const copies = broken.filter((copy) => copy.error === error);
      const [foreseen, told] = [new Map<string, Set<BrokenUpdate>>(), new Map<string, Set<BrokenUpdate>>()];
      const toldToFive = new Map<string, Set<BrokenUpdate>>();
      for (const copy of copies) {
        for (const [key, { scores, pValue }] of copy.looks) {
          const thresholds = thresholdsOf(key);
          for (const detector of detectorsOf(key, copy)) {
            for (const [which, score] of scores.entries())
              if (score > (thresholds[which] ?? 0)) add(foreseen, `${detector}|${which}`, copy);
            if (pValue <= hindsightAlarms) add(told, detector, copy);
            if (pValue <= hindsightAlarms / 5) add(toldToFive, detector, copy);
          }
        }
      }
      const [best, one, five] = [bestOf(foreseen, 1), bestOf(told, 1), bestOf(toldToFive, 5)];
      const count = (found: ReadonlySet<BrokenUpdate>) =>
        drillShares.map((share) => copies.filter((copy) => copy.share === share && found.has(copy)).length);
      return [
        error,
        { tried: count(new Set(copies)), clairvoyant: count(best), one: count(one), five: count(five) },
      ] as const;
    }),
  );
}

/** Scores of clean updates that so many of them exceed as may raise an alarm; 0 at least. */
function thresholdsOver(clean: readonly SeenUpdate[]): (key: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  const allowed = Math.floor(clean.length * hindsightAlarms);
  return (key) => {
    const made =
      known.get(key) ??
      Array.from({ length: 6 }, (_, which) => {
        const scores = clean.map(({ looks }) => looks.get(key)?.scores[which] ?? 0);
        // What differs by rounding alone is not above.
        return Math.max(0, scores.sort((a, b) => b - a)[allowed] ?? 0) * (1 + 1e-9);
      });
    known.set(key, made);
    return made;
  };
}

/** The statistics that a clairvoyant may choose for an error: of the broken column, whichever it is, or of a certain one. */
function detectorsOf(key: string, { columns, isOfRows }: BrokenUpdate): string[] {
  const place = key.indexOf('|');
  const [column, statistic] = [key.slice(0, place), key.slice(place + 1)];
  return [
    ...(columns.includes(column) ? [`broken|${statistic}`] : []),
    ...(isOfRows || column === '' ? [key] : []),
  ];
}

function add(map: Map<string, Set<BrokenUpdate>>, key: string, copy: BrokenUpdate): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([copy]));
  else known.add(copy);
}

/** What so many detectors find together, each time the one that finds the most others do not. */
function bestOf(
  detectors: ReadonlyMap<string, ReadonlySet<BrokenUpdate>>,
  wanted: number,
): Set<BrokenUpdate> {
  const found = new Set<BrokenUpdate>();
  for (let turn = 0; turn < wanted; turn++) {
    let best: readonly BrokenUpdate[] = [];
    for (const one of detectors.values()) {
      const more = [...one].filter((copy) => !found.has(copy));
      if (more.length > best.length) best = more;
    }
    for (const copy of best) found.add(copy);
  }
  return found;
}

export function sumOfLimits(tallies: readonly LimitTally[]): LimitTally {
  const sum = (of: (tally: LimitTally) => readonly number[]) =>
    drillShares.map((_, place) => tallies.reduce((total, tally) => total + (of(tally)[place] ?? 0), 0));
  return {
    tried: sum(({ tried }) => tried),
    clairvoyant: sum(({ clairvoyant }) => clairvoyant),
    one: sum(({ one }) => one),
    five: sum(({ five }) => five),
  };
}

/** The rule with its budget set in hindsight, so that at most such a share of clean updates is noticed. */
export function recallAt(
  alarms: number,
  clean: readonly SeenUpdate[],
  broken: readonly BrokenUpdate[],
): { readonly alarms: number; readonly recall: readonly number[] } {
  const ordered = clean.map(({ corrected }) => corrected).sort((a, b) => a - b);
  const bound = ordered[Math.floor(alarms * ordered.length)] ?? 1;
  const share = (list: readonly SeenUpdate[]) =>
    list.filter(({ corrected }) => corrected < bound).length / list.length;
  return {
    alarms: share(clean),
    recall: drillShares.map((one) => share(broken.filter((copy) => copy.share === one))),
  };
}
