import { nearestName } from '../core/nearest.ts';
import type { GateCondition, GateMetric } from './definition.ts';

export const gateMetrics = ['rmse', 'mae', 'r2'] as const satisfies readonly GateMetric[];

export type GateReading = { readonly condition: GateCondition } | { readonly problem: string };

const number = String.raw`([+-]?\s*(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)`;
const shape = new RegExp(
  String.raw`^(\w+)\s*(<=|>=|<|>)\s*(?:${number}\s*\*\s*current|current\s*\*\s*${number}|(current)|${number})$`,
  'i',
);

/** One condition of a gate: `rmse <= 40`, `rmse <= 1.02 * current`, `r2 >= current * 0.98` or `mae < current`. */
export function readGateCondition(sql: string): GateReading {
  const text = sql.trim().replaceAll(/\s+/g, ' ');
  const [, name = '', operator, before, after, current, absolute] = shape.exec(text) ?? [];
  const metric = gateMetrics.find((known) => known === name.toLowerCase());
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    return { problem: `"${text}" is no condition: write it as rmse <= 40 or rmse <= 1.02 * current` };
  }
  if (metric === undefined) {
    const nearest = nearestName(name, gateMetrics);
    const help = nearest === null ? `metrics are ${gateMetrics.join(', ')}` : `did you mean ${nearest}?`;
    return { problem: `"${name}" is no metric of a gate; ${help}` };
  }
  const factor = current === undefined ? Number((before ?? after ?? absolute ?? '').replaceAll(' ', '')) : 1;
  if (!Number.isFinite(factor)) return { problem: `the threshold of "${text}" is not finite` };
  return { condition: { metric, operator, factor, relative: absolute === undefined, text } };
}
