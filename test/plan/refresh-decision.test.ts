import { describe, expect, test } from 'vitest';
import { createGroup } from '../../src/algebra/group.ts';
import { createScan } from '../../src/algebra/scan.ts';
import {
  type CostModel,
  learn,
  newCostModel,
  predict,
  predictMs,
  regretMs,
} from '../../src/plan/cost-model.ts';
import { readCostModel, writeCostModel } from '../../src/plan/cost-state.ts';
import type { RefreshSize } from '../../src/plan/cost-terms.ts';
import {
  assertIncremental,
  cheapestIncrementalMs,
  decideRefresh,
  type RefreshRequest,
} from '../../src/plan/refresh-decision.ts';
import { type Rung, rungsOf, type ViewPlan } from '../../src/plan/view-plan.ts';
import { Random } from '../support/random.ts';

const rows: ViewPlan = { kind: 'rows', rung: 'algebraic', node: createScan('t', 'table', ['k']) };
const groups: ViewPlan = {
  kind: 'group',
  group: createGroup(createScan('t', 'table', ['k']), ['k'], []),
  finals: [],
  outputs: ['k'],
  having: null,
};
const fullOnly: ViewPlan = { kind: 'full-only', reason: 'only-full', detail: 'LEFT JOIN' };

function sized(sourceRows: number, inserted: number, deleted = 0): RefreshSize {
  return {
    shape: 'group',
    sources: [{ rows: sourceRows, inserted, deleted }],
    contentRows: 100,
    keepLog: false,
    hasExtremes: false,
    clockMoved: false,
  };
}

const free: RefreshRequest = { hasContents: true, forced: null, asked: 'auto', declared: 'auto' };
const bigSource = sized(50_000_000, 10);
const smallSource = sized(100, 100_000);

function decide(
  plan: ViewPlan,
  size: RefreshSize,
  request: Partial<RefreshRequest> = {},
  model = newCostModel,
) {
  const { rung, reason } = decideRefresh('v', plan, size, model, { ...free, ...request });
  return [rung, reason];
}

