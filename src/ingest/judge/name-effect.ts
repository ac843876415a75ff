import type { ModelEffect } from '../profile/model-effect.ts';
import { shiftsLookedAt } from '../profile/model-effect.ts';
import { type NamedCause, percent } from './column-case.ts';
import { effectsOf, relationAt } from './effect-history.ts';
import { middle } from './middle.ts';
import type { TableHistory } from './table-history.ts';
import type { TestResult } from './test-result.ts';

/** What one model shows of a batch: its figures, what is usual of them, and the telling tests. */
export type EffectCase = {
  readonly effect: ModelEffect;
  readonly past: readonly ModelEffect[];
  readonly tests: readonly TestResult[];
  /** Features that go with the label of this or of another model as they did: neither of the two is broken. */
  readonly vouched: ReadonlySet<string>;
  /** Features that no longer do, where others still go with that label. */
  readonly convicted: ReadonlySet<string>;
};

/** A cause, and the columns of the training set that it is about. */
export type NamedEffect = { readonly columns: readonly string[]; readonly named: NamedCause };

/** The models that something speaks of. What their features say of other labels speaks for, or against, them all. */
export function effectCases(
  effects: readonly ModelEffect[],
  history: TableHistory,
  tests: readonly TestResult[],
): EffectCase[] {
  const all = effects.map((effect) => ({ effect, past: effectsOf(history, effect) }));
  const [vouched, convicted] = [new Set<string>(), new Set<string>()];
  for (const one of all) {
    const relations = relationsOf(one);
    const lost = relations.filter(isLost);
    for (const relation of relations) if (!isMoved(relation)) vouched.add(relation.feature);
    if (!isLabelSound(relations, lost) || relations.length < 2) continue;
    for (const { feature } of lost) convicted.add(feature);
  }
  return all.flatMap(({ effect, past }) => {
    const own = tests.filter(({ model }) => model === effect.model);
    return own.length === 0 ? [] : [{ effect, past, tests: own, vouched, convicted }];
  });
}

/** Relations below this, as Fisher's z, are too weak to break. */
const strong = 0.1;

/** Change of a relation, as Fisher's z, that is more than the rows of one batch make. */
const plain = 0.15;

/** One feature's relation to the label, as it is and as it usually is. */
type Relation = { readonly feature: string; readonly now: number; readonly usual: number };

function isMoved({ now, usual }: Relation): boolean {
  return Math.abs(now - usual) >= plain;
}

function isLost(relation: Relation): boolean {
  return isMoved(relation) && relation.now / relation.usual < 0.7;
}

/**
 * Most features go with the label as they did. Not so where what one has lost, the others have lost in proportion, be it
 * too little to be sure of by itself: then labels are wrong in a share of the rows.
 */
function isLabelSound(relations: readonly Relation[], lost: readonly Relation[]): boolean {
  if (lost.length * 2 > relations.length) return false;
  const [first] = lost.toSorted(byLoss);
  const others = relations.filter((relation) => relation !== first);
  if (first === undefined || others.length < 2) return true;
  return middle(others.map(keptOf)) >= (1 + keptOf(first)) / 2;
}

function keptOf({ now, usual }: Relation): number {
  return Math.tanh(now) / Math.tanh(usual);
}

/** Predictions go against the labels. What a feature of classes has to do with them does not tell that. */
function isTurned({ effect, past }: EffectCase): boolean {
  return Math.tanh(effect.skill) < turned * Math.tanh(middle(past.map(({ skill }) => skill)));
}

const turned = -0.3;

/**
 * Names what makes a model err while every column by itself looks well: features that stand in each other's place, one
 * that no longer belongs to its rows, labels that are flipped, moved or mixed, or else the world. Where a label goes with
 * one feature alone, nothing tells which of the two it is, and labels matter more.
 */
