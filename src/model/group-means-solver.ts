import { EverviewError } from '../core/errors.ts';
import type { Method } from '../declare/methods.ts';
import { add, type DoubleDouble, divide, multiply } from './double-double.ts';
import { predictionColumn } from './head.ts';
import { parametersForm } from './scorer.ts';
import type { SumsSolver } from './sums-family.ts';
import {
  denseSize,
  levelRows,
  measuredCount,
  pairAt,
  rowCount,
  type SumsState,
  totalWeight,
} from './sums-state.ts';

/**
 * The mean of the label in each group, drawn towards the mean of all as if `smoothing` rows of the group were at it:
 * (Σy + m·ȳ) / (n + m), as target encoding does (Micci-Barreca 2001, doi:10.1145/507533.507538). A group never seen
 * has the mean of all.
 */
export function groupMeansSolver(method: Extract<Method, 'group_means' | 'seasonal_means'>): SumsSolver {
  return {
    method,
    needs: () => null,
    solve: (plan, sums, { smoothing, missing }, factor) => {
      const [category] = plan.categorical;
      if (category === undefined) throw new EverviewError('internal', `model "${plan.model}" has no groups`);
      const prior = (smoothing ?? 0) / factor;
      const rows = levelRows(sums);
      const mean = labelMean(sums);
      const levels = (sums.levels[0] ?? []).map((level, place) => ({
        level,
        weights: [distanceOf(sums, place, mean, prior)],
        rows: rows[place] ?? 0,
      }));
      const { name, source, type } = category;
      return {
        form: parametersForm,
        scorer: {
          missing,
          features: [],
          categories: [{ name, source, type, levels, unseen: [0] }],
          offsets: [mean[0]],
          quadratic: null,
          head: { kind: 'identity', columns: [predictionColumn] },
          bound: null,
        },
        rows: rowCount(sums),
        labelMean: mean[0],
        details: { smoothing: smoothing ?? 0, groups: levels.length },
      };
    },
  };
}

function scaleOf(sums: SumsState): number {
  return sums.frame.scale[measuredCount(sums)] ?? 1;
}

/** In the label's own units. */
function labelMean(sums: SumsState): DoubleDouble {
  const label = measuredCount(sums);
  const z = divide(pairAt(sums.dense, label + 1), [totalWeight(sums), 0]);
  return add([sums.frame.pivot[label] ?? 0, 0], multiply(z, [scaleOf(sums), 0]));
}

/** How far the smoothed mean of a group is from the mean of all. */
function distanceOf(sums: SumsState, place: number, mean: DoubleDouble, prior: number): number {
  const label = measuredCount(sums);
  const size = denseSize(label);
  const [weight] = pairAt(sums.grouped, place * size);
  const z = pairAt(sums.grouped, place * size + label + 1);
  const sum = multiply(z, [scaleOf(sums), 0]);
  const pivot = sums.frame.pivot[label] ?? 0;
  // Σ(y − ȳ) = Σ(y − pivot) − n·(ȳ − pivot)
  const fromMean = multiply(add(mean, [-pivot, 0]), [-weight, 0]);
  return add(sum, fromMean)[0] / (weight + prior);
}
