import type { Change, History, Step, UpdateStep } from './history.ts';
import { shrinkList } from './shrink-list.ts';

/** Whether a history still shows what is wrong. */
export type Fails = (history: History) => Promise<boolean>;

export type ShrinkLimits = { readonly runs: number };

/**
 * A history with as few steps, statements and rows as can be found that still fails: pieces are left out, large ones
 * first, until none can be (delta debugging).
 */
export async function shrinkHistory(history: History, fails: Fails, limits: ShrinkLimits): Promise<History> {
  let runs = 0;
  const stillFails = async (candidate: History): Promise<boolean> => {
    runs += 1;
    return runs <= limits.runs && fails(candidate);
  };
  let best = history;
  const inMemory: History = {
    ...history,
    storage: 'memory',
    steps: history.steps.filter((step) => step.kind !== 'reopen'),
  };
  if (history.storage === 'file' && (await stillFails(inMemory))) best = inMemory;
  // What is read after a step goes by its place, which moves when others are left out.
  const readWhole: History = { ...best, reads: 'all' };
  if (history.reads === 'one' && (await stillFails(readWhole))) best = readWhole;
  for (let before = -1; before !== sizeOf(best) && runs < limits.runs; ) {
    before = sizeOf(best);
    best = { ...best, steps: await shrinkList(best.steps, (steps) => stillFails({ ...best, steps })) };
    best = await shrinkInside(best, stillFails);
  }
  return best;
}

function sizeOf(history: History): number {
  return history.steps.reduce((sum, step) => sum + 1 + (step.kind === 'update' ? sizeOfUpdate(step) : 0), 0);
}

function sizeOfUpdate(step: UpdateStep): number {
  return step.statements.reduce((sum, one) => sum + 1 + (one.kind === 'insert' ? one.rows.length : 0), 0);
}

async function shrinkInside(history: History, fails: Fails): Promise<History> {
  let best = history;
  for (const [place, step] of history.steps.entries()) {
    if (step.kind !== 'update') continue;
    const withStep = (changed: Step): History => ({ ...best, steps: best.steps.with(place, changed) });
    let kept: UpdateStep = step;
    if (step.statements.length > 1) {
      const statements = await shrinkList(step.statements, (list) =>
        list.length === 0 ? Promise.resolve(false) : fails(withStep({ ...kept, statements: list })),
      );
      kept = { ...kept, statements };
      best = withStep(kept);
    }
    for (const [index, statement] of kept.statements.entries()) {
      if (statement.kind !== 'insert') continue;
      const withRows = (rows: typeof statement.rows): UpdateStep => {
        const change: Change = { ...statement, rows };
        return { ...kept, statements: kept.statements.with(index, change) };
      };
      const rows = await shrinkList(statement.rows, (list) =>
        list.length === 0 ? Promise.resolve(false) : fails(withStep(withRows(list))),
      );
      kept = withRows(rows);
      best = withStep(kept);
    }
  }
  return best;
}