export function nameEffect(of: EffectCase): NamedEffect {
  const relations = relationsOf(of);
  const suspects = relations.filter(({ feature }) => !of.convicted.has(feature));
  const lost = suspects.filter(isLost);
  const isSound = relations.length > 0 && isLabelSound(suspects, lost) && !(lost.length > 1 && isTurned(of));
  const swapped = swappedFeatures(relations, of);
  if (swapped !== null && (isSound || relations.length === 2)) return swapCause(of, swapped);
  const label = isSound ? farLabels(of) : brokenLabels(of, lost);
  if (label !== null) return { columns: [of.effect.label], named: label };
  const broken = relations.filter((relation) => isBroken(of, relation.feature)).sort(byLoss);
  const [first] = broken.filter(({ feature }) => !of.vouched.has(feature));
  if (first !== undefined) return brokenFeature(of, first);
  const mixed = broken.length === 0 ? null : brokenLabels(of, broken);
  return mixed === null ? drift(of) : { columns: [of.effect.label], named: mixed };
}

/** What the model makes of it, to be told beside a cause that was found otherwise. */
export function effectSentence({ effect, past, tests }: EffectCase): string {
  const { model } = effect;
  const usual = middle(past.map(({ loss }) => loss));
  const isWorse = tests.some(({ statistic }) => statistic === 'loss' || statistic === 'error');
  if (isWorse && usual > 0) return `model "${model}" errs ${times(effect.loss / usual)} as much as usual`;
  const [first] = tests;
  if (first?.statistic === 'move' || first?.statistic === 'largest-move')
    return `learned, the rows would move the predictions of model "${model}" ${times(first.observed / first.expected)} as far as usual`;
  return `predictions of model "${model}" go with the labels less than usual`;
}

function times(ratio: number): string {
  return `${Number(ratio.toPrecision(2))} times`;
}

function relationsOf({ effect, past }: Pick<EffectCase, 'effect' | 'past'>): Relation[] {
  return effect.relations.flatMap(([feature, now], place) => {
    const usual = middle(past.map((one) => relationAt(one, feature, place)));
    return Number.isFinite(now) && Math.abs(usual) >= strong ? [{ feature, now, usual }] : [];
  });
}

/** The greatest loss first. */
function byLoss(a: Relation, b: Relation): number {
  return Math.abs(b.usual - b.now) - Math.abs(a.usual - a.now);
}

/** Two features that each go with the label as the other usually does, in a share of the rows; the best such pair. */
function swappedFeatures(
  relations: readonly Relation[],
  of: EffectCase,
): { readonly a: Relation; readonly b: Relation; readonly share: number } | null {
  let best: { a: Relation; b: Relation; share: number; error: number } | null = null;
  for (const [place, a] of relations.entries()) {
    for (const b of relations.slice(place + 1)) {
      const apart = b.usual - a.usual;
      if (Math.abs(apart) < 0.2 || !(isBroken(of, a.feature) || isBroken(of, b.feature))) continue;
      const [shareA, shareB] = [(a.now - a.usual) / apart, (b.now - b.usual) / -apart];
      const error = Math.abs(shareA - shareB);
      const share = (shareA + shareB) / 2;
      if (Math.min(shareA, shareB) < 0.2 || share > 1.3 || error > 0.3) continue;
      if (best === null || error < best.error) best = { a, b, share: Math.min(1, share), error };
    }
  }
  return best;
}

function swapCause(
  of: EffectCase,
  { a, b, share }: NonNullable<ReturnType<typeof swappedFeatures>>,
): NamedEffect {
  const where = share > 0.9 ? '' : ` in about ${percent(share)} of the rows`;
  const text = `"${a.feature}" and "${b.feature}" stand in each other's place${where}: each goes with the label "${of.effect.label}" as the other usually does; ${effectSentence(of)}`;
  const facts = { model: of.effect.model, other: b.feature, share };
  return { columns: [a.feature, b.feature], named: named('swapped-columns', text, facts) };
}

