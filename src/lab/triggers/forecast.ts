import type { Observation, RefreshTrigger, TriggerDecision } from '../trigger.ts';
import { SkiRental } from './ski-rental.ts';

/** Labels after which a comparison counts for half. */
const halfLifeLabels = 1000;
/** It goes by ski rental until so many refreshes were promoted, and so many labels told what they were worth. */
const exploredRefreshes = 3;
const exploredLabels = 200;

/**
 * Refreshes where it is expected to save more than it costs, by what earlier refreshes were seen to save.
 *
 * Each label that comes tells what the model before the one that answered would have lost more, and that model had not
 * learned so many labels: the ratio of both, exponentially weighted, is c, the loss a label that waits adds to an
 * answer. After T steps with A answers in all and n labels waiting, the next T steps would lose c·n·(T + 1)/T·A more than
 * a perfect model without a refresh, and with one again what these T have lost, c Σ answersᵢ·nᵢ. It refreshes where the
 * difference, at the price of loss, exceeds the cost of a refresh: the condition of the least mean cost over renewals
 * (Barlow & Proschan 1965, age replacement), for the loss that was measured and not the one that was supposed.
 *
 * To learn c it goes by ski rental at first. Later it refreshes at the latest when as many labels wait as the model
 * was fitted on, so that a c that was once near zero is measured again.
 */
export class Forecast implements RefreshTrigger {
  readonly #lossPrice: number;
  readonly #explorer = new SkiRental();
  /** Place k: labels that the k-th promoted refresh added. */
  readonly #added: number[] = [0];
  #pending = 0;
  #saved = 0;
  #exposed = 0;
  #compared = 0;
  #steps = 0;
  #answers = 0;
  #waited = 0;

  constructor(lossPrice: number) {
    this.#lossPrice = lossPrice;
  }

  observe(seen: Observation): TriggerDecision {
    this.#learn(seen);
    this.#pending = seen.pendingLabels;
    this.#steps++;
    this.#answers += seen.answers;
    this.#waited += seen.answers * seen.pendingLabels;
    const explored = this.#explorer.observe(seen);
    if (this.#added.length <= exploredRefreshes || this.#compared < exploredLabels) return explored;
    if (seen.pendingLabels === 0) return { refresh: false };
    const saving = this.#expectedSaving();
    if (saving > 0 && saving >= seen.refreshCost) {
      return {
        refresh: true,
        because: `a refresh is expected to save ${saving.toPrecision(3)}, and costs ${seen.refreshCost.toPrecision(3)}`,
      };
    }
    if (seen.pendingLabels < Math.max(1, seen.trainingRows)) return { refresh: false };
    return { refresh: true, because: 'as many labels wait as the model was fitted on' };
  }

  refreshed(promoted: boolean): void {
    if (promoted) this.#added.push(this.#pending);
    this.#explorer.refreshed();
    this.#steps = 0;
    this.#answers = 0;
    this.#waited = 0;
  }

  #learn(seen: Observation): void {
    const keep = 2 ** (-1 / halfLifeLabels);
    seen.losses.forEach((loss, row) => {
      const superseded = seen.supersededLosses?.[row] ?? Number.NaN;
      const added = this.#added[seen.answeredBy[row] ?? 0] ?? 0;
      if (added === 0 || Number.isNaN(superseded)) return;
      this.#saved = keep * this.#saved + (superseded - loss);
      this.#exposed = keep * this.#exposed + added;
      this.#compared++;
    });
  }

  #expectedSaving(): number {
    const lossPerLabel = this.#saved / this.#exposed;
    const without = (this.#answers * this.#pending * (this.#steps + 1)) / this.#steps;
    return lossPerLabel * (without - this.#waited) * this.#lossPrice;
  }
}
