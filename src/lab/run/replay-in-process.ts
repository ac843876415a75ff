import type { ReplayCell } from './cell.ts';

export const replayCellInProcess: ReplayCell = async () => {
  throw new Error('to come with lab-replay');
};
