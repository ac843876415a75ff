import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { renderHtmlReport } from '../../src/lab/report/html-report.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import { syntheticYear } from './lab/synthetic-year.ts';
import { openChromium } from './open-chromium.ts';

/** `npx tsx test/support/report-screenshots.ts DIRECTORY`: the report of a synthetic run, as PNG and PDF, to be looked at. */
const { positionals } = parseArgs({ allowPositionals: true });
const [directory = 'report-screenshots'] = positionals;
await mkdir(directory, { recursive: true });
const run = syntheticYear({ matrices: true, seeds: [1, 2] });
const file = join(directory, 'report.html');
await writeFile(file, renderHtmlReport(run, summarize(run)));

const shots = [
  { name: 'phone', width: 360, colorScheme: 'light' },
  { name: 'tablet', width: 768, colorScheme: 'light' },
  { name: 'desk', width: 1280, colorScheme: 'light' },
  { name: 'dark', width: 1280, colorScheme: 'dark' },
] as const;

/** Pixels of one picture: more, and it is shown too small to be read. */
const height = 1500;

await using opened = await openChromium();
for (const { name, width, colorScheme } of shots) {
  const page = await opened.browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  const length = await page.evaluate<number>('document.documentElement.scrollHeight');
  for (let from = 0; from < length; from += height) {
    await page.evaluate(`scrollTo(0, ${from})`);
    await page.screenshot({ path: join(directory, `${name}-${from / height}.png`) });
  }
  if (name === 'desk') await page.pdf({ path: join(directory, 'print.pdf'), preferCSSPageSize: true });
  await page.close();
}
