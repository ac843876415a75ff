import type { BroadChange, BroadHistory, BroadStep } from './broad-history.ts';
import { smallerQueries } from './broad-smaller-query.ts';
import { plainPolicy } from './draw-policy.ts';
import { shrinkList } from './shrink-list.ts';

type Fails = (history: BroadHistory) => Promise<boolean>;

/**
 * A history with as few steps, changes, rows and pieces of SQL as can be found that still fails. A candidate that
 * bare DuckDB refuses does not fail.
 */
export async function shrinkBroadHistory(
  history: BroadHistory,
  fails: Fails,
  limits: { readonly runs: number },
): Promise<BroadHistory> {
  let runs = 0;
  const stillFails: Fails = async (candidate) => {
    runs += 1;
    return runs <= limits.runs && fails(candidate);
  };
  let best = history;
  const plainer: readonly Partial<BroadHistory>[] = [{ historyVersions: null }, { storage: 'memory' }];
  for (const change of plainer) {
    const plain = { ...best, ...change };
    if (sizeOf(plain) !== sizeOf(best) && (await stillFails(plain))) best = plain;
  }
  for (let before = -1; before !== sizeOf(best) && runs < limits.runs; ) {
    before = sizeOf(best);
    best = { ...best, steps: await shrinkList(best.steps, (steps) => stillFails({ ...best, steps })) };
    best = await shrinkQueries(best, stillFails);
    best = await shrinkUpdates(best, stillFails);
    best = await shrinkPolicies(best, stillFails);
  }
  return best;
}

function sizeOf(history: BroadHistory): number {
  return JSON.stringify(history).length;
}

function withStep(history: BroadHistory, place: number, step: BroadStep): BroadHistory {
  return { ...history, steps: history.steps.with(place, step) };
}

async function shrinkQueries(history: BroadHistory, fails: Fails): Promise<BroadHistory> {
  let best = history;
  for (const place of history.steps.keys()) {
    for (let isSmaller = true; isSmaller; ) {
      isSmaller = false;
      const step = best.steps[place];
      if (step?.kind !== 'create-view') break;
      for (const query of smallerQueries(step.view.query)) {
        const candidate = withStep(best, place, { ...step, view: { ...step.view, query } });
        if (!(await fails(candidate))) continue;
        best = candidate;
        isSmaller = true;
        break;
      }
    }
  }
  return best;
}

async function shrinkUpdates(history: BroadHistory, fails: Fails): Promise<BroadHistory> {
  let best = history;
  for (const [place, step] of history.steps.entries()) {
    if (step.kind !== 'update') continue;
    const failsWith = (changes: readonly BroadChange[]) => {
      return changes.length === 0
        ? Promise.resolve(false)
        : fails(withStep(best, place, { kind: 'update', changes }));
    };
    let changes = await shrinkList(step.changes, failsWith);
    for (const [index, change] of changes.entries()) {
      if (change.kind !== 'insert') continue;
      const rows = await shrinkList(change.rows, (list) =>
        list.length === 0
          ? Promise.resolve(false)
          : failsWith(changes.with(index, { ...change, rows: list })),
      );
      changes = changes.with(index, { ...change, rows });
    }
    best = withStep(best, place, { kind: 'update', changes });
  }
  return best;
}

async function shrinkPolicies(history: BroadHistory, fails: Fails): Promise<BroadHistory> {
  let best = history;
  for (const [place, step] of history.steps.entries()) {
    if (step.kind !== 'create-view' || Object.values(step.view.policy).every((one) => one === null)) continue;
    const candidate = withStep(best, place, { ...step, view: { ...step.view, policy: plainPolicy } });
    if (await fails(candidate)) best = candidate;
  }
  return best;
}
