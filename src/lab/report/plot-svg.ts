import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeMarkup, html, Markup } from './markup.ts';

/** What a plot is drawn for. Lengths in units of its own view box. */
export type PlotSize = {
  readonly kind: 'wide' | 'narrow';
  readonly width: number;
  readonly fontSize: number;
};

/**
 * Wide plots are shown from 688 px of room on (an upright A4 page has 680 or so), narrow ones from 328 px on; text is
 * 11 px at the least then. Style sheet and tests rest on these.
 */
export const plotSizes: readonly PlotSize[] = [
  { kind: 'wide', width: 800, fontSize: 13.5 },
  { kind: 'narrow', width: 328, fontSize: 12 },
];

export type PlotWords = {
  /** Unique in the document. */
  readonly id: string;
  readonly title: string;
  /** What somebody who does not see it should know of it. */
  readonly description: string;
};

/** A plot, drawn once for each size; the style sheet shows the one that fits. */
export function renderPlot(words: PlotWords, optionsFor: (size: PlotSize) => Plot.PlotOptions): Markup {
  return html`<div class="plot">${plotSizes.map((size) => drawn(words, size, optionsFor(size)))}</div>`;
}

/** Positions that a plot of these options gives to values: for what must be placed before it is drawn. */
export function plotScales(options: Plot.PlotOptions): {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
} {
  const plot = Plot.plot({ ...options, document: newDocument() });
  const position =
    (name: 'x' | 'y') =>
    (value: number): number =>
      Number(plot.scale(name)?.apply(value) ?? Number.NaN);
  return { x: position('x'), y: position('y') };
}

function newDocument() {
  return parseHTML('<!doctype html><html><body></body></html>').document;
}

function drawn(words: PlotWords, size: PlotSize, options: Plot.PlotOptions): Markup {
  const plot = Plot.plot({ width: size.width, ...options, figure: false, document: newDocument() });
  // A style element of its own would need a permission of its own; what it says is in the report's sheet.
  for (const style of plot.querySelectorAll('style')) style.remove();
  const inner: string = plot.innerHTML;
  const id = `${words.id}-${size.kind}`;
  const box = plot.getAttribute('viewBox') ?? '';
  return new Markup(
    `<svg class="${size.kind}" viewBox="${box}" font-size="${size.fontSize}" fill="currentColor" text-anchor="middle" ` +
      `role="img" aria-labelledby="${id}-title ${id}-description">` +
      `<title id="${id}-title">${escapeMarkup(words.title)}</title>` +
      `<desc id="${id}-description">${escapeMarkup(words.description)}</desc>` +
      `${fewerDigits(inner)}</svg>`,
  );
}

/** Coordinates of paths to a tenth of a unit: half the size, and nobody sees it. */
function fewerDigits(svg: string): string {
  return svg.replace(/ d="([^"]*)"/g, (_, path: string) => {
    const short = path.replace(/-?\d+\.\d+/g, (number) => String(Math.round(Number(number) * 10) / 10));
    return ` d="${short}"`;
  });
}
