import type { PolicyShape } from './history.ts';
import type { Random } from './random.ts';

/** How views keep up in one history: `eager` at every read, `lazy` only when told, `mixed` anything. */
export type PolicyMood = 'eager' | 'lazy' | 'mixed';

export const plainPolicy: PolicyShape = {
  refresh: null,
  maxStalenessMs: null,
  maxRows: null,
  onStaleRead: null,
};

const fixedWays = ['auto', 'on_read', 'full', 'incremental'] as const;

const none = { plain: 0, immediate: 0, fixed: 0, inline: 0, manual: 0, timed: 0, counted: 0, stale: 0 };
const eager = { ...none, plain: 4, immediate: 2, fixed: 1.5, inline: 2 };
const lazy = { ...none, manual: 4, timed: 3, counted: 2, stale: 1.5 };
const mixed = { ...lazy, plain: 4, immediate: 2, fixed: 1.5, inline: 2 };

/** `strict`: `refresh = incremental` too, which a view may be refused for. */
export function drawPolicy(
  random: Random,
  mood: PolicyMood,
  { strict }: { readonly strict: boolean },
): PolicyShape {
  const fixed = strict ? fixedWays : fixedWays.filter((way) => way !== 'incremental');
  switch (random.weighted({ eager, lazy, mixed }[mood])) {
    case 'plain':
      return plainPolicy;
    case 'immediate':
      return { ...plainPolicy, refresh: 'immediate' };
    case 'fixed':
      return { ...plainPolicy, refresh: random.pick(fixed) };
    case 'inline':
      return { ...plainPolicy, onStaleRead: 'compensate' };
    case 'manual':
      return { ...plainPolicy, refresh: 'manual' };
    case 'timed':
      return {
        ...plainPolicy,
        refresh: random.pick([null, 'auto', 'on_read']),
        maxStalenessMs: random.pick([1_000, 60_000, 3_600_000]),
      };
    case 'counted':
      return { ...plainPolicy, maxRows: random.pick([1, 5, 20]) };
    case 'stale':
      return {
        ...plainPolicy,
        maxStalenessMs: random.pick([1_000, 60_000]),
        onStaleRead: random.pick(['serve', 'fail', 'refresh', 'compensate']),
      };
  }
}
