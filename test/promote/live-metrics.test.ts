import { expect, it } from 'vitest';
import { liveScoreOf } from '../../src/promote/live-metrics.ts';
import { emptySequence, withLoss } from '../../src/promote/loss-sequence.ts';

it('the accuracy of predictions that came one by one is their share of right ones, exactly', () => {
  for (let rows = 1; rows <= 200; rows += 1) {
    for (const wrong of [0, 1, Math.floor(rows / 4), Math.ceil(rows / 3), rows - 1, rows]) {
      let sequence = emptySequence;
      for (let row = 0; row < rows; row += 1)
        sequence = withLoss('bounded', sequence, (row * wrong) % rows < wrong ? 1 : 0);
      expect(liveScoreOf('accuracy', sequence, 1)).toBe((rows - wrong) / rows);
    }
  }
  expect(liveScoreOf('accuracy', emptySequence, 1)).toBeNull();
});
