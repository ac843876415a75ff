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
  readonly given: readonly AnswersGiven[];
};

/** Shows a trigger what is known after each step, and nothing before it is. */
export class TriggerFeed {
  readonly #trigger: RefreshTrigger;
  readonly #experiment: Pick<Experiment, 'prices' | 'refreshCost'>;
  readonly #maintenance: Policy['maintenance'];
  readonly #labelDelayMs: number;
  readonly #lossScale: number;
  readonly #warm: WarmModel;
  /** Predicted, and their labels not yet known. */
  #unknown: LabelledRow[] = [];
  #lastRefreshMs: number;

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
    this.#maintenance = maintenance;
    this.#labelDelayMs = labelDelayMs;
    this.#lossScale = lossScale;
    this.#warm = warm;
    this.#lastRefreshMs = warm.versions.answering.refreshedMs;
  }

  decide(seen: StepSeen): TriggerDecision {
    this.#unknown.push(...seen.labelled);
    return this.#trigger.observe(this.#observation(seen));
  }

  refreshed(atMs: number): void {
    this.#lastRefreshMs = atMs;
    this.#trigger.refreshed();
  }

  #observation({ atMs, arrived, given }: StepSeen): Observation {
    const { ledger, reader, versions } = this.#warm;
    const { prices, refreshCost } = this.#experiment;
    const { refreshedMs, trainingRows } = versions.answering;
    const settled = this.#settle(atMs - this.#labelDelayMs);
    const { added, removed } = ledger.change(this.#lastRefreshMs, atMs);
    const kind = this.#maintenance === 'full' ? 'full' : 'incremental';
    const seconds = refreshSeconds(refreshCost, kind, added + removed, ledger.learned(atMs));
    return {
      atMs,
      features: reader.features(arrived),
      losses: Float64Array.from(settled, ({ loss }) => loss),
      supersededLosses:
        versions.before(versions.answering.version) === null ? null : supersededLosses(settled),
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
  #settle(untilMs: number): LabelledRow[] {
    const settled = this.#unknown.filter(({ eventMs }) => eventMs <= untilMs);
    if (settled.length > 0) this.#unknown = this.#unknown.filter(({ eventMs }) => eventMs > untilMs);
    return settled.sort((a, b) => a.eventMs - b.eventMs);
  }
}

function supersededLosses(rows: readonly LabelledRow[]): Float64Array | null {
  const losses = new Float64Array(rows.length);
  for (const [place, { supersededLoss }] of rows.entries()) {
    if (supersededLoss === null) return null;
    losses[place] = supersededLoss;
  }
  return losses;
}
