import { describe, expect, it } from 'vitest';
import { cellsByPolicy } from '../../src/lab/summary/cells-by-policy.ts';
import { paretoFront } from '../../src/lab/summary/pareto-front.ts';
import { regretOf } from '../../src/lab/summary/regret.ts';
import { stepSeconds } from '../../src/lab/summary/step-seconds.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import { weightedQuantiles } from '../../src/lab/summary/weighted-quantiles.ts';
import { cellOf, emptyCell, historyOf, markOf, policyNamed, runOf } from '../support/lab/synthetic-run.ts';
import { Random } from '../support/random.ts';

describe('weighted quantiles', () => {
  it('are those of each value as often as it weighs', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed);
      const values = Array.from({ length: random.int(1, 12) }, () => ({
        value: random.int(0, 9),
        weight: random.int(0, 4),
      }));
      const flat = values
        .flatMap(({ value, weight }) => new Array<number>(weight).fill(value))
        .sort((a, b) => a - b);
      const at = (share: number) => flat[Math.max(0, Math.ceil(share * flat.length - 1e-9) - 1)];
      const found = weightedQuantiles(values);
      if (flat.length === 0) expect(found).toBeNull();
      else expect(found).toEqual({ median: at(0.5), p90: at(0.9), max: flat.at(-1) });
    }
  });
});

describe('the Pareto front', () => {
  it('has whatever nothing else is as good as in both', () => {
    const points = [
      { name: 'dear and good', seconds: 9, loss: 1 },
      { name: 'as good for less', seconds: 5, loss: 1 },
      { name: 'between', seconds: 3, loss: 3 },
      { name: 'the same', seconds: 3, loss: 3 },
      { name: 'worse than between', seconds: 4, loss: 3 },
      { name: 'cheap', seconds: 0, loss: 8 },
    ];
    expect(paretoFront(points).map(({ name }) => name)).toEqual([
      'as good for less',
      'between',
      'the same',
      'cheap',
    ]);
  });
});

describe('a summary', () => {
  it('counts what happened after the warm-up, in means over seeds', () => {
    const policy = policyNamed('p');
    const cells = [1, 2].map((seed) => ({
      ...emptyCell(policy, seed, 4),
      rows: [1, 1, 1, seed],
      lossSum: [1, 2, 3, 4 * seed],
      answers: [0, 1, 1, 2],
      staleRows: [99, 5, 7, 6],
      staleEffect: [null, 0.1, 0.2, 0.3],
      outsideBound: [0, 0, 0, seed],
      refreshes: [
        markOf({ step: -1, kind: 'full', rowsScanned: 1e6 }),
        markOf({ step: 0, changedRows: 10, negativeFlips: 1, dataToModelMs: 100, rowsScanned: 20 }),
        markOf({ step: 1, kind: 'none', promoted: false, rowsScanned: 0, dataToModelMs: null }),
        markOf({
          step: 2,
          kind: 'full',
          trainingRows: 30,
          promoted: seed === 2,
          negativeFlips: seed === 2 ? 4 : null,
        }),
      ],
      measured: { cpuSeconds: seed, refreshCpuSeconds: seed / 2, wallSeconds: 9 },
    }));
    const [line] = summarize(runOf(cells, { refreshCost: { seconds: 1, secondsPerRow: 0.1 } }));
    expect(line).toMatchObject({
      policy,
      seeds: 2,
      rows: 4.5,
      meanLoss: 24 / 9,
      refreshes: { incremental: 1, full: 1, none: 1 },
      promotions: 1.5,
      cpuSeconds: 1.5,
      refreshCpuSeconds: 0.75,
      billedSeconds: 1 + 1 + 1 + 3,
      rowsScanned: 21,
      outsideBound: 3 / 8,
      negativeFlipsPerPromotion: 2,
      isOnFront: true,
    });
    expect(line?.staleness.rows).toEqual({ median: 6, p90: 7, max: 7 });
    expect(line?.staleness.effect).toEqual({ median: 0.2, p90: 0.3, max: 0.3 });
    expect(line?.cost.loss).toBeCloseTo(6 + 12, 12);
  });

  it('does not tell how far answers were off where one of them does not know', () => {
    const cell = { ...emptyCell(policyNamed('p'), 1, 3), staleEffect: [0, null, 0] };
    expect(summarize(runOf([cell]))[0]?.staleness.effect).toBeNull();
  });

  it('has no more regret than there is', () => {
    const history = historyOf([5, 5, 5, 5], 10, [40, 40, 40, 40]);
    const every = [0, 1, 2, 3].map(
      (step) => ({ step, before: false, kind: 'full', promoted: true }) as const,
    );
    const run = runOf([
      cellOf(policyNamed('never'), history, []),
      cellOf(policyNamed('every update', { kind: 'every-update' }), history, every),
      cellOf(policyNamed('best'), history, every.slice(0, 3)),
    ]);
    const regrets = summarize(run).map((line) => [line.policy.name, regretOf(line).staleness.more]);
    const [never, everyUpdate, best] = regrets.map(([, more]) => Number(more));
    expect(best).toBeCloseTo(0, 9);
    expect(everyUpdate).toBeCloseTo(1, 9);
    expect(never).toBeGreaterThan(1);
    expect(regretOf({ cost: { loss: 1, staleness: 0 }, hindsight: { loss: null, staleness: 0 } })).toEqual({
      loss: null,
      staleness: { more: 0, times: 1 },
    });
  });

  it('puts the front by what is measured on request', () => {
    const seen = (name: string, measured: number, changedRows: number) => ({
      ...emptyCell(policyNamed(name), 1, 2),
      refreshes: [markOf({ step: 0, changedRows })],
      measured: { cpuSeconds: 0, refreshCpuSeconds: measured, wallSeconds: 0 },
    });
    const run = runOf([seen('a', 1, 9), seen('b', 2, 1)], { refreshCost: { seconds: 0, secondsPerRow: 1 } });
    const front = (basis: 'billed' | 'measured') =>
      summarize(run, basis)
        .filter(({ isOnFront }) => isOnFront)
        .map(({ policy }) => policy.name);
    expect(front('billed')).toEqual(['b']);
    expect(front('measured')).toEqual(['a']);
    expect([
      ...stepSeconds(run.cells[0] ?? emptyCell(policyNamed('none'), 1, 0), run.refreshCost, 'measured'),
    ]).toEqual([1, 0]);
  });

  it('keeps the order of policies, and sorts what each did by seed', () => {
    const [a, b] = [policyNamed('a'), policyNamed('b')];
    const found = cellsByPolicy(runOf([emptyCell(b, 2, 1), emptyCell(a, 1, 1), emptyCell(b, 1, 1)]));
    expect(found.map(({ policy, cells }) => [policy.name, cells.map(({ seed }) => seed)])).toEqual([
      ['b', [1, 2]],
      ['a', [1]],
    ]);
  });
});
