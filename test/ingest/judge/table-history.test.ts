import { expect, test } from 'vitest';
import {
  emptyHistory,
  type HistoryUnit,
  historyLength,
  type LearningState,
  type TableHistory,
  withUpdate,
} from '../../../src/ingest/judge/table-history.ts';

const profile = {
  ...{ rows: 1, duplicates: 0, columns: [], correlations: [], rules: [], dependencies: [], effects: [] },
};

/** Updates by version, with what spoke against each; what was learned from, and when noticed ones were after all. */
function replay(updates: readonly (readonly [state: LearningState, ...subjects: string[]])[]) {
  let history: TableHistory = emptyHistory;
  const learned: (readonly [at: number, versions: readonly number[]])[] = [];
  for (const [index, [state, ...subjects]] of updates.entries()) {
    const blocking = state === 'blocked' ? subjects : [];
    const unit: HistoryUnit = { version: index + 1, atMs: 0, profile, subjects, blocking };
    const next = withUpdate(history, unit, state);
    if (next.learned.length > 0) learned.push([unit.version, next.learned]);
    history = next.history;
  }
  return { history, learned, versions: history.units.map(({ version }) => version) };
}

test('three noticed in a row are learned from, whatever was said of them; a blocked one ends the row', () => {
  const noticed = (subject: string) => ['noticed', subject] as const;
  expect(replay([['learned'], noticed('a'), noticed('b'), noticed('c')]).learned).toEqual([[4, [2, 3, 4]]]);
  expect(replay([noticed('a'), noticed('b'), ['blocked', 'x'], noticed('c')]).learned).toEqual([]);
});

test('what is noticed again, and nobody has put right, is learned from with the time before; nothing else is', () => {
  const { learned, versions, history } = replay([
    ['learned'],
    ['noticed', 'sentinel hum'],
    ['noticed', 'null-burst name'],
    ['learned'],
    ['noticed', 'sentinel hum', 'noise temp'],
    ['learned'],
  ]);
  expect(learned).toEqual([[5, [2, 5]]]);
  expect(versions).toEqual([1, 2, 4, 5, 6]);
  expect(history.doubted.map(({ version }) => version)).toEqual([3]);
});

test('what was noticed longer ago than is looked back at is forgotten', () => {
  const usual = Array.from({ length: historyLength }, () => ['learned'] as const);
  const { learned, history } = replay([['noticed', 'noise a'], ...usual, ['noticed', 'noise a']]);
  expect(learned).toEqual([]);
  expect(history.doubted.map(({ version }) => version)).toEqual([historyLength + 2]);
});

test('what is taken although it is blocked is learned from at the fifth time, if its incident lived all along', () => {
  const blocked = (subject: string) => ['blocked', subject] as const;
  const usual = ['learned'] as const;
  const x = blocked('unit-change x');
  expect(replay([usual, x, x, x, x]).learned).toEqual([]);
  expect(replay([usual, x, x, x, x, x]).learned).toEqual([[6, [2, 3, 4, 5, 6]]]);
  // One source of two is another than it was.
  expect(replay([usual, x, usual, x, usual, x, usual, x, usual, x]).learned).toEqual([
    [10, [2, 4, 6, 8, 10]],
  ]);
  expect(replay([usual, x, x, x, x, usual, usual, usual, x]).learned).toEqual([]);
  expect(replay([usual, x, x, x, x, blocked('null-burst y')]).learned).toEqual([]);
  // What was noticed the next time was the same; an update that was kept out was none.
  expect(replay([x, x, ['kept-out', 'unit-change x'], x, x, ['noticed', 'unit-change x']]).learned).toEqual([
    [6, [1, 2, 4, 5, 6]],
  ]);
});

test('what blocks an update besides, and did not go on, keeps it from being learned from', () => {
  const x = ['blocked', 'unit-change x'] as const;
  const both = ['blocked', 'unit-change x', 'null-burst y'] as const;
  expect(replay([x, x, x, x, both]).learned).toEqual([[5, [1, 2, 3, 4]]]);
  expect(replay([x, x, both, x, x]).learned).toEqual([[5, [1, 2, 4, 5]]]);
  expect(replay([both, both, both, both, both]).learned).toEqual([[5, [1, 2, 3, 4, 5]]]);
});

test('what waits for a decision, and what was kept out, is not looked back at', () => {
  const { versions, history } = replay([['learned'], ['waiting', 'a'], ['kept-out', 'a'], ['learned']]);
  expect(versions).toEqual([1, 4]);
  expect([history.doubted, history.latest?.version]).toEqual([[], 4]);
});
