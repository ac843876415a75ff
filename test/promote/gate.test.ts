import { describe, expect, it } from 'vitest';
import type { GateCondition } from '../../src/declare/definition.ts';
import type { HoldoutScore } from '../../src/model/score-holdout.ts';
import { judgeGate } from '../../src/promote/gate.ts';

function condition(text: string): GateCondition {
  const match = /^(rmse|mae|r2) (<=?|>=?) ([-\d.]+)( \* current)?$/.exec(text);
  const [, metric, operator, factor, relative] = match ?? [];
  return {
    metric: metric === 'mae' ? 'mae' : metric === 'r2' ? 'r2' : 'rmse',
    operator: operator === '<' ? '<' : operator === '>' ? '>' : operator === '>=' ? '>=' : '<=',
    factor: Number(factor),
    relative: relative !== undefined,
    text,
  };
}

const score = (change: Partial<HoldoutScore> = {}): HoldoutScore => ({
  rows: 10,
  rmse: 2,
  mae: 1,
  r2: 0.5,
  ...change,
});

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
    [['rmse <= 1.02 * current'], score(), score({ rmse: null }), false, 'gate-failed'],
    [['rmse <= 2'], score({ rows: 0, rmse: null, mae: null, r2: null }), null, false, 'empty-holdout'],
    [['rmse <= 1 * current'], score({ rows: 0, rmse: null }), null, false, 'empty-holdout'],
    [['rmse <= 2'], null, null, false, 'empty-holdout'],
    [['r2 >= 0'], score({ r2: null }), null, false, 'gate-failed'],
    [['r2 >= -1'], score({ r2: Number.NaN }), null, false, 'gate-failed'],
    [['rmse <= 1 * current'], score(), score({ rmse: Number.NaN }), false, 'gate-failed'],
  ] as const)('%j on %j against %j: %s, %s', (texts, candidate, current, passed, reason) => {
    expect(judgeGate(texts.map(condition), candidate, current)).toMatchObject({ passed, reason });
  });

  it('says per condition what was compared with what', () => {
    const { results } = judgeGate(
      [condition('rmse <= 1.5 * current'), condition('mae <= 3'), condition('r2 >= 0.9')],
      score(),
      score({ rmse: 4 }),
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
    const { results } = judgeGate([condition('rmse <= 1 * current')], score(), null);
    expect(results).toMatchObject([{ passed: true, threshold: null, reason: 'no-current-model' }]);
  });
});
