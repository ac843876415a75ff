import { describe, expect, it } from 'vitest';
import { readGateCondition } from '../../src/declare/gate.ts';
import type { GateCondition } from '../../src/declare/gate-condition.ts';
import { blockCount, type PairedLosses } from '../../src/model/metrics/block-losses.ts';
import type { PlaceScores } from '../../src/model/metrics/place-scores.ts';
import type { Scores } from '../../src/model/metrics/scores.ts';
import type { Evaluation, SliceScores } from '../../src/model/score-holdout.ts';
import { judgeGate } from '../../src/promote/gate.ts';

function condition(text: string): GateCondition {
  const read = readGateCondition(text);
  if ('problem' in read) throw new Error(read.problem);
  return read.condition;
}

const score = (change: Partial<Scores> = {}): Scores => ({ rows: 10, rmse: 2, mae: 1, r2: 0.5, ...change });

/** Mean squared errors of the two models, with noise in the difference between blocks. */
function paired(candidate: number, current: number, noise = 0): PairedLosses {
  const blocks = Array.from({ length: blockCount }, (_, block) => block);
  return {
    rows: blocks.map(() => 10),
    losses: {
      rmse: {
        candidate: blocks.map((block) => 10 * (candidate + (block % 2 === 0 ? noise : -noise))),
        current: blocks.map(() => 10 * current),
      },
    },
  };
}

/** Rows on which the two models have these root mean square errors. */
function place(candidate: number, current: number | null, noise = 0): PlaceScores {
  return {
    rows: 200,
    candidate: score({ rows: 200, rmse: candidate }),
    current: current === null ? null : score({ rows: 200, rmse: current }),
    paired: current === null ? null : paired(candidate ** 2, current ** 2, noise),
    flips: current === null ? [] : [{ tolerance: 1, negative: 6, positive: 1 }],
    calibration: null,
    labelDeviation: 3,
  };
}

function slice(value: string, scores: PlaceScores, column = 'origin'): SliceScores {
  return { ...scores, column, value, isRest: false };
}

function evaluation(holdout: PlaceScores, change: Partial<Evaluation> = {}): Evaluation {
  return { kind: 'number', holdout, earlier: [], slices: [], ...change };
}

function judge(texts: readonly string[], seen: Evaluation | null, slices: readonly string[] = []) {
  return judgeGate({ gate: texts.map(condition), slices }, seen);
}

function thresholds(candidate: Scores | null, current: Scores | null): Evaluation | null {
  if (candidate === null) return null;
  return evaluation({ ...place(2, null), rows: candidate.rows, candidate, current });
}

