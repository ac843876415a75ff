import { describe, expect, it } from 'vitest';
import { lessonsOf, lessonsReport } from '../../benchmarks/policies/lessons.ts';
import { policiesReport, type SetReport } from '../../benchmarks/policies/policies-report.ts';
import { judgeAims, type Policy, summarize } from '../../src/lab/laboratory.ts';
import { hourMs } from '../support/lab/synthetic-run.ts';
import { syntheticPolicies, syntheticYear } from '../support/lab/synthetic-year.ts';

const dayMs = 24 * hourMs;

const policies: readonly Policy[] = [
  ...syntheticPolicies,
  { name: 'on read', schedule: { kind: 'on-read' }, window: { kind: 'all' }, maintenance: 'auto' },
  {
    name: 'every update · sliding 60 days',
    schedule: { kind: 'every-update' },
    window: { kind: 'sliding', length: 60 * dayMs },
    maintenance: 'auto',
  },
  {
    name: 'every update · full',
    schedule: { kind: 'every-update' },
    window: { kind: 'all' },
    maintenance: 'full',
  },
];

function setNamed(name: string, seed: number): SetReport {
  const run = { ...syntheticYear({ seed, steps: 90, policies, matrices: true }), experiment: name };
  return { name, source: 'none', drift: 'in the middle', run, lines: summarize(run) };
}

const names = ['elec2', 'bike_sharing', 'beijing_pm25', 'metro_traffic', 'bank_marketing', 'nyc_taxi'];
const sets = names.map((name, place) => setNamed(name, place + 1));
const aims = judgeAims(sets.map(({ run }) => run));

describe('lessons of the policy suite', () => {
  it('have all their figures from the run, for each lesson', () => {
    const text = lessonsReport(sets, aims);
    expect(lessonsOf(sets, aims)).toHaveLength(10);
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
    const never = sets[4]?.lines.find(({ policy }) => policy.name === 'never');
    const times = (never?.cost.loss ?? 0) / (never?.hindsight.loss ?? 1);
    expect(text).toContain(`bank_marketing: never costs ${times.toFixed(2)} ×`);
  });

  it('say of a claim that the figures do not bear it out', () => {
    const [set] = sets;
    if (set === undefined) throw new Error('no set');
    // No baseline is better than this model.
    const run = {
      ...set.run,
      baselines: set.run.baselines.map((one) => ({ ...one, lossSum: one.lossSum.map(() => 1e6) })),
    };
    const told = lessonsOf([{ ...set, run }], aims).find(({ claim }) => claim.includes('baseline'));
    expect(told).toMatchObject({ holds: false });
    expect(lessonsReport([{ ...set, run }], aims)).toContain(
      'beat a model.** **In this run it does not hold.**',
    );
  });

  it('leave out what no set was measured for', () => {
    const few = [setNamed('another', 9)];
    const claims = lessonsOf(few, judgeAims(few.map(({ run }) => run))).map(({ claim }) => claim);
    expect(claims.length).toBeGreaterThan(3);
    expect(claims.join(' ')).not.toMatch(
      /What a model learns|forgets the season|Nothing drifts|world turns/i,
    );
    expect(lessonsOf([], judgeAims([]))).toEqual([]);
  });
});

it('the table of policies says of each aim whether it holds, and why not', () => {
  const year = { policies: 12, steps: 365, rows: 8760, workers: 2, elapsedSeconds: 40 };
  const text = policiesReport(['a machine', '`npm run bench:policies`'], sets, [], aims, year);
  expect(text).toMatch(/within 2 × of hindsight.*\| at most [\d.]+ × \| (yes|no) \|/);
  expect(text).toMatch(/1\.25 × of hindsight in the mean \| [\d.]+ × \| (yes|no) \|/);
  expect(text).toMatch(/at most half the processor time.*\| \d of 6 \| (yes|no) \|/);
  if (!aims.maxEffect.isMet)
    expect(text).toMatch(/Why `max_effect` does not save: .* in [\d.]+ % of the updates/);
  expect(text).toContain('`npm run bench:policies`');
  expect(text).not.toMatch(/NaN|undefined/);
});
