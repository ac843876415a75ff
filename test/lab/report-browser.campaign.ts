import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtmlReport } from '../../src/lab/report/html-report.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import { syntheticPolicies, syntheticYear } from '../support/lab/synthetic-year.ts';
import { type OpenedChromium, openChromium } from '../support/open-chromium.ts';

const hostile = [
  '<script>document.title = "taken"</script>',
  '"><img src="https://example.invalid/a.png" onerror="document.title = 1">',
] as const;

let chromium: OpenedChromium;
let directory: string;
let address: string;

beforeAll(async () => {
  const policies = syntheticPolicies.map((policy, place) => ({
    ...policy,
    name: hostile[place] ?? policy.name,
  }));
  const run = {
    ...syntheticYear({ policies, matrices: true, seeds: [1, 2] }),
    experiment: 'a <b>bold</b> & year',
  };
  directory = await mkdtemp(join(tmpdir(), 'everview-report-'));
  await writeFile(join(directory, 'report.html'), renderHtmlReport(run, summarize(run)));
  address = pathToFileURL(join(directory, 'report.html')).href;
  chromium = await openChromium();
}, 120_000);

afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

type Visit = AsyncDisposable & {
  readonly page: Page;
  /** Addresses asked for beside the file itself. */
  readonly requests: readonly string[];
  /** What the console said, and errors of scripts. */
  readonly complaints: readonly string[];
};

async function visit(options: BrowserContextOptions): Promise<Visit> {
  const context = await chromium.browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== address) requests.push(request.url());
  });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  return { page, requests, complaints, [Symbol.asyncDispose]: () => context.close() };
}

type Seen = {
  readonly scrollWidth: number;
  readonly clientWidth: number;
  /** Smallest text that is shown, in pixels of the screen, and what it says. */
  readonly smallest: readonly [pixels: number, text: string];
  /** Of each plot that is shown: marks that are drawn, without axes and grids. */
  readonly plots: readonly { readonly id: string; readonly width: number; readonly marks: number }[];
  /** Texts of plots that reach beyond the plot. */
  readonly beyond: readonly string[];
};

/** Runs in the page, where there is a document; given as text, since the tests are compiled for Node alone. */
const look = String.raw`(() => {
  const shown = (element) => element.checkVisibility({ opacityProperty: true }) && element.getClientRects().length > 0;
  const scale = (element) => {
    const svg = element.closest('svg[viewBox]');
    if (svg === null) return 1;
    return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  };
  let smallest = [Infinity, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text === '' || element.closest('title, desc') !== null || !shown(element)) continue;
    const pixels = parseFloat(getComputedStyle(element).fontSize) * scale(element);
    if (pixels < smallest[0]) smallest = [pixels, text];
  }
  const svgs = [...document.querySelectorAll('.plot > svg')].filter(shown);
  const isMark = (element) => element.closest('[aria-label*="axis"], [aria-label*="grid"], defs') === null && shown(element);
  const beyond = svgs.flatMap((svg) => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter((text) => {
      const own = text.getBoundingClientRect();
      return shown(text) && (own.right > box.right + 16 || own.left < box.left - 16);
    }).map((text) => text.textContent);
  });
  return {
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: document.documentElement.clientWidth,
    smallest,
    plots: svgs.map((svg) => ({
      id: svg.getAttribute('aria-labelledby').split('-title')[0],
      width: svg.getBoundingClientRect().width,
      marks: [...svg.querySelectorAll('path, circle, line, text')].filter(isMark).length,
    })),
    beyond,
  };
})()`;

function see(page: Page): Promise<Seen> {
  return page.evaluate<Seen>(look);
}

const views = [
  { name: 'on a phone', options: { viewport: { width: 360, height: 740 } }, kind: 'narrow' },
  { name: 'on a desk', options: { viewport: { width: 1280, height: 900 } }, kind: 'wide' },
  {
    name: 'in the dark',
    options: { viewport: { width: 768, height: 900 }, colorScheme: 'dark' },
    kind: 'wide',
  },
] as const;

