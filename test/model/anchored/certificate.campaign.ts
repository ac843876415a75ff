import { afterAll, describe, expect, it } from 'vitest';
import { OnnxRuntime } from '../../../src/model/onnx-runtime.ts';
import { certificateHistory, emptyTally } from '../../support/certificate-campaign.ts';

/**
 * Rows whose served scores and answers are compared with the exact refit's, of certificates that prove every score to
 * within 1 (a bound without end is kept by anything); EVERVIEW_CHECKS asks for more.
 */
const checks = Number(process.env.EVERVIEW_CHECKS ?? 100_000);
const seconds = Math.max(1_800, checks / 20);

describe('certificates at length', () => {
  const runtime = new OnnxRuntime();
  afterAll(() => runtime.close());

  it(`hold on at least ${checks} rows of models maintained through random histories`, {
    timeout: seconds * 1_000,
  }, async () => {
    const tally = emptyTally();
    for (let seed = 1_000; tally.tellingRows < checks; seed++) await certificateHistory(runtime, seed, tally);
    console.info(JSON.stringify({ ...tally, violations: tally.violations.length }));
    expect(tally.violations).toEqual([]);
    expect(tally.unsettled).toBeLessThan(tally.checks / 20);
  });
});
