import type { ExperimentInput } from '../../src/lab/laboratory.ts';

type Policies = ExperimentInput['policies'];

/** What an arrival of a set comes to, by which its policies are scaled. */
export type Step = {
  readonly ms: number;
  /** Labelled rows, about. */
  readonly rows: number;
  /** What a prediction may be off, in its unit, before `max-effect` refreshes. */
  readonly effect: number;
  /** A length that a model can be learned from alone. */
  readonly windowMs: number;
  /** Certified families take no half-life: they forget by a window alone, here by a second one of half the length. */
  readonly canFade: boolean;
};

/** The same for every set: the schedules, and for some of them the windows that forget. */
export function standardPolicies({ ms, rows, effect, windowMs, canFade }: Step): Policies {
  const sliding = { kind: 'sliding', length: windowMs } as const;
  const shorter = canFade
    ? ({ kind: 'decay', halfLife: windowMs / 2 } as const)
    : ({ kind: 'sliding', length: windowMs / 2 } as const);
  const everyUpdate = { kind: 'every-update' } as const;
  const auto = { kind: 'auto' } as const;
  const rarely = { kind: 'interval', every: 10 * ms } as const;
  return [
    { kind: 'never' },
    everyUpdate,
    { kind: 'on-read' },
    { kind: 'rows', rows: 5 * rows },
    { kind: 'rows', rows: 20 * rows },
    { kind: 'interval', every: 2 * ms },
    { kind: 'interval', every: 5 * ms },
    rarely,
    { kind: 'interval', every: 25 * ms },
    { kind: 'interval', every: 50 * ms },
    { kind: 'psi' },
    { kind: 'ks' },
    { kind: 'adwin' },
    { kind: 'kswin' },
    { kind: 'page-hinkley' },
    { kind: 'live-loss' },
    { kind: 'max-effect', effect },
    auto,
    { kind: 'forecast' },
    { kind: 'budget', refreshes: 2, per: 20 * ms },
    { schedule: everyUpdate, window: sliding },
    { schedule: everyUpdate, window: shorter },
    { schedule: everyUpdate, maintenance: 'full' },
    { schedule: rarely, window: sliding },
    { schedule: rarely, window: shorter },
    { schedule: auto, window: sliding },
    { schedule: auto, window: shorter },
  ];
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
