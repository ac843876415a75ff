import { describe, expect, it } from 'vitest';
import { fresh } from '../../src/core/staleness.ts';
import { versionOf } from '../../src/core/version.ts';
import type { RefreshPolicy } from '../../src/declare/definition.ts';
import { planRead, type ReadObject } from '../../src/plan/read-plan.ts';

const head = versionOf(9);
const noModels = new Map();
const bearsAll = { maxStalenessMs: null } as const;

/** A view whose contents were brought to `version` and are right up to `asOf`. */
function view(name: string, version: number, asOf: number, policy: Partial<RefreshPolicy> = {}): ReadObject {
  const stale = asOf < head;
  return {
    name,
    kind: 'view',
    policy: {
      refresh: 'auto',
      maxStalenessMs: 0,
      maxRows: null,
      stalenessPrice: null,
      onStaleRead: 'refresh',
      ...policy,
    },
    standing: {
      staleness: stale ? { versions: 1, rows: 1, ms: 1_000, effect: null } : fresh,
      asOf: versionOf(asOf),
      sinceMs: stale ? 1 : null,
    },
    contentsVersion: versionOf(version),
    moments: null,
    models: new Map(),
    refreshIsFutile: false,
  };
}

const missing = (name: string): ReadObject => ({
  ...view(name, 0, 9),
  standing: null,
  contentsVersion: null,
  moments: null,
});

/** The object, right at moments from `fromMs` up to `untilMs`. */
const at = (object: ReadObject, fromMs: number, untilMs: number): ReadObject => ({
  ...object,
  moments: { fromMs, untilMs },
});

describe('planRead', () => {
  it.each([
    ['nothing kept', [], { kind: 'serve', version: 9, models: noModels, inline: [] }],
    ['fresh', [view('a', 3, 9)], { kind: 'serve', version: 9, models: noModels, inline: [] }],
    [
      'two right at one moment',
      [at(view('a', 9, 9, bearsAll), 10, 30), at(view('b', 9, 9, bearsAll), 20, 40)],
      { kind: 'serve', version: 9, models: noModels, inline: [] },
    ],
    [
      'two right at no moment: what the clock has passed moves',
      [at(view('a', 9, 9, bearsAll), 10, 20), at(view('b', 9, 9, bearsAll), 20, Number.POSITIVE_INFINITY)],
      { kind: 'refresh', names: ['a'] },
    ],
    ['never built', [missing('a')], { kind: 'refresh', names: ['a'] }],
    ['staler than declared', [view('a', 3, 5)], { kind: 'refresh', names: ['a'] }],
    ['refused', [view('a', 3, 5, { onStaleRead: 'fail' })], { kind: 'refuse', name: 'a' }],
    [
      'served stale',
      [view('a', 3, 5, { onStaleRead: 'serve' })],
      { kind: 'serve', version: 5, models: noModels, inline: [] },
    ],
    [
      'within its bound',
      [view('a', 3, 5, bearsAll)],
      { kind: 'serve', version: 5, models: noModels, inline: [] },
    ],
    [
      'two within their bounds at one version',
      [view('a', 3, 5, bearsAll), view('b', 4, 7, bearsAll)],
      { kind: 'serve', version: 5, models: noModels, inline: [] },
    ],
    [
      'two that fit no version: the older moves',
      [view('a', 3, 5, bearsAll), view('b', 6, 9, bearsAll)],
      { kind: 'refresh', names: ['a'] },
    ],
    [
      'a manual one that does not fit is read by its definition',
      [view('a', 3, 5, { ...bearsAll, refresh: 'manual' }), view('b', 6, 9)],
      { kind: 'serve', version: 9, models: noModels, inline: ['a'] },
    ],
    [
      'compensated',
      [view('a', 3, 5, { onStaleRead: 'compensate' })],
      { kind: 'serve', version: 9, models: noModels, inline: ['a'] },
    ],
    [
      'compensated within its bound',
      [view('a', 3, 5, { ...bearsAll, onStaleRead: 'compensate' })],
      { kind: 'serve', version: 5, models: noModels, inline: [] },
    ],
    [
      'compensated beside one that is newer',
      [view('a', 3, 5, { ...bearsAll, onStaleRead: 'compensate' }), view('b', 6, 9)],
      { kind: 'serve', version: 9, models: noModels, inline: ['a'] },
    ],
    [
      'one that must be newest moves those that need not be',
      [view('a', 3, 5, { onStaleRead: 'compensate' }), view('b', 3, 5, bearsAll)],
      { kind: 'refresh', names: ['b'] },
    ],
    [
      'compensated without contents',
      [{ ...missing('a'), policy: { ...missing('a').policy, onStaleRead: 'compensate' } }],
      { kind: 'serve', version: 9, models: noModels, inline: ['a'] },
    ],
  ] as const)('%s', (_, objects, plan) => {
    expect(planRead(objects, head)).toEqual(plan);
  });

  it('may not refresh: the newest version, all else by its definition', () => {
    const objects = [missing('a'), view('b', 3, 5), view('c', 3, 5, bearsAll), view('d', 3, 9)];
    expect(planRead(objects, head, false)).toEqual({
      kind: 'serve',
      version: 9,
      models: noModels,
      inline: ['a', 'b', 'c'],
    });
    expect(planRead([view('a', 3, 5, { onStaleRead: 'fail' })], head, false)).toEqual({
      kind: 'refuse',
      name: 'a',
    });
  });

  it('does not refresh what would change nothing, but refuses it where that is the policy', () => {
    const futile = { ...view('m', 3, 5), kind: 'model', refreshIsFutile: true } as const;
    expect(planRead([futile], head)).toEqual({ kind: 'serve', version: 9, models: noModels, inline: [] });
    const strict = { ...futile, policy: { ...futile.policy, onStaleRead: 'fail' } } as const;
    expect(planRead([strict], head)).toEqual({ kind: 'refuse', name: 'm' });
    expect(planRead([{ ...futile, standing: null }], head).kind).toBe('serve');
  });

  it('refreshes a model, which nothing can compensate', () => {
    const model = { ...view('m', 3, 5, { onStaleRead: 'compensate' }), kind: 'model' } as const;
    expect(planRead([model], head)).toEqual({ kind: 'refresh', names: ['m'] });
  });

  it('lets a model be older than the views beside it', () => {
    const model = { ...view('m', 3, 5, bearsAll), kind: 'model' } as const;
    expect(planRead([model, view('a', 9, 9)], head)).toEqual({
      kind: 'serve',
      version: 9,
      models: noModels,
      inline: [],
    });
  });
});
