import type { ToldSection } from './benchmark.ts';
import type { Cell, Way } from './decision-grid.ts';

/** Two rungs that cost nearly the same are both right. */
const decisiveShare = 0.1;

const leastRightShare = 0.95;
const mostRegret = 0.05;

/** @param unit what the costs are */
export function gridSection(cells: readonly Cell[], unit: string): ToldSection {
  const judged = cells.map(judge).filter((each) => each !== null);
  const decisive = judged.filter((each) => each.isDecisive);
  const right = share(decisive, (each) => each.isRight);
  const regret = mean(judged.map((each) => each.regret));
  const count = `${judged.length} cells, ${decisive.length} of them decisive`;
  return {
    title: `The choice of a rung: ${judged.length} cells`,
    text:
      `A cell is a kind of view over so many rows, before a change that takes out, or puts in, so many. Its costs are ` +
      `the ${unit} of each rung there is, the median over the rounds, each on views of its own. A cell is decisive ` +
      `where the cheapest rung costs less than the next by more than 10 %; the choice is right where it was the ` +
      `cheapest. Regret is what the chosen rung costs above the cheapest, as a share of the cheapest, probes among ` +
      `the choices. One model a view learns over all changes, from the smallest to the largest. Tables and contents have ` +
      `no indexes, so these are no dimension of the grid: keys are found by scans.`,
    lines: [
      ...table(
        ['by view', 'cells', 'decisive', 'right', 'regret'],
        grouped(judged, (each) => each.cell.shape),
      ),
      '',
      ...table(
        ['by rows', 'cells', 'decisive', 'right', 'regret'],
        grouped(judged, (each) => number(each.cell.rows)),
      ),
      '',
      ...table(
        ['cheapest', 'cells', 'decisive', 'right', 'regret'],
        grouped(judged, (each) => each.best),
      ),
      '',
      'Where it was wrong, the dearest first:',
      '',
      ...table(
        ['view', 'rows', 'change', 'algebraic ms', 'domain ms', 'full ms', 'taken', 'regret'],
        worst(judged),
      ),
    ],
    judged: [
      {
        text: `the choice of a rung is the cheapest in at least 95 % of the decisive cells`,
        measured: `${percent(right)} (${count})`,
        holds: right >= leastRightShare,
      },
      {
        text: 'the mean regret of the choice of a rung is at most 5 %',
        measured: percent(regret),
        holds: regret <= mostRegret,
      },
    ],
  };
}

type Judged = {
  readonly cell: Cell;
  readonly best: Way;
  readonly usual: Way;
  readonly isDecisive: boolean;
  readonly isRight: boolean;
  readonly regret: number;
};

/** Null where there is nothing to choose, or nothing was. */
function judge(cell: Cell): Judged | null {
  const ordered = ways(cell).toSorted((a, b) => a.ms - b.ms);
  const [best, next] = ordered;
  const usual = mostFrequent(cell.chosen);
  if (best === undefined || next === undefined || usual === null) return null;
  const costOf = (way: Way) => cell.costs[way] ?? best.ms;
  return {
    cell,
    best: best.way,
    usual,
    isDecisive: best.ms < (1 - decisiveShare) * next.ms,
    isRight: usual === best.way,
    regret: mean(cell.chosen.map((way) => costOf(way) / best.ms - 1)),
  };
}

function ways({ costs }: Cell): { way: Way; ms: number }[] {
  return (['algebraic', 'domain', 'full'] as const).flatMap((way) => {
    const ms = costs[way];
    return ms === undefined ? [] : [{ way, ms }];
  });
}

function mostFrequent(chosen: readonly Way[]): Way | null {
  const counted = [...new Set(chosen)].map((way) => ({
    way,
    times: chosen.filter((each) => each === way).length,
  }));
  return counted.toSorted((a, b) => b.times - a.times)[0]?.way ?? null;
}

function grouped(judged: readonly Judged[], nameOf: (each: Judged) => string): string[][] {
  return [...new Set(judged.map(nameOf))].map((name) => {
    const of = judged.filter((each) => nameOf(each) === name);
    const decisive = of.filter((each) => each.isDecisive);
    return [
      name,
      String(of.length),
      String(decisive.length),
      percent(share(decisive, (each) => each.isRight)),
      percent(mean(of.map((each) => each.regret))),
    ];
  });
}

function worst(judged: readonly Judged[]): string[][] {
  return judged
    .filter((each) => each.isDecisive && !each.isRight)
    .toSorted((a, b) => b.regret - a.regret)
    .slice(0, 12)
    .map(({ cell, usual, regret }) => [
      cell.shape,
      number(cell.rows),
      `${cell.change} ${number(cell.changed)}`,
      ...(['algebraic', 'domain', 'full'] as const).map((way) => cell.costs[way]?.toFixed(1) ?? ''),
      usual,
      percent(regret),
    ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    `|---|${head
      .slice(1)
      .map(() => '--:')
      .join('|')}|`,
    ...rows.map(line),
  ];
}

function share<V>(values: readonly V[], holds: (value: V) => boolean): number {
  return values.length === 0 ? 1 : values.filter(holds).length / values.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
