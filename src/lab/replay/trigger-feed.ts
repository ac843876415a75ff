import type { Experiment } from '../experiment.ts';
import type { Policy } from '../policy.ts';
import { refreshSeconds } from '../refresh-cost.ts';
import { stalenessCost } from '../staleness-cost.ts';
import type { Observation, RefreshTrigger, TriggerDecision } from '../trigger.ts';
import type { AnsweredRow } from './example-reader.ts';
import type { LabelledRow } from './labelled-row.ts';
import type { AnswersGiven } from './step-arrays.ts';
import type { WarmModel } from './warm-up.ts';

/** What a step of the replay was. */
export type StepSeen = {
  readonly atMs: number;
  /** All that arrived. */
  readonly arrived: readonly AnsweredRow[];
  /** Of it, what has a label. */
  readonly labelled: readonly LabelledRow[];
  /** What was predicted before, and has a label since this step. */
  readonly late: readonly SettledRow[];
  readonly given: readonly AnswersGiven[];
};

/** A row that was predicted, and how many promoted refreshes of the trigger there were up to the model that answered. */
export type SettledRow = { readonly row: LabelledRow; readonly answeredBy: number };

/** Shows a trigger what is known after each step, and nothing before it is. */
export class TriggerFeed {
  readonly #trigger: RefreshTrigger;
  readonly #experiment: Pick<Experiment, 'prices' | 'refreshCost'>;
  readonly #labelDelayMs: number;
  readonly #lossScale: number;
  readonly #warm: WarmModel;
  /** Predicted, and their labels not yet known. */
  #unknown: SettledRow[] = [];
  #lastRefreshMs: number;
  /** The next refresh is taken to be done as the last was. */
  #isFull: boolean;
  /** Versions that refreshes of the trigger made and that answer or will: how many there were up to each. */
  readonly #promotions = new Map<number, number>();
  #newest: number;

  constructor(
    trigger: RefreshTrigger,
    experiment: Pick<Experiment, 'prices' | 'refreshCost'>,
    { maintenance }: Policy,
    labelDelayMs: number,
    lossScale: number,
    warm: WarmModel,
  ) {
    this.#trigger = trigger;
    this.#experiment = experiment;
    this.#isFull = maintenance === 'full';
    this.#labelDelayMs = labelDelayMs;
    this.#lossScale = lossScale;
    this.#warm = warm;
    this.#lastRefreshMs = warm.versions.answering.refreshedMs;
    this.#newest = warm.versions.answering.version;
  }

  /** How many promoted refreshes of the trigger there were up to the model that answers. */
  get answeredBy(): number {
    return this.#promotions.get(this.#warm.versions.answering.version) ?? 0;
  }

  decide(seen: StepSeen): TriggerDecision {
    const { answeredBy } = this;
    this.#unknown.push(...seen.late, ...seen.labelled.map((row) => ({ row, answeredBy })));
    return this.#trigger.observe(this.#observation(seen));
  }

  /** @param version the newest that answers, or will */
  refreshed(atMs: number, version: number, { isFull }: { readonly isFull: boolean }): void {
    this.#lastRefreshMs = atMs;
    this.#isFull = isFull;
    const promoted = version !== this.#newest;
    if (promoted) this.#promotions.set(version, this.#promotions.size + 1);
    this.#newest = version;
    this.#trigger.refreshed(promoted);
  }

  #observation({ atMs, arrived, given }: StepSeen): Observation {
    const { ledger, reader, versions } = this.#warm;
    const { prices, refreshCost } = this.#experiment;
    const { refreshedMs, trainingRows } = versions.answering;
    const settled = this.#settle(atMs - this.#labelDelayMs);
    const { added, removed } = ledger.change(this.#lastRefreshMs, atMs);
    const seconds = refreshSeconds(
      refreshCost,
      this.#isFull ? 'full' : 'incremental',
      added + removed,
      ledger.learned(atMs),
    );
    return {
      atMs,
      features: reader.features(arrived),
      losses: Float64Array.from(settled, ({ row }) => row.loss),
      answeredBy: Int32Array.from(settled, (one) => one.answeredBy),
      supersededLosses: supersededLosses(settled),
      pendingLabels: ledger.change(refreshedMs, atMs).added,
      trainingRows,
      answers: given.reduce((sum, { answers }) => sum + answers, 0),
      stalenessCost: given.reduce((sum, one) => {
        return (
          sum + stalenessCost(one.answers, one.pendingLabels, one.trainingRows, prices.loss, this.#lossScale)
        );
      }, 0),
      refreshCost: seconds * prices.cpuSecond,
    };
  }

  /** Takes out what was predicted and whose label is known by now, in event-time order. */
  #settle(untilMs: number): SettledRow[] {
    const isKnown = ({ row }: SettledRow): boolean => row.eventMs <= untilMs;
    const settled = this.#unknown.filter(isKnown);
    if (settled.length > 0) this.#unknown = this.#unknown.filter((one) => !isKnown(one));
    return settled.sort((a, b) => a.row.eventMs - b.row.eventMs);
  }
}

function supersededLosses(rows: readonly SettledRow[]): Float64Array | null {
  if (rows.every(({ row }) => row.supersededLoss === null)) return null;
  return Float64Array.from(rows, ({ row }) => row.supersededLoss ?? Number.NaN);
}
