import type { RunResult } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';
import { regretOf } from '../summary/regret.ts';
import { html, type Markup } from './markup.ts';
import { countText, lossText, numberText, shareText, timesText } from './number-text.ts';
import type { ReportPolicy } from './report-policy.ts';

/** What came out, in a sentence or two and four numbers. */
export function renderVerdict(run: RunResult, policies: readonly ReportPolicy[]): Markup | null {
  const [best] = policies;
  if (best === undefined) return null;
  const { summary } = best;
  const regret = regretOf(summary).loss;
  return html`<p class="verdict">At ${numberText(run.prices.cpuSecond)} a processor second and ${numberText(run.prices.loss)} a unit of loss, <strong>${best.name}</strong> came out cheapest: ${numberText(summary.cost.loss)} in all${
    regret === null ? '' : `, ${timesText(regret.times)} × the best schedule in hindsight`
  }. ${contrast(summary, policies)}</p>
<ul class="tiles">
<li><b>${lossText(summary.meanLoss)}</b>loss a row</li>
<li><b>${numberText(totalRefreshes(summary), 3)}</b>refreshes, ${numberText(summary.refreshes.full, 3)} of them full</li>
<li><b>${numberText(summary.billedSeconds, 3)} s</b>billed for refreshes</li>
<li><b>${summary.outsideBound === 0 ? 'none' : shareText(summary.outsideBound)}</b>answers beyond the declared bound</li>
</ul>
<p class="faint">Of ${best.name}, over ${countText(summary.rows, 'row')}.</p>`;
}

function totalRefreshes({ refreshes }: PolicySummary): number {
  return refreshes.incremental + refreshes.full;
}

/** The cheapest beside the two ends: never and every update. */
function contrast(best: PolicySummary, policies: readonly ReportPolicy[]): string {
  const other = (kind: 'never' | 'every-update'): PolicySummary | null =>
    policies.find(({ summary }) => summary.policy.schedule.kind === kind && summary !== best)?.summary ??
    null;
  const never = other('never');
  const always = other('every-update');
  const parts = [
    ...(never === null
      ? []
      : [`Never to refresh lost ${lossText(never.meanLoss)} a row and cost ${numberText(never.cost.loss)}.`]),
    ...(always === null
      ? []
      : [
          `To refresh after every update lost ${lossText(always.meanLoss)}, with ${countText(totalRefreshes(always), 'refresh', 'refreshes')}, and cost ${numberText(always.cost.loss)}.`,
        ]),
  ];
  return parts.join(' ');
}
