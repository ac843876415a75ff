import type { CellResult, RunResult } from '../cell-result.ts';
import { Hindsight } from '../hindsight/hindsight.ts';
import type { PolicySummary, Quantiles } from '../policy-summary.ts';
import { stalenessCost } from '../staleness-cost.ts';
import { cellsByPolicy, type PolicyCells } from './cells-by-policy.ts';
import { paretoFront } from './pareto-front.ts';
import { billedSecondsOf, type CostBasis, refreshesDone } from './step-seconds.ts';
import { type Weighted, weightedQuantiles } from './weighted-quantiles.ts';

/**
 * One line for each policy of a run, in the order in which they come.
 * @param basis what the front weighs loss against: `billed`, the same in every run, or `measured` seconds
 */
export function summarize(run: RunResult, basis: CostBasis = 'billed'): readonly PolicySummary[] {
  const hindsight = new Hindsight(run);
  const lines = cellsByPolicy(run).map((policy) => summaryOf(run, policy, hindsight));
  const points = lines.map((line) => ({
    line,
    seconds: basis === 'billed' ? line.billedSeconds : line.refreshCpuSeconds,
    loss: line.meanLoss,
  }));
  const front = new Set(paretoFront(points).map(({ line }) => line));
  return lines.map((line) => ({ ...line, isOnFront: front.has(line) }));
}

type SummaryLine = Omit<PolicySummary, 'isOnFront'>;

function summaryOf(run: RunResult, { policy, cells }: PolicyCells, hindsight: Hindsight): SummaryLine {
  const mean = (of: (cell: CellResult) => number): number => sumOf(cells, of) / Math.max(1, cells.length);
  const count = (kind: 'incremental' | 'full' | 'none'): number =>
    mean(({ refreshes }) => refreshes.filter((mark) => mark.step >= 0 && mark.kind === kind).length);
  const rows = sumOf(cells, (cell) => sum(cell.rows));
  const answers = sumOf(cells, (cell) => sum(cell.answers));
  return {
    policy,
    seeds: cells.length,
    rows: rows / Math.max(1, cells.length),
    meanLoss: rows === 0 ? 0 : sumOf(cells, (cell) => sum(cell.lossSum)) / rows,
    refreshes: { incremental: count('incremental'), full: count('full'), none: count('none') },
    promotions: mean((cell) => refreshesDone(cell).filter(({ promoted }) => promoted).length),
    cpuSeconds: mean(({ measured }) => measured.cpuSeconds),
    refreshCpuSeconds: mean(({ measured }) => measured.refreshCpuSeconds),
    billedSeconds: mean((cell) => billedSecondsOf(cell, run.refreshCost)),
    rowsScanned: mean((cell) => sum(refreshesDone(cell).map(({ rowsScanned }) => rowsScanned))),
    staleness: {
      versions: overAnswers(cells, ({ staleVersions }) => staleVersions),
      rows: overAnswers(cells, ({ staleRows }) => staleRows),
      ms: overAnswers(cells, ({ staleMs }) => staleMs),
      effect: effectOverAnswers(cells),
    },
    withoutModel: answers === 0 ? 0 : sumOf(cells, (cell) => sum(cell.withoutModel)) / answers,
    outsideBound: answers === 0 ? 0 : sumOf(cells, (cell) => sum(cell.outsideBound)) / answers,
    negativeFlipsPerPromotion: flipsPerPromotion(cells),
    dataToModelMs: weightedQuantiles(
      cells.flatMap((cell) =>
        refreshesDone(cell).flatMap(({ dataToModelMs }) =>
          dataToModelMs === null ? [] : [{ value: dataToModelMs, weight: 1 }],
        ),
      ),
    ),
    ...costsOf(run, cells, hindsight),
  };
}

/** What was done at the prices of the run, and the least that it could have been. */
function costsOf(
  run: RunResult,
  cells: readonly CellResult[],
  hindsight: Hindsight,
): Pick<PolicySummary, 'cost' | 'hindsight'> {
  const cost = { loss: 0, staleness: 0 };
  const best = { loss: 0, staleness: 0 };
  let isLossKnown = cells.length > 0;
  for (const cell of cells) {
    const bill = run.prices.cpuSecond * billedSecondsOf(cell, run.refreshCost);
    cost.loss += (bill + run.prices.loss * sum(cell.lossSum)) / cells.length;
    cost.staleness += (bill + stalenessOf(run, cell, hindsight)) / cells.length;
    const view = hindsight.of(cell);
    best.staleness += view.staleness.best.cost / cells.length;
    if (view.loss === null) isLossKnown = false;
    else best.loss += view.loss.best.cost / cells.length;
  }
  return { cost, hindsight: { loss: isLossKnown ? best.loss : null, staleness: best.staleness } };
}

function stalenessOf(run: RunResult, cell: CellResult, hindsight: Hindsight): number {
  const learnedRows = hindsight.learnedRows(cell);
  return cell.answers.reduce((total, answers, step) => {
    const learned = learnedRows[step] ?? 0;
    const pending = cell.pendingLabels[step] ?? 0;
    return total + stalenessCost(answers, pending, learned, run.prices.loss, run.lossScale);
  }, 0);
}

function overAnswers(cells: readonly CellResult[], of: (cell: CellResult) => readonly number[]): Quantiles {
  const values = cells.flatMap((cell) => of(cell).map((value, step) => weighted(cell, value, step)));
  return weightedQuantiles(values) ?? { median: 0, p90: 0, max: 0 };
}

/** Null where one answer does not know it: what is known may be the part that is small. */
function effectOverAnswers(cells: readonly CellResult[]): Quantiles | null {
  const values: Weighted[] = [];
  for (const cell of cells) {
    for (const [step, effect] of cell.staleEffect.entries()) {
      const one = weighted(cell, effect ?? Number.NaN, step);
      if (one.weight > 0 && effect === null) return null;
      values.push(one);
    }
  }
  return weightedQuantiles(values);
}

function weighted({ answers }: CellResult, value: number, step: number): Weighted {
  return { value, weight: answers[step] ?? 0 };
}

function flipsPerPromotion(cells: readonly CellResult[]): number | null {
  const flips = cells.flatMap((cell) =>
    refreshesDone(cell).flatMap(({ promoted, negativeFlips }) =>
      promoted && negativeFlips !== null ? [negativeFlips] : [],
    ),
  );
  return flips.length === 0 ? null : sum(flips) / flips.length;
}

function sumOf(cells: readonly CellResult[], of: (cell: CellResult) => number): number {
  return cells.reduce((total, cell) => total + of(cell), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