/** Labels that are wrong for their rows, as the features say that go with them less; null: nothing says so. */
function brokenLabels(of: EffectCase, lost: readonly Relation[]): NamedCause | null {
  const { effect, past, tests } = of;
  const { label } = effect;
  const usual = Math.tanh(middle(past.map(({ skill }) => skill)));
  const kept = Math.tanh(effect.skill) / usual;
  if (tests.some(({ statistic }) => statistic === 'skill') && usual > 0) {
    if (kept < turned) {
      const share = Math.min(1, (1 - kept) / 2);
      return labelCause(of, `labels "${label}" are turned round in about ${percent(share)} of the rows`, {
        share,
      });
    }
    const shift = shiftOf(effect, usual);
    if (shift !== null) {
      const rows = Math.abs(shift) === 1 ? 'row' : 'rows';
      const where = shift > 0 ? 'behind' : 'before';
      return labelCause(
        of,
        `labels "${label}" stand ${Math.abs(shift)} ${rows} ${where} those they belong to`,
        { shift },
      );
    }
    return mixedLabels(of, 1 - kept);
  }
  const [first] = lost.toSorted(byLoss);
  return first === undefined ? null : mixedLabels(of, 1 - keptOf(first));
}

function mixedLabels(of: EffectCase, lost: number): NamedCause {
  const share = Math.max(0, Math.min(1, lost));
  const text = `labels "${of.effect.label}" no longer belong to their rows, in about ${percent(share)} of them`;
  return labelCause(of, text, { share });
}

/**
 * Some labels that are far off, while all that features say of the label holds for the rest; null: there are none. Where
 * the world has changed all rows err more; a few wrong ones are seen in squares long before they are in the mean.
 */
function farLabels(of: EffectCase): NamedCause | null {
  const { effect, past, tests } = of;
  const isTelling = (statistic: string) => tests.some((test) => test.statistic === statistic);
  if (!isTelling('loss') || isTelling('relation') || havePredictionsMoved(of)) return null;
  const far = tests.find(({ statistic }) => statistic === 'surprises');
  const share = far === undefined ? null : Math.max(0, far.observed - far.expected);
  const ratio = (figureOf: (one: ModelEffect) => number) => figureOf(effect) / middle(past.map(figureOf));
  if (share === null && !(ratio(({ loss }) => loss) > 1.5 * ratio(({ error }) => error))) return null;
  const many = share === null ? 'a few' : `about ${percent(share)}`;
  const text = `labels "${effect.label}" are far from what they should be in ${many} of the rows`;
  return labelCause(of, text, share === null ? {} : { share });
}

/** The rows are such as the model has not predicted before: it errs by itself, whatever the labels say. */
function havePredictionsMoved({ effect, past }: EffectCase): boolean {
  const centers = past.map(({ center }) => center).filter(Number.isFinite);
  const [least, greatest] = [Math.min(...centers), Math.max(...centers)];
  const margin = 0.5 * (greatest - least);
  return effect.center < least - margin || effect.center > greatest + margin;
}

function labelCause(of: EffectCase, what: string, more: Readonly<Record<string, number>>): NamedCause {
  const { model, label } = of.effect;
  return named('label-flip', `${what}; ${effectSentence(of)}`, { model, label, ...more });
}

function isBroken({ tests }: EffectCase, feature: string): boolean {
  return tests.some(({ statistic, column }) => statistic === 'relation' && column === feature);
}

/** Rows by which labels are moved, where they fit those rows nearly as well as is usual; null: none. */
function shiftOf({ shifted, skill }: ModelEffect, usual: number): number | null {
  const found = shifted.findIndex((z) => Math.tanh(z) >= 0.6 * usual && z > skill + 0.3 * Math.atanh(usual));
  return shiftsLookedAt[found] ?? null;
}

function brokenFeature(of: EffectCase, { feature, now, usual }: Relation): NamedEffect {
  const text = `"${feature}" no longer goes with the label "${of.effect.label}" as it did: correlation ${short(now)}, where ${short(usual)} is usual; ${effectSentence(of)}`;
  const facts = { model: of.effect.model, other: of.effect.label };
  return { columns: [feature], named: named('stale-column', text, facts) };
}

function short(z: number): string {
  return String(Number(Math.tanh(z).toPrecision(2)));
}

function drift(of: EffectCase): NamedEffect {
  const text = `${effectSentence(of)}, and no column says why`;
  return { columns: [], named: named('concept-drift', text, { model: of.effect.model }) };
}

function named(cause: NamedCause['cause'], explanation: string, facts: NamedCause['facts']): NamedCause {
  return { cause, explanation, facts, rows: null, repair: null };
}
