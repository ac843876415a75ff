import type { RunResult } from '../cell-result.ts';
import type { Quantiles } from '../policy-summary.ts';
import { regretOf } from '../summary/regret.ts';
import { type Content, html, type Markup } from './markup.ts';
import { countText, lossText, numberText, shareText, shortTimeText, timesText } from './number-text.ts';
import type { ReportPolicy } from './report-policy.ts';
import { meanOfBaseline } from './report-references.ts';

/** What matters most of each policy, cheapest first, with baselines and hindsight below. */
export function renderResultsTable(run: RunResult, policies: readonly ReportPolicy[]): Markup {
  const scale = costScale(policies);
  const hindsight = policies.some(({ summary }) => summary.hindsight.loss !== null);
  return html`<table class="cards" role="table">
<caption>Policies, cheapest first. Cost is what refreshes are billed and what was lost, at the prices of the experiment${
    hindsight ? '; × best is cost beside the best schedule in hindsight over the same window' : ''
  }. “Front”: no other policy has both less loss and a smaller bill.${
    policies.some(({ summary }) => summary.seeds > 1) ? ' Counts and costs are means over seeds.' : ''
  }</caption>
<thead><tr role="row"><th class="name" scope="col" role="columnheader">Policy</th>${[
    'Loss a row',
    'Cost',
    ...(hindsight ? ['× best'] : []),
    'Refreshes',
    'Billed',
    'Behind, median',
    'Beyond bound',
  ].map((head) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody>${policies.map((policy) => policyRow(run, policy, scale, hindsight))}</tbody>
<tbody class="references">${referenceRows(run, policies)}</tbody>
</table>
<ul class="key"><li>${keySwatch('bill')}part of cost that refreshes are billed</li><li>${keySwatch('lost')}part that was lost</li></ul>`;
}

function keySwatch(part: 'bill' | 'lost'): Markup {
  return html`<svg class="cost-bar" viewBox="0 0 28 14" aria-hidden="true"><rect class="${part}" y="3" width="28" height="8"/></svg>`;
}

/** Bars end here: the largest cost, or thrice the least where some policy is far off. */
function costScale(policies: readonly ReportPolicy[]): number {
  const costs = policies.map(({ summary }) => summary.cost.loss);
  return Math.min(Math.max(...costs), 3 * Math.min(...costs)) || 1;
}

function policyRow(
  run: RunResult,
  { rank, name, summary }: ReportPolicy,
  scale: number,
  hindsight: boolean,
): Markup {
  const { cost, refreshes } = summary;
  const regret = regretOf(summary).loss;
  const badges = [
    ...(rank === 1 ? [html`<span class="badge">cheapest</span>`] : []),
    ...(summary.isOnFront ? [html`<span class="badge">front</span>`] : []),
  ];
  return html`<tr role="row"><th class="name" scope="row" role="rowheader">${name}${badges}</th>
${cell('Loss a row', lossText(summary.meanLoss))}
${cell('Cost', html`${numberText(cost.loss)}${costBar(summary.billedSeconds * run.prices.cpuSecond, cost.loss, scale)}`)}
${hindsight ? cell('× best', regret === null ? null : timesText(regret.times)) : null}
${cell('Refreshes', html`${numberText(refreshes.incremental + refreshes.full, 3)}<small>${refreshKinds(refreshes)}</small>`)}
${cell('Billed', `${numberText(summary.billedSeconds, 3)} s`)}
${cell('Behind, median', shortTimeText(summary.staleness.ms.median))}
${cell('Beyond bound', summary.outsideBound === 0 ? 'none' : shareText(summary.outsideBound))}</tr>`;
}

function refreshKinds({ incremental, full }: ReportPolicy['summary']['refreshes']): string {
  if (incremental + full === 0) return 'none';
  if (full === 0) return 'all incremental';
  if (incremental === 0) return 'all full';
  return `${numberText(full, 3)} full`;
}

