import { createHash } from 'node:crypto';
import { formatDurationMs } from '../../index.ts';
import type { RunResult } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';
import { renderFrontPlot } from './front-plot.ts';
import { type HindsightLine, hindsightLine } from './hindsight-line.ts';
import { type LossLines, lossLines, renderLossPlot } from './loss-plot.ts';
import { html, Markup } from './markup.ts';
import { countText, momentText } from './number-text.ts';
import { renderPicker, renderStripKey } from './picker.ts';
import { renderRefreshStrips } from './refresh-strips.ts';
import { type ReportPolicy, reportPolicies } from './report-policy.ts';
import { reportStyle } from './report-style.ts';
import { renderMeasuresTable, renderResultsTable, seedsText } from './results-table.ts';
import { renderRunFacts } from './run-facts.ts';
import { renderSlicePlot, sliceLosses } from './slice-plot.ts';
import { renderSliceTable } from './slice-table.ts';
import { renderStalenessPlot, type StalenessLines, stalenessLines } from './staleness-plot.ts';
import { renderVerdict } from './verdict.ts';

/** Boxes to pick by, and lines that somebody would look through. */
const mostLines = 24;

/**
 * The run as one HTML file that needs nothing else: no script, no network (its content security policy forbids both),
 * readable on a phone, in print and in the dark.
 */
export function renderHtmlReport(run: RunResult, summaries: readonly PolicySummary[]): string {
  const policies = reportPolicies(run, summaries);
  const picked = policies.filter(({ isPicked }) => isPicked);
  const others = policies.filter(({ isPicked }) => !isPicked).slice(0, mostLines - picked.length);
  const drawn = policies.filter((policy) => picked.includes(policy) || others.includes(policy));
  const staleness = stalenessLines(drawn);
  const hindsight = hindsightLine(run, summaries);
  const style = reportStyle(
    policies,
    staleness.map(({ unit }) => unit),
  );
  const body = html`<main>
${head(run, policies)}
${frontSection(run, policies)}
<section class="results"><h2>Policies</h2>${renderResultsTable(run, policies)}</section>
${chartSections(run, policies, drawn, { staleness, hindsight })}
${stripSection(policies, hindsight)}
<section><h2>All that was measured</h2>${renderMeasuresTable(policies)}</section>
${renderRunFacts(run, policies)}
<footer>Written by everview lab. No network, no script: one file.</footer>
</main>`;
  return page(`${run.experiment}: policies compared`, style, body);
}

function page(title: string, style: string, body: Markup): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

function head(run: RunResult, policies: readonly ReportPolicy[]): Markup {
  const [first] = run.cells;
  const from = first?.atMs.at(0);
  const to = first?.atMs.at(-1);
  const time =
    from === undefined || to === undefined
      ? null
      : html`, <span class="together">${momentText(from)}</span> to <span class="together">${momentText(to)}</span>`;
  return html`<header><h1>${run.experiment}</h1>
<p class="faint">Which refresh policy for model <code>${run.model}</code>? ${countText(policies.length, 'policy', 'policies')} replayed over ${countText(first?.atMs.length ?? 0, 'step')}${time}, ${seedsText(policies)}.</p>
${renderVerdict(run, policies)}</header>`;
}

function frontSection(run: RunResult, policies: readonly ReportPolicy[]): Markup {
  const hasHindsight = policies.some(({ summary }) => summary.hindsight.loss !== null);
  return html`<section><h2>Cost of refreshes against loss</h2>
<figure>${renderFrontPlot(run, policies)}
<figcaption>Filled points are the Pareto front, joined by a dashed line. Dotted lines are baselines that need no model.${
    hasHindsight
      ? ' The line at the edge of the shaded area is what the best schedule in hindsight cost at the prices of the experiment: nothing below it could have been had.'
      : ''
  }</figcaption></figure></section>`;
}

type Charted = { readonly staleness: readonly StalenessLines[]; readonly hindsight: HindsightLine | null };

function chartSections(
  run: RunResult,
  policies: readonly ReportPolicy[],
  drawn: readonly ReportPolicy[],
  { staleness, hindsight }: Charted,
): Markup {
  const lines = lossLines(run, drawn, hindsight);
  return html`<div class="charts">
${renderPicker(drawn, policies.length - drawn.length, { baselines: run.baselines, hindsight: hindsight !== null })}
${lossSection(run, lines)}
${stalenessSection(staleness, run)}
${sliceSection(drawn)}
</div>`;
}

function lossSection(run: RunResult, lines: LossLines): Markup {
  const lossName = `${run.cells[0]?.loss ?? ''} loss`;
  return html`<section><h2>Loss through time</h2>
<figure>${renderLossPlot(lines, lossName)}
<figcaption>Each prediction by the model that answered when its row arrived. Every point is the mean over the ${formatDurationMs(lines.spanMs)} before it${
    run.baselines.length > 0 ? '; dotted lines are baselines' : ''
  }.</figcaption></figure></section>`;
}

function stalenessSection(staleness: readonly StalenessLines[], run: RunResult): Markup {
  const seeds = new Set(run.cells.map(({ seed }) => seed));
  return html`<section><h2>Staleness through time</h2>
<fieldset class="units"><legend>In</legend>${staleness.map(
    ({ unit, choice }, place) =>
      html`<label><input type="radio" name="unit" id="unit-${unit}"${new Markup(place === 0 ? ' checked' : '')}>${choice}</label>`,
  )}</fieldset>
<figure>${staleness.map((lines) => html`<div class="unit unit-${lines.unit}">${renderStalenessPlot(lines)}</div>`)}
<figcaption>How far behind the answering model was when it answered, as the engine says; on a root scale, so that both ends can be read.${
    seeds.size > 1 ? ' Of the first seed.' : ''
  }</figcaption></figure></section>`;
}

function sliceSection(drawn: readonly ReportPolicy[]): Markup {
  const { slices, leftOut } = sliceLosses(drawn);
  if (slices.length === 0) return new Markup('');
  return html`<section><h2>Loss by slice</h2>
<figure>${renderSlicePlot(drawn, slices)}
${leftOut > 0 ? html`<figcaption>${countText(leftOut, 'smaller slice')} left out.</figcaption>` : null}</figure>
${renderSliceTable(drawn, slices)}</section>`;
}

function stripSection(policies: readonly ReportPolicy[], hindsight: HindsightLine | null): Markup {
  const seeds = policies.some(({ cells }) => cells.length > 1);
  return html`<section><h2>Refreshes through time</h2>
<figure>${renderRefreshStrips(policies, hindsight)}
${renderStripKey(hindsight !== null)}
<figcaption>Beside each policy, incremental + full refreshes${seeds ? ', of the first seed' : ''}.${
    hindsight === null ? '' : ` The best schedule in hindsight learns from what ${hindsight.beside} does.`
  }</figcaption></figure></section>`;
}
