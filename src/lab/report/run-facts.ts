import type { RunResult } from '../cell-result.ts';
import { html, type Markup } from './markup.ts';
import { momentText, numberText, shareText } from './number-text.ts';
import { maintenanceText, scheduleText, windowText } from './policy-text.ts';
import type { ReportPolicy } from './report-policy.ts';

/** What was run, so that it can be run again: experiment, data, prices, policies. */
export function renderRunFacts(run: RunResult, policies: readonly ReportPolicy[]): Markup {
  const [first] = run.cells;
  const seeds = [...new Set(run.cells.map(({ seed }) => seed))].join(', ');
  const facts: readonly (readonly [string, Markup | string])[] = [
    ['Experiment', run.experiment],
    ['Model', html`<code>${run.model}</code>`],
    ['Data and definitions', html`<code>${run.hash}</code> <span class="faint">(SHA-256)</span>`],
    ['Time', timeText(first?.atMs ?? [])],
    ['Steps', numberText(first?.atMs.length ?? 0)],
    ['Seeds', seeds],
    [
      'Loss',
      `${first?.loss ?? 'not known'}; of the trivial baseline in the warm-up ${numberText(run.lossScale)} a row`,
    ],
    [
      'Prices',
      `${numberText(run.prices.cpuSecond)} a processor second, ${numberText(run.prices.loss)} a unit of loss`,
    ],
    [
      'A refresh is billed',
      `${numberText(run.refreshCost.seconds)} s, and ${numberText(run.refreshCost.secondsPerRow * 1e6)} s for a million rows that it reads`,
    ],
    ...emptyWindows(policies),
  ];
  return html`<section><h2>What was run</h2>
<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<div class="scroll" tabindex="0" role="region" aria-label="Policies as declared"><table>
<caption>Policies as they were declared</caption>
<thead><tr><th class="name" scope="col">Policy</th>${['Refreshes', 'Learns from', 'Maintenance'].map((head) => html`<th class="name" scope="col">${head}</th>`)}</tr></thead>
<tbody>${policies.map(
    ({ name, summary: { policy } }) =>
      html`<tr><th class="name" scope="row">${name}</th><td class="text">${scheduleText(policy.schedule)}</td><td class="text">${windowText(policy.window)}</td><td class="text">${maintenanceText(policy.maintenance)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function timeText(atMs: readonly number[]): string {
  const [from, to] = [atMs.at(0), atMs.at(-1)];
  return from === undefined || to === undefined
    ? 'none'
    : `${momentText(from)} to ${momentText(to)}, after the warm-up`;
}

function emptyWindows(policies: readonly ReportPolicy[]): readonly (readonly [string, string])[] {
  const empty = policies.filter(({ summary }) => summary.withoutModel > 0);
  if (empty.length === 0) return [];
  const told = empty.map(
    ({ name, summary }) => `${name} (${shareText(summary.withoutModel)} of the answers)`,
  );
  return [
    [
      'Without a model',
      `the window held no row to learn from, and the model before went on answering, beyond any bound: ${told.join('; ')}`,
    ],
  ];
}
