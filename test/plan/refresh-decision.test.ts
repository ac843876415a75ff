import { describe, expect, test } from 'vitest';
import { createScan } from '../../src/algebra/scan.ts';
import {
  type CostModel,
  learn,
  newCostModel,
  predictMs,
  type RefreshSize,
} from '../../src/plan/cost-model.ts';
import { assertIncremental, decideRefresh, type RefreshRequest } from '../../src/plan/refresh-decision.ts';
import type { ViewPlan } from '../../src/plan/view-plan.ts';

const rows: ViewPlan = { kind: 'rows', rung: 'algebraic', node: createScan('t', 'table', ['k']) };
const fullOnly: ViewPlan = { kind: 'full-only', reason: 'only-full', detail: 'LEFT JOIN' };

function sized(sourceRows: number, inserted: number, deleted = 0): RefreshSize {
  return {
    shape: 'group',
    sources: [{ rows: sourceRows, inserted, deleted }],
    contentRows: 100,
    keepLog: false,
  };
}

const free: RefreshRequest = { hasContents: true, forced: null, asked: 'auto', declared: 'auto' };
const bigSource = sized(5_000_000, 10);
const smallSource = sized(100, 100);

function decide(
  plan: ViewPlan,
  size: RefreshSize,
  request: Partial<RefreshRequest> = {},
  model = newCostModel,
) {
  const { kind, reason } = decideRefresh('v', plan, size, model, { ...free, ...request });
  return [kind, reason];
}

describe('a decision', () => {
  test('goes by the predicted costs', () => {
    expect(decide(rows, bigSource)).toEqual(['incremental', 'cheaper-incremental']);
    expect(decide(rows, smallSource)).toEqual(['full', 'cheaper-full']);
    expect(decideRefresh('v', rows, bigSource, newCostModel, free).predictedMs).toEqual({
      incremental: predictMs(newCostModel, 'incremental', bigSource),
      full: predictMs(newCostModel, 'full', bigSource),
    });
  });

  test('builds what has no contents, whatever was asked', () => {
    expect(decide(rows, bigSource, { hasContents: false, forced: 'incremental' })).toEqual([
      'full',
      'first-build',
    ]);
  });

  test('does nothing when nothing changed, unless a rebuild was asked for', () => {
    expect(decide(rows, sized(10, 0))).toEqual(['none', 'no-change']);
    expect(decide(fullOnly, sized(10, 0))).toEqual(['none', 'no-change']);
    expect(decide(rows, sized(10, 0), { asked: 'full' })).toEqual(['full', 'asked-full']);
  });

  test('the environment overrides the request, the request the declaration', () => {
    const asked = { asked: 'incremental', declared: 'full' } as const;
    expect(decide(rows, smallSource, { ...asked, forced: 'full' })).toEqual([
      'full',
      'forced-by-environment',
    ]);
    expect(decide(rows, smallSource, asked)).toEqual(['incremental', 'asked-incremental']);
    expect(decide(rows, bigSource, { declared: 'full' })).toEqual(['full', 'asked-full']);
  });

  test('without a rule there is one way, and asking for the other is an error', () => {
    expect(decide(fullOnly, bigSource)).toEqual(['full', 'only-full']);
    expect(decide(fullOnly, bigSource, { forced: 'incremental' })).toEqual(['full', 'only-full']);
    expect(() => decide(fullOnly, bigSource, { asked: 'incremental' })).toThrow(
      /only be refreshed in full: LEFT JOIN/,
    );
    expect(() => assertIncremental('v', rows)).not.toThrow();
  });
});

describe('learning', () => {
  function teach(model: CostModel, rung: 'incremental' | 'full', ratio: number, times: number): CostModel {
    let taught = model;
    for (let round = 0; round < times; round += 1) {
      const priorOnly = predictMs(newCostModel, rung, bigSource);
      taught = learn(taught, bigSource, { rung, fellBack: false, actualMs: priorOnly * ratio });
    }
    return taught;
  }

  test('the prediction of a rung comes to what it costs, and leaves the other alone', () => {
    const taught = teach(newCostModel, 'incremental', 40, 60);
    expect(taught.incremental.ratio).toBeCloseTo(40, 6);
    expect(taught.full.ratio).toBe(1);
    expect(decide(rows, bigSource, {}, taught)).toEqual(['full', 'cheaper-full']);
  });

  test('a first refresh that ran cold does not turn the decision', () => {
    const cold = teach(newCostModel, 'incremental', 8, 1);
    expect(cold.incremental.ratio).toBeLessThan(3);
  });

  test('one outlier does not turn a settled model', () => {
    const settled = teach(newCostModel, 'incremental', 1, 10);
    const shaken = teach(settled, 'incremental', 1_000_000, 1);
    expect(shaken.incremental.ratio).toBeLessThan(4);
  });

  test('advances that end as rebuilds make advancing dear, not cheap', () => {
    let model = newCostModel;
    for (let round = 0; round < 6; round += 1) {
      model = learn(model, bigSource, { rung: 'incremental', fellBack: true, actualMs: 0.3 });
    }
    expect(model.incremental.ratio).toBe(1);
    expect(predictMs(model, 'incremental', bigSource)).toBeGreaterThan(
      0.8 * predictMs(model, 'full', bigSource),
    );
  });

  test('the way last taken is kept against a small advantage of the other', () => {
    const ratio =
      predictMs(newCostModel, 'full', bigSource) / predictMs(newCostModel, 'incremental', bigSource);
    const nearly = teach(newCostModel, 'incremental', ratio * 1.1, 20);
    expect(decide(rows, bigSource, {}, nearly)).toEqual(['incremental', 'cheaper-incremental']);
    const clearly = teach(newCostModel, 'incremental', ratio * 1.5, 20);
    expect(decide(rows, bigSource, {}, clearly)).toEqual(['full', 'cheaper-full']);
  });

  test('the other way is probed after long, the later the dearer it is', () => {
    const ratio =
      predictMs(newCostModel, 'full', bigSource) / predictMs(newCostModel, 'incremental', bigSource);
    const near = teach(newCostModel, 'incremental', ratio / 2, 130);
    expect(decide(rows, bigSource, {}, near)).toEqual(['full', 'probe']);
    expect(decide(rows, bigSource, {}, teach(near, 'full', 1, 1))).toEqual([
      'incremental',
      'cheaper-incremental',
    ]);
    const far = teach(newCostModel, 'incremental', ratio / 10, 600);
    expect(decide(rows, bigSource, {}, far)).toEqual(['incremental', 'cheaper-incremental']);
    expect(decide(rows, bigSource, {}, teach(far, 'incremental', ratio / 10, 50))).toEqual(['full', 'probe']);
  });

  test('a poisoned model recovers: full is chosen, then the probe shows that advancing is cheap again', () => {
    let model = teach(newCostModel, 'incremental', 45, 5);
    const kinds: string[] = [];
    for (let round = 0; round < 1_000; round += 1) {
      const { kind } = decideRefresh('v', rows, sized(5_000_000, 4_000), model, free);
      kinds.push(kind);
      if (kind !== 'none') model = teach(model, kind, 1, 1);
    }
    expect(kinds.at(0)).toBe('full');
    expect(kinds.at(-1)).toBe('incremental');
  });

  test('the model is plain data', () => {
    const taught = teach(newCostModel, 'full', 2, 3);
    expect(JSON.parse(JSON.stringify(taught))).toEqual(taught);
  });
});
