import { z } from 'zod';
import type { Aim, AnySection, Section } from './benchmark.ts';
import { type Measured, ratioOf, type Spread, spreadOf } from './measure.ts';

/** A section as text: the rows of its aims, and itself. */
export const sectionText = z.object({ aims: z.array(z.string()), lines: z.array(z.string()) });

export type SectionText = z.infer<typeof sectionText>;

export function textOf(section: AnySection): SectionText {
  return { aims: aimRows(section), lines: sectionLines(section) };
}

/** RESULTS.md, from one run of every benchmark. */
export function report(machine: readonly string[], sections: readonly SectionText[]): string {
  return [
    '# Results',
    '',
    'Written by `npm run bench`. Every contender runs once in each round, in turn, and one round more at the start ' +
      'that is not counted; a ratio is the median over the rounds of what the contender took relative to the ' +
      'baseline in the same round, so that whatever else the machine does meets both. Processor time is that of all ' +
      'threads of the process: it says what the work costs where elapsed time also says how busy the machine was. ' +
      'Each benchmark has a process of its own.',
    '',
    ...machine.map((line) => `- ${line}`),
    '',
    '## Aims',
    '',
    '| aim | measured, elapsed | measured, processor | holds |',
    '|---|---|---|---|',
    ...sections.flatMap(({ aims }) => aims),
    '',
    ...sections.flatMap(({ lines }) => lines),
  ].join('\n');
}

/** One section for a terminal or the report. */
export function sectionLines(section: AnySection): string[] {
  if ('lines' in section) return [`## ${section.title}`, '', section.text, '', ...section.lines, ''];
  const baseline = section.rows.find((row) => row.name === section.baseline);
  return [
    `## ${section.title}`,
    '',
    section.text,
    '',
    '| | rounds | median ms | quartiles ms | ratio | processor ms | ratio |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...section.rows.map((row) => resultRow(row, baseline)),
    '',
  ];
}

function resultRow(row: Measured, baseline: Measured | undefined): string {
  const wall = spreadOf(row.wallMs);
  const ratio = (unit: 'wallMs' | 'cpuMs') =>
    baseline === undefined ? '' : number(ratioOf(row, baseline, unit));
  const cells = [
    row.name,
    String(row.wallMs.length),
    number(wall.median),
    quartiles(wall),
    ratio('wallMs'),
    number(spreadOf(row.cpuMs).median),
    ratio('cpuMs'),
  ];
  return `| ${cells.join(' | ')} |`;
}

function aimRows(section: AnySection): string[] {
  if ('aims' in section) return section.aims.map((aim) => aimRow(aim, section));
  return section.judged.map(
    ({ text, measured, holds }) => `| ${text} | ${measured} | | ${holds ? 'yes' : 'no'} |`,
  );
}

function aimRow(aim: Aim, section: Section): string {
  const contender = section.rows.find((row) => row.name === aim.contender);
  const baseline = section.rows.find((row) => row.name === aim.baseline);
  if (contender === undefined || baseline === undefined) return `| ${aim.text} | not measured | | |`;
  const [wall, cpu] = (['wallMs', 'cpuMs'] as const).map((unit) => ratioOf(contender, baseline, unit));
  const holds = (wall ?? Number.NaN) <= aim.limit ? 'yes' : 'no';
  return `| ${aim.text} | ${times(wall)} | ${times(cpu)} | ${holds} |`;
}

/** A ratio below 1 is told the other way round: 0.02 is 50 times cheaper. */
function times(ratio: number | undefined): string {
  if (ratio === undefined) return '';
  return ratio < 1 ? `${number(1 / ratio)} × cheaper` : `${number(ratio)} ×`;
}

function quartiles({ low, high }: Spread): string {
  return `${number(low)} to ${number(high)}`;
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
