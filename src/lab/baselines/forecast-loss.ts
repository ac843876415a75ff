import type { LossName } from '../experiment.ts';
import { leastProbability } from '../task-loss.ts';
import type { Forecast } from './forecaster.ts';

export function forecastLoss(loss: LossName, forecast: Forecast, label: number): number {
  switch (loss) {
    case 'zero-one':
      return forecast.label === label ? 0 : 1;
    case 'log':
      return -Math.log(Math.max(leastProbability, forecast.probability(label)));
    case 'absolute':
      return Math.abs(label - forecast.label);
    case 'squared':
      return (label - forecast.label) ** 2;
  }
}
