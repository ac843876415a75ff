import { isPaired, type Metric, metrics, pairedMetrics } from '../core/metric.ts';
import { nearestName } from '../core/nearest.ts';
import type { GateCondition } from './gate-condition.ts';
import { unquoteName } from './sql-list.ts';

export type GateReading = { readonly condition: GateCondition } | { readonly problem: string };

/** The margin of a `not_worse` that states none. */
export const defaultMargin = 0.02;

const number = String.raw`([+-]?\s*(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)`;
const per = String.raw`(?:\s+PER\s+("(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))?`;
const operator = String.raw`\s*(<=|>=|<|>)\s*`;

const threshold = new RegExp(
  String.raw`^(\w+)${per}${operator}(?:${number}\s*\*\s*current|current\s*\*\s*${number}|(current)|${number})$`,
  'i',
);
const notWorse = new RegExp(
  String.raw`^not_worse(?:\s*\(\s*(?:(\w+)(?:\s*,\s*|\s*(?=\))))?(?:margin\s*=\s*${number})?\s*\))?${per}$`,
  'i',
);
const flips = new RegExp(
  String.raw`^negative_flips(?:\s*\(\s*tolerance\s*=\s*${number}\s*\))?${per}${operator}${number}$`,
  'i',
);

/**
 * One condition of a gate: `rmse <= 40`, `rmse <= 1.02 * current`, `r2 >= current * 0.98`, `mae < current`,
 * `rmse PER origin <= 60`, `not_worse(mae, margin = 0.02)` or `negative_flips <= 0.02`.
 */
export function readGateCondition(sql: string): GateReading {
  const text = sql.trim().replaceAll(/\s+/g, ' ');
  if (/^not_worse\b/i.test(text)) return readNotWorse(text);
  if (/^negative_flips\b/i.test(text)) return readFlips(text);
  return readThreshold(text);
}

function readThreshold(text: string): GateReading {
  const [, name = '', column, operator, before, after, current, absolute] = threshold.exec(text) ?? [];
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    return { problem: `"${text}" is no condition: write it as rmse <= 40 or rmse <= 1.02 * current` };
  }
  const metric = findMetric(name);
  if (metric === undefined) return noMetric(name, metrics);
  const factor = current === undefined ? numberOf(before ?? after ?? absolute) : 1;
  if (!Number.isFinite(factor)) return { problem: `the threshold of "${text}" is not finite` };
  const relative = absolute === undefined;
  return {
    condition: { kind: 'threshold', metric, per: columnOf(column), operator, factor, relative, text },
  };
}

function readNotWorse(text: string): GateReading {
  const found = notWorse.exec(text);
  if (found === null)
    return { problem: `"${text}" is no condition: write it as not_worse(rmse, margin = ${defaultMargin})` };
  const [, name, margin, column] = found;
  const metric = name === undefined ? null : findMetric(name);
  if (metric === undefined) return noMetric(name ?? '', pairedMetrics);
  if (metric !== null && !isPaired(metric)) {
    return {
      problem: `${metric} is no mean over rows, so two models cannot be compared on it row by row; not_worse takes ${pairedMetrics.join(', ')}`,
    };
  }
  const share = margin === undefined ? defaultMargin : numberOf(margin);
  if (!Number.isFinite(share) || share < 0)
    return { problem: `the margin of "${text}" is no share of 0 or more` };
  return { condition: { kind: 'not-worse', metric, per: columnOf(column), margin: share, text } };
}

function readFlips(text: string): GateReading {
  const [, tolerance, column, operator, budget] = flips.exec(text) ?? [];
  if (operator !== '<' && operator !== '<=') {
    return { problem: `"${text}" is no condition: write it as negative_flips <= 0.02` };
  }
  const bound = tolerance === undefined ? null : numberOf(tolerance);
  const share = numberOf(budget);
  if (!Number.isFinite(share)) return { problem: `the threshold of "${text}" is not finite` };
  if (bound !== null && !(bound >= 0 && Number.isFinite(bound)))
    return { problem: `the tolerance of "${text}" is no number of 0 or more` };
  return {
    condition: {
      kind: 'negative-flips',
      tolerance: bound,
      per: columnOf(column),
      operator,
      budget: share,
      text,
    },
  };
}

function findMetric(name: string): Metric | undefined {
  return metrics.find((known) => known === name.toLowerCase());
}

function noMetric(name: string, known: readonly Metric[]): GateReading {
  const nearest = nearestName(name, known);
  const help = nearest === null ? `metrics are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return { problem: `"${name}" is no metric of a gate; ${help}` };
}

function numberOf(text: string | undefined): number {
  return Number((text ?? '').replaceAll(' ', ''));
}

function columnOf(sql: string | undefined): string | null {
  return sql === undefined ? null : (unquoteName(sql) ?? null);
}