function cell(label: string, content: Content): Markup {
  if (content === null) return html`<td role="cell" data-label="${label}" class="nothing">–</td>`;
  return html`<td role="cell" data-label="${label}">${content}</td>`;
}

function costBar(bill: number, cost: number, scale: number): Markup {
  const share = (part: number): string => `${Math.min(100, Math.max(0, (100 * part) / scale)).toFixed(1)}`;
  return html`<svg class="cost-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="lost" width="${share(cost)}" height="8"/><rect class="bill" width="${share(bill)}" height="8"/></svg>`;
}

function referenceRows(run: RunResult, policies: readonly ReportPolicy[]): Markup[] {
  const rows = policies[0]?.summary.rows ?? 0;
  const costs = policies.flatMap(({ summary }) => summary.hindsight.loss ?? []);
  const hindsight = costs.length > 0;
  const baselines = run.baselines.map((baseline) => {
    const mean = meanOfBaseline(baseline);
    const cost = mean * rows * run.prices.loss;
    return referenceRow(baseline.name, 'baseline, no model', { loss: lossText(mean), cost, hindsight });
  });
  if (!hindsight) return baselines;
  const best = { loss: null, cost: Math.min(...costs), hindsight };
  return [...baselines, referenceRow('best schedule in hindsight', 'knows what comes', best)];
}

function referenceRow(
  name: string,
  note: string,
  { loss, cost, hindsight }: { loss: string | null; cost: number; hindsight: boolean },
): Markup {
  const others = [...(hindsight ? ['× best'] : []), 'Refreshes', 'Billed', 'Behind, median', 'Beyond bound'];
  return html`<tr class="reference" role="row"><th class="name" scope="row" role="rowheader">${name}<small>${note}</small></th>
${cell('Loss a row', loss)}${cell('Cost', numberText(cost))}${others.map((label) => cell(label, null))}</tr>`;
}

/** All that was measured of each policy. */
export function renderMeasuresTable(policies: readonly ReportPolicy[]): Markup {
  const heads = [
    'Behind in time',
    'Behind in rows',
    'Behind in versions',
    'Effect',
    'Data to model',
    'Flips a promotion',
    'Promotions',
    'Rows read',
    'Processor time',
    'Cost by staleness',
  ];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All that was measured"><table class="measures">
<caption>Median, 90th percentile and largest, weighed by answers. Processor time is measured and not the same in every run; within refreshes in small print.</caption>
<thead><tr><th class="name" scope="col">Policy</th>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${policies.map(measuresRow)}</tbody></table></div>`;
}

function measuresRow({ name, summary }: ReportPolicy): Markup {
  const { staleness } = summary;
  const cells: Content[] = [
    quantiles(staleness.ms, shortTimeText),
    quantiles(staleness.rows, numberText),
    quantiles(staleness.versions, numberText),
    staleness.effect === null ? '–' : quantiles(staleness.effect, (value) => numberText(value, 3)),
    summary.dataToModelMs === null ? '–' : quantiles(summary.dataToModelMs, shortTimeText),
    summary.negativeFlipsPerPromotion === null ? '–' : numberText(summary.negativeFlipsPerPromotion, 3),
    numberText(summary.promotions),
    numberText(Math.round(summary.rowsScanned)),
    html`${numberText(summary.cpuSeconds, 3)} s<small>${numberText(summary.refreshCpuSeconds, 3)} s</small>`,
    numberText(summary.cost.staleness),
  ];
  return html`<tr><th class="name" scope="row">${name}</th>${cells.map((content) => html`<td>${content}</td>`)}</tr>`;
}

function quantiles({ median, p90, max }: Quantiles, text: (value: number) => string): Markup {
  return html`${text(median)}<small>${text(p90)}</small><small>${text(max)}</small>`;
}

export function seedsText(policies: readonly ReportPolicy[]): string {
  const seeds = policies.reduce((most, { summary }) => Math.max(most, summary.seeds), 0);
  return countText(seeds, 'seed');
}
