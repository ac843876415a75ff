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
};

/** The same for every set: the schedules, and for some of them the windows that forget. */
export function standardPolicies({ ms, rows, effect, windowMs }: Step): Policies {
  const sliding = { kind: 'sliding', length: windowMs } as const;
  const decay = { kind: 'decay', halfLife: windowMs / 2 } as const;
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
    { schedule: everyUpdate, window: decay },
    { schedule: everyUpdate, maintenance: 'full' },
    { schedule: rarely, window: sliding },
    { schedule: rarely, window: decay },
    { schedule: auto, window: sliding },
    { schedule: auto, window: decay },
  ];
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
