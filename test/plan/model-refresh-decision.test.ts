import { describe, expect, it } from 'vitest';
import { readModelCost, writeModelCost } from '../../src/plan/cost-state.ts';
import {
  decideModelRefresh,
  expectedModelMs,
  learnModelCost,
  type ModelCost,
  type ModelRefreshInput,
  unknownModelCost,
} from '../../src/plan/model-refresh-decision.ts';

const input: ModelRefreshInput = {
  mode: 'auto',
  forced: null,
  how: 'auto',
  hasState: true,
  definitionChanged: false,
  changedRows: 100,
  trainingRows: 10_000,
  cost: unknownModelCost,
};

/** A world in which a refresh costs so much, and so much a row. */
function taught(fixedMs: number, msPerRow: number, refreshes: number, changed = 100): ModelCost {
  const executed = (rows: { summed: number; changed: number }) => ({
    ...rows,
    ms: fixedMs + msPerRow * (rows.summed + rows.changed),
    gaveUp: false,
    waitingRows: 7,
  });
  let cost = learnModelCost(unknownModelCost, executed({ summed: 10_000, changed: 0 }));
  for (let refresh = 0; refresh < refreshes; refresh++)
    cost = learnModelCost(cost, executed({ summed: 0, changed }));
  return cost;
}

describe('what a refresh of a model is expected to cost', () => {
  it.each([
    [20, 0.001],
    [200, 0.0005],
    [5, 0.02],
  ])('is learned with its fixed part: %d ms and %d ms a row', (fixedMs, msPerRow) => {
    for (const changed of [24, 2_000]) {
      const cost = taught(fixedMs, msPerRow, 6, changed);
      const expected = expectedModelMs({ ...input, cost, changedRows: changed });
      expect(expected / (fixedMs + msPerRow * changed)).toBeGreaterThan(0.85);
      expect(expected / (fixedMs + msPerRow * changed)).toBeLessThan(1.15);
      expect(decideModelRefresh({ ...input, cost, changedRows: changed })).toMatchObject({
        kind: 'incremental',
        reason: 'cheaper-incremental',
      });
    }
  });

  it('is that of a fit in full where increments were given up the last time', () => {
    const cost = taught(20, 0.01, 6);
    const again = learnModelCost(cost, {
      summed: 10_000,
      changed: 100,
      ms: 121,
      gaveUp: true,
      waitingRows: 0,
    });
    expect(expectedModelMs({ ...input, cost: again })).toBe(
      decideModelRefresh({ ...input, cost: again }).predictedMs.full,
    );
    expect(decideModelRefresh({ ...input, cost: again }).kind).toBe('incremental');
  });

  it('goes by what is asked, forced and declared', () => {
    const reasonOf = (more: Partial<ModelRefreshInput>) => decideModelRefresh({ ...input, ...more }).reason;
    expect(reasonOf({ hasState: false })).toBe('first-build');
    expect(reasonOf({ hasState: false, definitionChanged: true })).toBe('definition-changed');
    expect(reasonOf({ how: 'full', forced: 'incremental' })).toBe('asked-full');
    expect(reasonOf({ forced: 'full', mode: 'incremental' })).toBe('forced-by-environment');
    expect(reasonOf({ mode: 'incremental', changedRows: 1e6 })).toBe('asked-incremental');
    expect(reasonOf({ changedRows: 1e6 })).toBe('cheaper-full');
  });

  it('is kept as text; what an older release kept is learned anew', () => {
    const cost = taught(20, 0.001, 3);
    expect(readModelCost(writeModelCost(cost))).toEqual(cost);
    expect(cost.waitingRows).toBe(7);
    const old = '{"overheadMs":3,"fullMsPerRow":0.1,"incrementalMsPerRow":null}';
    expect(readModelCost(old)).toEqual(unknownModelCost);
    expect(readModelCost(null)).toEqual(unknownModelCost);
  });
});
