import type { CellResult, RunResult } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';
import { cellsByPolicy } from '../summary/cells-by-policy.ts';
import { type LineStyle, lineStyle } from './palette.ts';

/** A policy as the report shows it. */
export type ReportPolicy = {
  /** From 1, by cost. */
  readonly rank: number;
  readonly name: string;
  readonly summary: PolicySummary;
  /** One a seed, at least one. */
  readonly cells: readonly [CellResult, ...CellResult[]];
  /** Class of all its marks; also what the box that shows or hides them is called by. */
  readonly className: string;
  readonly style: LineStyle;
  /** Drawn before anybody picks. */
  readonly isPicked: boolean;
};

/** Lines that can be told apart in one plot. */
const mostPicked = 6;

/** Cheapest first: at the prices of the experiment, by the loss there was. */
export function byCost(a: PolicySummary, b: PolicySummary): number {
  return a.cost.loss - b.cost.loss || a.meanLoss - b.meanLoss || (a.policy.name < b.policy.name ? -1 : 1);
}

/** Policies with their cells, cheapest first. Those without cells are left out. */
export function reportPolicies(run: RunResult, summaries: readonly PolicySummary[]): ReportPolicy[] {
  const ranked = [...summaries].sort(byCost);
  const picked = firstPicked(ranked);
  const cells = new Map(cellsByPolicy(run).map((of) => [of.policy.name, of.cells]));
  // Hues go to the picked first, so that no two of them share one.
  const styleOrder = [...picked, ...ranked.filter((summary) => !picked.has(summary))];
  return ranked.flatMap((summary, place) => {
    const [first, ...rest] = cells.get(summary.policy.name) ?? [];
    if (first === undefined) return [];
    return {
      rank: place + 1,
      name: summary.policy.name,
      summary,
      cells: [first, ...rest] as const,
      className: `p${place + 1}`,
      style: lineStyle(styleOrder.indexOf(summary)),
      isPicked: picked.has(summary),
    };
  });
}

/** The cheapest; the two ends, never and always; `auto`; then the rest of the front, cheapest first. */
function firstPicked(ranked: readonly PolicySummary[]): Set<PolicySummary> {
  const ofKind = (kind: PolicySummary['policy']['schedule']['kind']): PolicySummary[] =>
    ranked.filter((summary) => summary.policy.schedule.kind === kind).slice(0, 1);
  const wanted = [
    ...ranked.slice(0, 1),
    ...ofKind('never'),
    ...ofKind('every-update'),
    ...ofKind('auto'),
    ...ranked.filter((summary) => summary.isOnFront),
  ];
  return new Set([...new Set(wanted)].slice(0, mostPicked));
}