describe('a decision', () => {
  test('goes by the predicted costs', () => {
    expect(decide(rows, bigSource)).toEqual(['algebraic', 'cheaper-incremental']);
    expect(decide(rows, smallSource)).toEqual(['full', 'cheaper-full']);
    expect(decideRefresh('v', rows, bigSource, newCostModel, free).predictedMs).toEqual({
      algebraic: predictMs(newCostModel, 'algebraic', bigSource),
      domain: null,
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
    expect(decide(rows, sized(10, 0))).toEqual([null, 'no-change']);
    expect(decide(fullOnly, sized(10, 0))).toEqual([null, 'no-change']);
    expect(decide(rows, sized(10, 0), { asked: 'full' })).toEqual(['full', 'asked-full']);
  });

  test('the environment overrides the request, the request the declaration', () => {
    const asked = { asked: 'incremental', declared: 'full' } as const;
    expect(decide(rows, smallSource, { ...asked, forced: 'full' })).toEqual([
      'full',
      'forced-by-environment',
    ]);
    expect(decide(rows, smallSource, asked)).toEqual(['algebraic', 'asked-incremental']);
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

  test('a rung can be asked for by name, and then must be there', () => {
    expect(decide(groups, smallSource, { asked: 'domain' })).toEqual(['domain', 'asked-incremental']);
    expect(() => decide(rows, smallSource, { asked: 'domain' })).toThrow(/has no domain refresh/);
    expect(() => decide(fullOnly, smallSource, { asked: 'domain' })).toThrow(/only be refreshed in full/);
  });

  test('the environment names a rung, and takes another incremental one where that is not there', () => {
    expect(decide(groups, smallSource, { forced: 'domain' })).toEqual(['domain', 'forced-by-environment']);
    expect(decide(rows, smallSource, { forced: 'domain' })).toEqual(['algebraic', 'forced-by-environment']);
    expect(decide(fullOnly, smallSource, { forced: 'domain' })).toEqual(['full', 'only-full']);
  });

  test('incremental is the cheapest of the incremental rungs', () => {
    const { predictedMs } = decideRefresh('v', groups, bigSource, newCostModel, free);
    expect(cheapestIncrementalMs(predictedMs)).toBe(predictedMs.algebraic);
    expect(cheapestIncrementalMs({ ...predictedMs, algebraic: null })).toBe(predictedMs.domain);
    const dear = teach(newCostModel, 'algebraic', 1_000, 20);
    expect(decide(groups, bigSource, { asked: 'incremental' }, dear)).toEqual([
      'domain',
      'asked-incremental',
    ]);
  });
});

/** Refreshes that cost `ratio` times what the prior says. */
function teach(model: CostModel, rung: Rung, ratio: number, times: number, size = bigSource): CostModel {
  let taught = model;
  for (let round = 0; round < times; round += 1) {
    const actualMs = predictMs(newCostModel, rung, size) * ratio;
    taught = learn(taught, size, { rung, fellBack: false, actualMs });
  }
  return taught;
}

function ratioOf(model: CostModel, rung: Rung, size = bigSource): number {
  return predictMs(model, rung, size) / predictMs(newCostModel, rung, size);
}

describe('learning', () => {
  const algebraicToFull =
    predictMs(newCostModel, 'full', bigSource) / predictMs(newCostModel, 'algebraic', bigSource);

  test('the prediction of a rung comes to what it costs, and leaves the others alone', () => {
    const taught = teach(newCostModel, 'algebraic', 400, 40);
    expect(ratioOf(taught, 'algebraic')).toBeCloseTo(400, 0);
    expect(ratioOf(taught, 'full')).toBe(1);
    expect(decide(rows, bigSource, {}, teach(taught, 'full', 1, 2))).toEqual(['full', 'cheaper-full']);
  });

  test('what costs by the statement is told from what costs by the row', () => {
    const costMs = (rows: number) => 2 + rows / 500;
    let model = newCostModel;
    for (const changed of [1, 20_000, 100, 4_000, 10, 50_000, 1_000, 5, 10_000]) {
      const size = sized(50_000_000, changed);
      model = learn(model, size, { rung: 'algebraic', fellBack: false, actualMs: costMs(changed) });
    }
    for (const changed of [3, 500, 30_000, 200_000]) {
      const predicted = predictMs(model, 'algebraic', sized(50_000_000, changed));
      expect(Math.abs(Math.log(predicted / costMs(changed)))).toBeLessThan(0.3);
    }
  });

  test('a first refresh that ran cold does not turn the decision', () => {
    expect(ratioOf(teach(newCostModel, 'algebraic', 8, 1), 'algebraic')).toBeLessThan(3);
  });

  test('one outlier does not turn a settled model', () => {
    const settled = teach(newCostModel, 'algebraic', 1, 10);
    const shaken = teach(settled, 'algebraic', 1_000_000, 1);
    expect(ratioOf(shaken, 'algebraic')).toBeLessThan(2);
    expect(ratioOf(teach(shaken, 'algebraic', 1, 2), 'algebraic')).toBeLessThan(1.1);
  });

  test('advances that are given up make advancing dear, not cheap', () => {
    const deleting = sized(50_000_000, 0, 10);
    let model = newCostModel;
    for (let round = 0; round < 6; round += 1) {
      model = learn(model, deleting, { rung: 'algebraic', fellBack: true, actualMs: 0.3 });
    }
    expect(model.paths.netting.factors).toEqual([0, 0, 0]);
    expect(predictMs(model, 'algebraic', deleting)).toBeGreaterThan(0.8 * predictMs(model, 'full', deleting));
    expect(predictMs(model, 'algebraic', bigSource)).toBe(predictMs(newCostModel, 'algebraic', bigSource));
  });

  test('the more rows leave, the likelier is the min or max of all among them', () => {
    const leaving = (rows: number) => ({ ...sized(100_000, 0, rows), contentRows: 1, hasExtremes: true });
    const share = (rows: number, model = newCostModel) =>
      (predictMs(model, 'algebraic', leaving(rows)) -
        predictMs(model, 'algebraic', { ...leaving(rows), hasExtremes: false })) /
      predictMs(model, 'full', leaving(rows));
    expect([share(1_000), share(1_000_000)].map((value) => Number(value.toFixed(2)))).toEqual([0.01, 1]);
    let lucky = newCostModel;
    for (let round = 0; round < 40; round += 1) {
      lucky = learn(lucky, leaving(10_000), { rung: 'algebraic', fellBack: false, actualMs: 10 });
    }
    expect(share(10_000, lucky)).toBeLessThan(0.6 * share(10_000));
  });

  test('the rung last taken is kept against a small advantage of another', () => {
    const known = teach(newCostModel, 'full', 1, 5);
    const nearly = teach(known, 'algebraic', algebraicToFull * 1.04, 20);
    expect(decide(rows, bigSource, {}, nearly)).toEqual(['algebraic', 'cheaper-incremental']);
    const clearly = teach(known, 'algebraic', algebraicToFull * 1.5, 20);
    expect(decide(rows, bigSource, {}, clearly)).toEqual(['full', 'cheaper-full']);
  });

  test('a rung hardly known is tried where that is expected to pay, and not for long', () => {
    const similar = teach(newCostModel, 'algebraic', algebraicToFull / 1.02, 20);
    expect(decide(rows, bigSource, {}, similar)).toEqual(['full', 'probe']);
    const tried = teach(teach(similar, 'full', 1.2, 1), 'algebraic', algebraicToFull / 1.02, 1);
    const again = teach(teach(tried, 'full', 1.2, 1), 'algebraic', algebraicToFull / 1.02, 1);
    expect(decide(rows, bigSource, {}, again)).toEqual(['algebraic', 'cheaper-incremental']);
    const worse = teach(newCostModel, 'algebraic', algebraicToFull / 5, 20);
    expect(decide(rows, bigSource, {}, worse)).toEqual(['algebraic', 'cheaper-incremental']);
  });

  test.each([
    ['of one size', [bigSource]],
    ['of three sizes in turn', [10, 1_000, 100_000].map((inserted) => sized(50_000_000, inserted))],
  ] as const)('a rung is known well enough after four refreshes each: %s', (_, sizes) => {
    let model = newCostModel;
    for (let round = 1; round <= 4; round++) {
      for (const size of sizes) model = teach(model, 'algebraic', 1, 1, size);
      const alike = sizes.map((size) => predict(model, 'algebraic', size).alike);
      if (round < 3) expect(Math.max(...alike)).toBeLessThan(2);
      if (round === 4) expect(Math.min(...alike)).toBeGreaterThan(2);
    }
  });

  test('what probes cost stays a small share, also where costs scatter for ever', () => {
    const random = new Random(7);
    const scatter = () => Math.exp(0.8 * (random.next() - 0.5));
    const sizes = [10, 100_000].map((inserted) => sized(50_000_000, inserted));
    const usual = { algebraic: 300, domain: 330, full: 320 };
    let model = learn(newCostModel, bigSource, { rung: 'full', fellBack: false, actualMs: 320 });
    let probed = 0;
    for (let round = 0; round < 400; round++) {
      const size = sizes[round % 2] ?? bigSource;
      const { rung, reason, predictedMs } = decideRefresh('v', groups, size, model, free);
      if (rung === null || predictedMs.algebraic === null || predictedMs.domain === null)
        throw new Error('none');
      const best = Math.min(predictedMs.algebraic, predictedMs.domain, predictedMs.full);
      const extraMs = reason === 'probe' ? (predictedMs[rung] ?? best) - best : 0;
      if (reason === 'probe') probed++;
      const actualMs = usual[rung] * scatter();
      model = readCostModel(writeCostModel(learn(model, size, { rung, fellBack: false, actualMs, extraMs })));
    }
    expect(probed).toBeGreaterThan(3);
    expect(model.probedMs).toBeLessThan(0.05 * model.spentMs + 6 * 320);
  });

  test('of several rungs hardly known, one that would seldom be the cheapest is not tried before the likelier one', () => {
    const size = { ...bigSource, sources: [{ rows: 2_000, inserted: 0, deleted: 5 }] };
    const model = teach(newCostModel, 'full', 2.9, 20, size);
    const { rung, reason, predictedMs } = decideRefresh('v', groups, size, model, free);
    expect(predictedMs.algebraic).toBeLessThan(Number(predictedMs.domain));
    expect([rung, reason]).not.toEqual(['domain', 'probe']);
  });

  test('what was taken last where rows come in does not hold where rows leave', () => {
    const leaving = sized(50_000_000, 0, 10);
    const known = teach(teach(newCostModel, 'full', 1, 2), 'full', 1, 2, leaving);
    const fullMs = predictMs(known, 'full', leaving);
    const usual = teach(
      known,
      'algebraic',
      (0.95 * fullMs) / predictMs(newCostModel, 'algebraic', leaving),
      20,
      leaving,
    );
    const coming = learn(usual, bigSource, { rung: 'full', fellBack: false, actualMs: fullMs });
    expect(coming.lastRungs).toEqual({ adding: 'full', netting: 'algebraic' });
    expect(decide(rows, leaving, {}, coming)).toEqual(['algebraic', 'cheaper-incremental']);
  });

  test('what recomputes have cost more than usual, the rows of touched keys cost more', () => {
    const size: RefreshSize = { ...sized(100_000, 1_000), shape: 'domain', contentRows: 100_000 };
    const dear = teach(newCostModel, 'full', 5, 10, size);
    expect(ratioOf(dear, 'domain', size)).toBeGreaterThan(1.5);
    expect(ratioOf(teach(newCostModel, 'full', 1, 10, size), 'domain', size)).toBeCloseTo(1, 1);
  });

  test('groups cost by how many are touched: many rows of few groups little, of as many groups much', () => {
    const adding = (contentRows: number) =>
      predictMs(newCostModel, 'algebraic', { ...sized(1_000_000, 100_000), contentRows });
    expect(adding(100_000)).toBeGreaterThan(5 * adding(100));
  });

  test('a recompute costs by the rows it will write, where rows come and go with those of the source', () => {
    const half = { ...sized(50_000, 0, 50_000), shape: 'rows', contentRows: 100_000 } as const;
    const doubled = { ...sized(100_000, 50_000), shape: 'rows', contentRows: 50_000 } as const;
    const same = { ...sized(100_000, 0), shape: 'rows', contentRows: 100_000 } as const;
    const full = (size: RefreshSize) => predictMs(newCostModel, 'full', size);
    expect(full(doubled)).toBeCloseTo(full(same));
    expect(full(half)).toBeLessThan(0.6 * full(same));
    expect(full({ ...sized(100, 100), shape: 'rows', contentRows: 0 })).toBeGreaterThan(0);
  });

  test('a recompute of groups costs by those there are: rows come to groups that are there', () => {
    const full = (inserted: number) => predictMs(newCostModel, 'full', sized(100_000, inserted));
    expect(full(50_000)).toBe(full(0));
  });

  test('a row that leaves is probably none that a view of few shows, and then costs little', () => {
    const leaving = (deleted: number, contentRows: number) =>
      predictMs(newCostModel, 'algebraic', { ...sized(100_000, 0, deleted), shape: 'rows', contentRows });
    expect(leaving(1, 20_000)).toBeLessThan(0.65 * leaving(100, 20_000));
    expect(leaving(1, 90_000)).toBeGreaterThan(0.7 * leaving(100, 90_000));
  });

  test('a rung not taken is probed after long, the later the dearer it is', () => {
    const probedAfter = (ratio: number) => {
      let model = teach(newCostModel, 'full', 1, 2);
      for (let round = 0; round < 3_000; round += 1) {
        model = teach(model, 'algebraic', algebraicToFull / ratio, 1);
        const { rung, reason } = decideRefresh('v', rows, bigSource, model, free);
        if (reason === 'probe' && rung === 'full') return round + 1;
      }
      return null;
    };
    const rounds = [2, 10, 40].map(probedAfter).map((round) => Number(round) / 64);
    expect(rounds.map(Math.round)).toEqual([2, 10, 40]);
  });

  test('a poisoned model recovers: full is chosen, then probes show that advancing is cheap again', () => {
    let model = teach(newCostModel, 'algebraic', 200, 20);
    const size = sized(50_000_000, 4_000);
    const taken: (Rung | null)[] = [];
    for (let round = 0; round < 1_000; round += 1) {
      const { rung } = decideRefresh('v', rows, size, model, free);
      taken.push(rung);
      if (rung !== null) model = teach(model, rung, 1, 1, size);
    }
    expect(taken.at(0)).toBe('full');
    expect(taken.at(-1)).toBe('algebraic');
  });

  test('regret is what was paid above the best other way', () => {
    const known = teach(teach(newCostModel, 'algebraic', 1, 20), 'full', 1, 20);
    const actualMs = predictMs(known, 'full', bigSource);
    const executed = { rung: 'full', fellBack: false, actualMs } as const;
    const other = predictMs(known, 'algebraic', bigSource);
    expect(regretMs(known, rungsOf(rows), bigSource, executed)).toBeCloseTo(actualMs - other, 9);
    expect(regretMs(known, rungsOf(fullOnly), bigSource, executed)).toBe(0);
    const best = { rung: 'algebraic', fellBack: false, actualMs: other } as const;
    expect(regretMs(known, rungsOf(rows), bigSource, best)).toBe(0);
  });

  test('the model is plain data; one of an older form is forgotten', () => {
    const taught = teach(newCostModel, 'full', 2, 3);
    expect(readCostModel(writeCostModel(taught))).toEqual(taught);
    expect(readCostModel(null)).toBe(newCostModel);
    const older = {
      incremental: { ratio: 1, samples: 3 },
      full: { ratio: 2, samples: 1 },
      lastRung: 'incremental',
    };
    expect(readCostModel(JSON.stringify(older))).toBe(newCostModel);
  });
});