describe('the report in a browser', () => {
  it.each(views)('reads well $name, without network or complaint', async ({ options, kind }) => {
    await using visited = await visit(options);
    const seen = await see(visited.page);
    expect(seen.scrollWidth).toBe(seen.clientWidth);
    expect(seen.smallest[0], seen.smallest[1]).toBeGreaterThanOrEqual(11);
    expect(seen.plots.map(({ id }) => id)).toEqual(
      ['front', 'loss', 'staleness-ms', 'slices', 'refreshes'].map((id) => `${id}-${kind}`),
    );
    for (const { id, marks } of seen.plots) expect(marks, id).toBeGreaterThanOrEqual(7);
    expect(seen.beyond).toEqual([]);
    expect(visited.requests).toEqual([]);
    expect(visited.complaints).toEqual([]);
  });

  it('prints on A4, light, all of each table', async () => {
    // An upright page less its margins, at 96 dots an inch.
    await using visited = await visit({ viewport: { width: 688, height: 1000 }, colorScheme: 'dark' });
    await visited.page.emulateMedia({ media: 'print' });
    const seen = await see(visited.page);
    expect(seen.scrollWidth).toBe(seen.clientWidth);
    expect(seen.smallest[0], seen.smallest[1]).toBeGreaterThanOrEqual(11);
    expect(seen.plots.every(({ id }) => id.endsWith('-wide'))).toBe(true);
    expect(
      await visited.page.evaluate<[string, boolean]>(
        `[getComputedStyle(document.body).backgroundColor,
          [...document.querySelectorAll('.scroll')].every((box) => box.scrollWidth <= box.clientWidth)]`,
      ),
    ).toEqual(['rgb(255, 255, 255)', true]);
  });

  it('shows names as they are, and runs nothing that is in them', async () => {
    await using visited = await visit({ viewport: { width: 1280, height: 900 } });
    const { page } = visited;
    for (const name of hostile) {
      expect(await page.getByRole('checkbox', { name, exact: true }).count()).toBe(1);
      expect(await page.getByRole('rowheader', { name }).count()).toBeGreaterThan(0);
    }
    expect(await page.locator('script, img, b:has-text("bold")').count()).toBe(0);
    expect(await page.title()).toBe('a <b>bold</b> & year: policies compared');
  });

  it('forbids itself network and scripts', async () => {
    await using visited = await visit({ viewport: { width: 1280, height: 900 } });
    const violations = await visited.page.evaluate<string[]>(`new Promise((resolve) => {
      const seen = [];
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        seen.push(effectiveDirective);
        if (seen.length === 3) resolve(seen.sort());
      });
      const script = document.createElement('script');
      script.textContent = 'document.title = "ran"';
      document.body.append(script);
      const image = document.createElement('img');
      image.src = 'http://127.0.0.1:9/a.png';
      document.body.append(image);
      fetch('http://127.0.0.1:9/').catch(() => {});
    })`);
    expect(violations).toEqual(['connect-src', 'img-src', 'script-src-elem']);
    expect(await visited.page.title()).not.toBe('ran');
  });

  it('shows the lines that are picked, in the unit that is chosen', async () => {
    await using visited = await visit({ viewport: { width: 1280, height: 900 } });
    const { page } = visited;
    const lines = (): Promise<number> =>
      page.locator('svg.wide[aria-labelledby^="loss-"] g.series:visible').count();
    const before = await lines();
    // Six policies, three baselines and the best schedule in hindsight.
    expect(before).toBe(10);
    await page.getByRole('checkbox', { name: 'auto', exact: true }).check();
    expect(await lines()).toBe(before + 1);
    await page.getByRole('checkbox', { name: 'best schedule in hindsight' }).uncheck();
    expect(await lines()).toBe(before);
    await page.getByRole('radio', { name: 'effect' }).check();
    expect((await see(page)).plots.map(({ id }) => id)).toContain('staleness-effect-wide');
  });
});
