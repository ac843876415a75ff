import { afterAll, describe, expect, it } from 'vitest';
import { OnnxRuntime } from '../../../src/model/onnx-runtime.ts';
import { certificateHistory, emptyTally } from '../../support/certificate-campaign.ts';
import { depth, firstOf, longTests } from '../../support/depth.ts';

describe('a maintained model is within its certificate of a fit from scratch', () => {
  const runtime = new OnnxRuntime();
  afterAll(() => runtime.close());

  const upTo = (last: number) => Array.from({ length: last }, (_, seed) => seed + 1);
  // 1326: a Huber model of so few rows near it that its optimum was not the only one
  const all = [...upTo(depth(20, 40)), 1326];
  // Of the first seven, and of no fewer, there is one of every family.
  const histories = [
    { seeds: upTo(7), rows: 2_000 },
    { seeds: all, rows: depth(2_500, 5_000) },
  ].map((given) => ({ ...given, count: given.seeds.length }));
  it.each(firstOf(histories))(
    'through $count random histories of every family',
    { timeout: 120_000 },
    async ({ seeds, rows }) => {
      const tally = emptyTally();
      for (const seed of seeds) await certificateHistory(runtime, seed, tally);
      expect(tally.violations).toEqual([]);
      expect(tally.rows).toBeGreaterThan(rows);
      expect(tally.unsettled).toBeLessThan(tally.checks / 20);
      expect(Object.keys(tally.methods).sort()).toEqual(['gamma', 'huber', 'logistic', 'poisson', 'softmax']);
      expect(Object.keys(tally.kinds).sort()).toEqual(['ball', 'local-norm', 'strong-convexity']);
    },
  );

  longTests(() => {
    it('would be found outside of bounds that promise too much', { timeout: 60_000 }, async () => {
      const tally = emptyTally();
      for (let seed = 1; seed <= 6; seed++) await certificateHistory(runtime, seed, tally, 0.02);
      expect(tally.violations.length).toBeGreaterThan(0);
    });
  });
});
