import type { BaselineResult } from '../cell-result.ts';
import { html, Markup } from './markup.ts';
import { countText } from './number-text.ts';
import type { LineStyle } from './palette.ts';
import type { ReportPolicy } from './report-policy.ts';

/** The symbols of the plots, as large as a letter. */
const symbolPaths: Readonly<Record<LineStyle['symbol'], string>> = {
  circle: 'M-4.2 0A4.2 4.2 0 1 0 4.2 0A4.2 4.2 0 1 0 -4.2 0Z',
  square: 'M-3.8 -3.8H3.8V3.8H-3.8Z',
  triangle: 'M0 -5L4.6 3.4H-4.6Z',
  diamond: 'M0 -5.4L3.4 0L0 5.4L-3.4 0Z',
  star: 'M0.0 -5.4L1.2 -1.7L5.1 -1.7L2.0 0.6L3.2 4.4L0.0 2.1L-3.2 4.4L-2.0 0.6L-5.1 -1.7L-1.2 -1.7Z',
  wye: 'M1.3 4.8L-1.3 4.8L-1.3 0.8L-4.8 -1.3L-3.5 -3.5L-0.0 -1.5L3.5 -3.5L4.8 -1.3L1.3 0.8Z',
};

/** Boxes that say which policies the plots beside them show; the style sheet does it, without a script. */
export function renderPicker(
  drawn: readonly ReportPolicy[],
  leftOut: number,
  { baselines, hindsight }: { readonly baselines: readonly BaselineResult[]; readonly hindsight: boolean },
): Markup {
  const boxes = drawn.map(
    ({ className, name, style, isPicked }) =>
      html`<li><label class="pick ${className}"><input type="checkbox" id="show-${className}"${checked(isPicked)}>${swatch(style)}<span>${name}</span></label></li>`,
  );
  const baselineBox =
    baselines.length === 0 ? null : referenceBox('baseline', baselines.map(({ name }) => name).join(', '));
  const hindsightBox = hindsight ? referenceBox('hindsight', 'best schedule in hindsight') : null;
  const note =
    leftOut > 0
      ? html`<p class="faint">${countText(leftOut, 'policy', 'policies')} more in the tables.</p>`
      : null;
  return html`<fieldset class="picker"><legend>Shown in the plots</legend><ul>${boxes}${hindsightBox}${baselineBox}</ul>${note}</fieldset>`;
}

function referenceBox(className: 'baseline' | 'hindsight', name: string): Markup {
  return html`<li><label class="pick"><input type="checkbox" id="show-${className}"${checked(true)}><svg viewBox="0 0 34 14" aria-hidden="true"><line class="${className}" x1="1" x2="33" y1="7" y2="7" stroke="currentColor"/></svg><span>${name}</span></label></li>`;
}

function checked(is: boolean): Markup {
  return new Markup(is ? ' checked' : '');
}

/** Line and symbol of a policy. */
function swatch({ dashes, symbol }: LineStyle): Markup {
  const dash = dashes === null ? null : html` stroke-dasharray="${dashes}"`;
  return html`<svg viewBox="0 0 34 14" aria-hidden="true"><line x1="0" x2="34" y1="7" y2="7" stroke="currentColor" stroke-width="2"${dash}/><path transform="translate(17 7)" fill="currentColor" d="${symbolPaths[symbol]}"/></svg>`;
}

/** Signs of the strips. */
export function renderStripKey(hindsight: boolean): Markup {
  return html`<ul class="key">
<li><svg viewBox="0 0 28 14" aria-hidden="true"><path class="incremental-mark" d="M6 8V13M12 8V13M18 8V13"/><path class="strip-line" d="M0 13H28"/></svg>incremental: short</li>
<li><svg viewBox="0 0 28 14" aria-hidden="true"><path class="full-mark" d="M13 3V13"/><path class="full-diamond" d="M13 0L16 3L13 6L10 3Z"/><path class="strip-line" d="M0 13H28"/></svg>full: tall</li>
<li><svg viewBox="0 0 28 14" aria-hidden="true"><text class="held-mark" x="14" y="12" text-anchor="middle" font-size="15">×</text></svg>not promoted</li>${
    hindsight
      ? html`
<li><svg viewBox="0 0 28 14" aria-hidden="true"><path class="best-mark" d="M6 6V13M18 6V13"/><path class="strip-line" d="M0 13H28"/></svg>best in hindsight</li>`
      : null
  }
</ul>`;
}
