import type { Everview, SimulatedClock, StatementResult, UpdateResult } from '../../index.ts';
import { momentOf } from './demo-plan.ts';
import type { FlightUpdates } from './flight-updates.ts';

/** Brings the updates. */
export class Feed {
  readonly repairs: string[] = [];
  readonly #engine: Everview;
  readonly #clock: SimulatedClock;
  readonly #updates: FlightUpdates;

  constructor(engine: Everview, clock: SimulatedClock, updates: FlightUpdates) {
    this.#engine = engine;
    this.#clock = clock;
    this.#updates = updates;
  }

  async airports(): Promise<void> {
    await this.#engine.execute(this.#updates.airports());
  }

  async board(day: number): Promise<void> {
    await this.#engine.execute(this.#updates.boardOf(day));
  }

  /** @returns the version that the day's flights made. */
  async day(day: number): Promise<number> {
    this.#clock.setTo(momentOf(day + 1));
    const { version } = await this.#engine.execute(this.#updates.flightsOf(day));
    this.#clock.setTo(momentOf(day + 1, 1));
    await this.#engine.step();
    return version;
  }

  async repair(): Promise<void> {
    for (const { does, sql } of this.#updates.repair()) {
      const results = await this.#engine.sql(sql);
      const inserted = sumOf(results, (update) => update.inserted);
      const deleted = sumOf(results, (update) => update.deleted);
      this.repairs.push(inserted + deleted === 0 ? does : `${does}: ${inserted} rows in, ${deleted} out`);
    }
  }
}

function sumOf(results: readonly StatementResult[], amount: (update: UpdateResult) => number): number {
  return results.reduce((sum, { update }) => sum + (update === null ? 0 : amount(update)), 0);
}
