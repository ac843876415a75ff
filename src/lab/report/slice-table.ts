import { html, type Markup } from './markup.ts';
import { lossText, numberText } from './number-text.ts';
import type { ReportPolicy } from './report-policy.ts';
import type { SliceLosses } from './slice-plot.ts';

/** Loss a row by slice, of the policies that are picked at first. */
export function renderSliceTable(drawn: readonly ReportPolicy[], slices: readonly SliceLosses[]): Markup {
  const shown = drawn.flatMap((policy, place) => (policy.isPicked ? [{ name: policy.name, place }] : []));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Loss by slice"><table>
<caption>Loss a row by slice</caption>
<thead><tr><th class="name" scope="col">Slice</th><th scope="col">Rows</th>${shown.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${slices.map(
    ({ value, rows, losses }) =>
      html`<tr><th class="name" scope="row">${value}</th><td>${numberText(Math.round(rows))}</td>${shown.map(
        ({ place }) => {
          const loss = losses[place] ?? null;
          return html`<td>${loss === null ? '–' : lossText(loss)}</td>`;
        },
      )}</tr>`,
  )}</tbody></table></div>`;
}