describe('the gate', () => {
  it.each([
    // [conditions, candidate, current, passed, reason]
    [[], score(), null, true, 'no-gate'],
    [[], null, null, true, 'no-gate'],
    [['rmse <= 2'], score(), null, true, 'gate-passed'],
    [['rmse < 2'], score(), null, false, 'gate-failed'],
    [['r2 >= 0.5'], score(), null, true, 'gate-passed'],
    [['r2 > 0.5'], score(), null, false, 'gate-failed'],
    [['mae <= 0.9'], score(), null, false, 'gate-failed'],
    [['rmse <= 2', 'mae <= 0.9'], score(), null, false, 'gate-failed'],
    [['rmse <= 1.02 * current'], score(), null, true, 'gate-passed'],
    [['rmse <= 1.02 * current'], score(), score(), true, 'gate-passed'],
    [['rmse <= 1.02 * current'], score({ rmse: 2.05 }), score(), false, 'gate-failed'],
    [['rmse <= 1.02 * current'], score({ rmse: 1 }), score({ rmse: null }), false, 'gate-failed'],
    [['rmse <= 2'], score({ rows: 0, rmse: null, mae: null, r2: null }), null, false, 'empty-holdout'],
    [['rmse <= 1 * current'], score({ rows: 0, rmse: null }), null, false, 'empty-holdout'],
    [['not_worse'], score({ rows: 0, rmse: null }), null, false, 'empty-holdout'],
    [['not_worse', 'negative_flips(tolerance = 1) <= 0'], score(), null, true, 'gate-passed'],
    [['rmse <= 2'], null, null, false, 'empty-holdout'],
    [['r2 >= 0'], score({ r2: null }), null, false, 'gate-failed'],
    [['r2 >= -1'], score({ r2: Number.NaN }), null, false, 'gate-failed'],
    [['rmse <= 1 * current'], score(), score({ rmse: Number.NaN }), false, 'gate-failed'],
  ] as const)('%j on %j against %j: %s, %s', (texts, candidate, current, passed, reason) => {
    expect(judge(texts, thresholds(candidate, current))).toMatchObject({ passed, reason });
  });

  it('says per condition what was compared with what', () => {
    const { results } = judge(
      ['rmse <= 1.5 * current', 'mae <= 3', 'r2 >= 0.9'],
      thresholds(score(), score({ rmse: 4 })),
    );
    expect(
      results.map(({ candidate, current, threshold, passed }) => [candidate, current, threshold, passed]),
    ).toEqual([
      [2, 4, 6, true],
      [1, 1, 3, true],
      [0.5, 0.5, 0.9, false],
    ]);
  });

  it('lets a relative condition hold while there is nothing to compare with', () => {
    const { results } = judge(['rmse <= 1 * current', 'not_worse'], thresholds(score(), null));
    expect(results).toMatchObject([
      { passed: true, candidate: 2, threshold: null, reason: 'no-current-model' },
      { passed: true, threshold: null, reason: 'no-current-model' },
    ]);
  });

  it.each([
    // [candidate, current, noise of the blocks, verdict, reason]
    [2, 2, 0, 'promote', 'gate-passed'],
    [2.03, 2, 0.01, 'promote', 'gate-passed'],
    [2.03, 2, 1, 'inconclusive', 'gate-inconclusive'],
    [2, 2, 2, 'inconclusive', 'gate-inconclusive'],
    [2.05, 2, 0.01, 'hold', 'gate-failed'],
  ] as const)(
    'compares row by row: %d with %d, noise %d: %s',
    (candidate, current, noise, verdict, reason) => {
      const judged = judge(['not_worse(margin = 0.02)'], evaluation(place(candidate, current, noise)));
      expect(judged).toMatchObject({ verdict, passed: verdict === 'promote', reason });
      expect(judged.results).toMatchObject([{ metric: 'rmse', candidate, current, threshold: 2.04 }]);
    },
  );

  it('holds rather than waits where one condition fails and another cannot tell', () => {
    const judged = judge(['not_worse', 'rmse <= 1'], evaluation(place(2, 2, 2)));
    expect(judged).toMatchObject({ verdict: 'hold', reason: 'gate-failed' });
  });

  it('counts flips against a budget', () => {
    const seen = evaluation(place(2, 2));
    expect(judge(['negative_flips(tolerance = 1) <= 0.03'], seen)).toMatchObject({ passed: true });
    expect(judge(['negative_flips(tolerance = 1) < 0.03'], seen)).toMatchObject({
      reason: 'too-many-flips',
      results: [{ metric: 'negative_flips', candidate: 0.03, threshold: 0.03 }],
    });
    // flips at a tolerance that was not counted cannot be within any budget
    expect(judge(['negative_flips(tolerance = 2) <= 1'], seen)).toMatchObject({ passed: false });
  });

  it('shows the worst slice, and refuses for it', () => {
    const slices = [slice('JFK', place(3, 3)), slice('LAX', place(5, 5)), slice('SFO', place(4, 4))];
    const seen = evaluation(place(3, 3), { slices });
    expect(judge(['rmse PER origin <= 6'], seen)).toMatchObject({
      passed: true,
      results: [{ slice: 'origin = LAX', candidate: 5, threshold: 6 }],
    });
    expect(judge(['rmse PER origin <= 4'], seen)).toMatchObject({
      reason: 'slice-failed',
      results: [{ slice: 'origin = LAX' }],
    });
    // the option asks it of every condition
    expect(judge(['rmse <= 4'], seen, ['origin'])).toMatchObject({
      reason: 'slice-failed',
      results: [
        { slice: null, passed: true },
        { slice: 'origin = LAX', passed: false },
      ],
    });
    // a failure is worse than a larger number that is none
    const relative = evaluation(place(3, 3), {
      slices: [slice('JFK', place(3, 2)), slice('LAX', place(5, 5))],
    });
    expect(judge(['rmse PER origin <= 1.1 * current'], relative).results).toMatchObject([
      { slice: 'origin = JFK', candidate: 3, passed: false },
    ]);
  });

  it('refuses nothing for a slice where a score is not defined, or for the few rows that are left', () => {
    const ranked = (auc: number | null, rows = 200): PlaceScores => {
      const scores = { rows, ...(auc === null ? {} : { auc }) };
      return { ...place(2, null), rows, candidate: scores };
    };
    const rest = (auc: number, rows: number): SliceScores => ({
      ...slice('', ranked(auc, rows)),
      value: null,
      isRest: true,
    });
    const verdictOf = (slices: SliceScores[]) =>
      judge(['auc PER origin >= 0.6'], evaluation(ranked(0.9), { kind: 'class', slices }));
    expect(verdictOf([slice('JFK', ranked(0.8)), slice('LAX', ranked(null))])).toMatchObject({
      passed: true,
    });
    expect(verdictOf([slice('LAX', ranked(null))])).toMatchObject({
      passed: true,
      results: [{ slice: 'origin = LAX', verdict: 'inconclusive', reason: 'not-proven-worse' }],
    });
    expect(verdictOf([slice('JFK', ranked(0.8)), rest(0.1, 29)])).toMatchObject({ passed: true });
    expect(verdictOf([slice('JFK', ranked(0.8)), rest(0.1, 30)])).toMatchObject({ passed: false });
    // where no value has enough, they are all there is
    expect(verdictOf([rest(0.1, 29)])).toMatchObject({ passed: false });
  });

  it('refuses for a slice only what is proven worse there', () => {
    const few = [slice('JFK', place(2.1, 2, 3)), slice('LAX', place(2, 2, 3))];
    expect(judge(['not_worse'], evaluation(place(2, 2), { slices: few }), ['origin'])).toMatchObject({
      passed: true,
      results: [
        { reason: 'gate-passed' },
        { reason: 'not-proven-worse', verdict: 'inconclusive', passed: true },
      ],
    });
    const worse = [...few, slice('SFO', place(2.5, 2, 0.1))];
    expect(judge(['not_worse'], evaluation(place(2, 2), { slices: worse }), ['origin'])).toMatchObject({
      verdict: 'hold',
      reason: 'slice-failed',
      results: [{}, { slice: 'origin = SFO' }],
    });
  });

  it('judges classes by their own metrics', () => {
    const wrong = (share: number) => Array.from({ length: blockCount }, () => 10 * share);
    const classes = (candidate: number, current: number): PlaceScores => ({
      rows: 200,
      candidate: { rows: 200, accuracy: candidate, auc: 0.7 },
      current: { rows: 200, accuracy: current, auc: 0.8 },
      paired: {
        rows: wrong(1),
        losses: { accuracy: { candidate: wrong(1 - candidate), current: wrong(1 - current) } },
      },
      flips: [{ tolerance: null, negative: 5, positive: 0 }],
      calibration: null,
      labelDeviation: null,
    });
    const seen = (earlier: PlaceScores): Evaluation => ({
      ...evaluation(classes(0.79, 0.8), { earlier: [earlier] }),
      kind: 'class',
    });
    const texts = ['auc >= 0.7', 'not_worse(margin = 0.02)', 'negative_flips <= 0.03'];
    expect(judge(texts, seen(classes(0.78, 0.8)))).toMatchObject({
      passed: true,
      results: [
        { metric: 'auc' },
        { metric: 'accuracy', candidate: 0.79, current: 0.8, threshold: 0.78 },
        { metric: 'negative_flips', candidate: 0.025 },
        { condition: 'earlier windows: accuracy >= current - 0.05', threshold: 0.75 },
      ],
    });
    expect(judge(texts, seen(classes(0.7, 0.8)))).toMatchObject({ reason: 'earlier-window-worse' });
    expect(judge(['auc >= 1 * current'], seen(classes(0.8, 0.8)))).toMatchObject({ reason: 'gate-failed' });
  });

  it('allows no more in an earlier window for a gate that asks for progress', () => {
    const better = evaluation(place(0.1, 2), { earlier: [place(3, 2)] });
    expect(judge(['rmse <= 0.5 * current'], better)).toMatchObject({
      verdict: 'hold',
      reason: 'earlier-window-worse',
      results: [{ passed: true }, { condition: 'earlier windows: rmse <= 1.1 * current', passed: false }],
    });
    expect(judge(['rmse <= 1.8 * current'], better)).toMatchObject({ passed: true });
  });

  it('lets an earlier window unmask a candidate, and none vouch for it', () => {
    const vouching = [place(1, 2), place(1, 2)];
    const perfect = place(0.1, 2);
    expect(
      judge(['rmse <= 1'], evaluation(perfect, { earlier: [place(2.4, 2), ...vouching] })),
    ).toMatchObject({
      verdict: 'hold',
      reason: 'earlier-window-worse',
      results: [{ passed: true }, { earlierWindow: 1, metric: 'rmse', candidate: 2.4, current: 2 }],
    });
    expect(judge(['rmse <= 1'], evaluation(place(3, 2), { earlier: vouching }))).toMatchObject({
      reason: 'gate-failed',
    });
    // a little worse on what is past is what following one's time costs
    expect(judge(['rmse <= 1'], evaluation(perfect, { earlier: [place(2.1, 2)] }))).toMatchObject({
      passed: true,
    });
    // by as much as the gate allows, where that is more
    expect(judge(['rmse <= 1.5 * current'], evaluation(perfect, { earlier: [place(2.4, 2)] }))).toMatchObject(
      { passed: true },
    );
  });
});
