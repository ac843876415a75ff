import { type CatalogueCause, type FindingSeverity, worstSeverity } from '../../core/verdict.ts';
import type { BatchProfile } from '../profile/batch-profile.ts';
import { type EffectStatistic, effectsOf, manyfold, wholeBatch } from './effect-history.ts';
import { severityOf, type Thresholds } from './significance.ts';
import { blockingUpdates, type TableHistory } from './table-history.ts';
import { areLabels, cappedByUse, type TableUse } from './table-use.ts';
import type { TestResult } from './test-result.ts';

/** Causes that are often the shadow of another one: beside one that is not, they are evidence for that. */
export const shadows: ReadonlySet<CatalogueCause> = new Set<CatalogueCause>([
  'covariate-drift',
  'noise',
  'stale-column',
  'derived-disagreement',
  'category-flood',
  'default-flood',
  'missing-segment',
  'population-change',
  'concept-drift',
  'frozen-column',
  'precision-loss',
]);

/** What the world does as well as an error: it stops no batch (but see `areForeign`), and is only logged unless it is plain. */
const ofTheWorld: ReadonlySet<CatalogueCause> = new Set<CatalogueCause>([
  'covariate-drift',
  'population-change',
  'concept-drift',
]);

/** What a model shows of rows that are hard for it, as those of a holiday are, as well as of wrong ones: that stops no batch. */
const ofHardRows: ReadonlySet<string> = new Set<EffectStatistic>([
  'loss',
  'error',
  'surprises',
  'move',
  'largest-move',
]);

type Weights = {
  readonly thresholds: Thresholds;
  readonly history: TableHistory;
  readonly profile: BatchProfile;
  readonly use: TableUse;
  readonly atMs: number;
};

type WeighedGroup = {
  readonly columns: readonly string[];
  readonly cause: CatalogueCause;
  readonly tests: readonly TestResult[];
};

/** What did not come: what did is right, and there is nothing to keep out. */
const ofMissing: ReadonlySet<CatalogueCause> = new Set<CatalogueCause>(['missing-rows', 'missing-segment']);

/** Single rows far from all others, which are as often true. */
const ofSingleRows: CatalogueCause = 'outlier-rows';

/** A source that paused shifts times as well, unless they lie in the future. */
const ofTimes: ReadonlySet<CatalogueCause> = new Set<CatalogueCause>(['time-shift', 'clock-skew']);

/** Times further ahead than clocks differ. */
const aheadMs = 3_600_000;

/** Times the worst of history from which on what may be a shadow, or the world, is taken for more. */
const plainlyBeyond = 3;

/** What tells of rows outside of all that was known. */
const ofUnknown: ReadonlySet<string> = new Set(['far', 'above-range', 'below-range']);

/** Share of the rows from which on they are no single ones. */
const largeShare = 0.1;

/**
 * Many rows are outside of all that was known, beside others that are not, and a model errs on them as on none before:
 * the world, when it moves so far, moves all rows.
 */
function areForeign(tests: readonly TestResult[], thresholds: Thresholds): boolean {
  const isUnknown = (test: TestResult) =>
    ofUnknown.has(test.statistic) &&
    test.observed >= largeShare &&
    test.observed < wholeBatch &&
    severityOf(test, thresholds) === 'block';
  const isErring = ({ model, statistic, observed, expected }: TestResult) =>
    model !== null && statistic === 'error' && observed >= manyfold * expected;
  return tests.some(isUnknown) && tests.some(isErring);
}

/** Significance, and what it is about: columns that nothing uses, labels that models learn, or the world. */
export function severityOfGroup(
  { thresholds, history, profile, use, atMs }: Weights,
  { columns, cause, tests }: WeighedGroup,
): FindingSeverity {
  const found = tests.flatMap((test) => {
    const severity = severityOf(test, thresholds);
    return severity === null ? [] : [{ severity, isHard: ofHardRows.has(test.statistic) }];
  });
  const given = worstSeverity(found) ?? 'log';
  const isPlain = given === 'block' && tests.some(({ beyond }) => beyond >= plainlyBeyond);
  const isForeign = isPlain && areForeign(tests, thresholds);
  if (ofTheWorld.has(cause) && !isForeign) return isPlain ? 'notice' : 'log';
  if (given !== 'block') return given;
  // Of a model less may be known than of the table.
  const models = new Set(tests.map(({ model }) => model));
  const updates = models.has(null)
    ? history.units.length
    : Math.max(
        ...profile.effects
          .filter(({ model }) => models.has(model))
          .map((effect) => effectsOf(history, effect).length),
      );
  // A model learns what stands in its labels, whatever it is the shadow of.
  const isSure = isPlain || !shadows.has(cause) || cause === 'label-flip' || areLabels(columns, use);
  const isHardOnly = found.every(({ severity, isHard }) => isHard || severity !== 'block');
  const isPause =
    ofTimes.has(cause) &&
    profile.columns.every(({ name, greatest }) => !columns.includes(name) || greatest <= atMs + aheadMs);
  if (
    updates < blockingUpdates ||
    !isSure ||
    isHardOnly ||
    ofMissing.has(cause) ||
    (cause === ofSingleRows && !isForeign) ||
    isPause
  )
    return 'notice';
  return cappedByUse('block', columns, use);
}
