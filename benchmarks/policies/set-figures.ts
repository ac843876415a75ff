import type { Policy, PolicySummary } from '../../src/lab/laboratory.ts';
import type { SetReport } from './policies-report.ts';

/** What is asked of the policies of a set; null where it has none such. */
export class SetFigures {
  readonly name: string;
  readonly steps: number;
  readonly baselines: readonly { readonly name: string; readonly loss: number }[];
  readonly #lines: readonly PolicySummary[];

  constructor({ name, lines, run }: SetReport) {
    this.name = name;
    this.#lines = lines;
    this.steps = run.cells[0]?.atMs.length ?? 0;
    this.baselines = run.baselines.map((one) => ({
      name: one.name,
      loss: total(one.lossSum) / total(one.rows),
    }));
  }

  all(matches: (policy: Policy) => boolean): readonly PolicySummary[] {
    return this.#lines.filter(({ policy }) => matches(policy));
  }

  /** Over all history, however the engine refreshes. */
  plain(...kinds: readonly Policy['schedule']['kind'][]): readonly PolicySummary[] {
    return this.all((policy) => isPlain(policy) && kinds.includes(policy.schedule.kind));
  }

  one(kind: Policy['schedule']['kind']): PolicySummary | null {
    return this.plain(kind)[0] ?? null;
  }

  /** Every policy over all history. */
  get plainLines(): readonly PolicySummary[] {
    return this.all(isPlain);
  }

  /** The schedule that looks at nothing, over all history, of least cost. */
  get bestFixed(): PolicySummary | null {
    return least(this.plain('interval', 'rows', 'every-update'), ({ cost }) => cost.loss);
  }

  get rarest(): PolicySummary | null {
    return this.plain('interval').at(-1) ?? null;
  }
}

export function isPlain({ window, maintenance }: Policy): boolean {
  return window.kind === 'all' && maintenance === 'auto';
}

/** By the loss, of the best schedule in hindsight. */
export function timesBest({ cost, hindsight }: PolicySummary): number {
  return hindsight.loss === null || hindsight.loss === 0 ? Number.NaN : cost.loss / hindsight.loss;
}

export function least<Item>(items: readonly Item[], of: (item: Item) => number): Item | null {
  return items.reduce<Item | null>(
    (best, item) => (best === null || of(item) < of(best) ? item : best),
    null,
  );
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
