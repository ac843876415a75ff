import type { AnsweredRow } from './example-reader.ts';
import { versionParameters } from './kept-predictor.ts';
import { type VersionPredictor, versionPredictor } from './version-predictor.ts';
import type { WarmModel } from './warm-up.ts';

/** The version that answered before the one that answers now: what rows would have lost with one refresh less. */
export class SupersededModel {
  readonly #warm: WarmModel;
  #version: number | null = null;
  #predict: VersionPredictor | null = null;

  constructor(warm: WarmModel) {
    this.#warm = warm;
  }

  /** Null for rows without a label; null in all where there is no such version, or rows cannot be predicted one by one. */
  async losses(rows: readonly AnsweredRow[]): Promise<readonly (number | null)[] | null> {
    const { versions, lossOf } = this.#warm;
    const [sample] = rows;
    const version = versions.before(versions.answering.version);
    if (version === null || sample === undefined) return null;
    if (version !== this.#version) {
      this.#predict = versionPredictor(
        await versionParameters(this.#warm, version),
        this.#warm.reader.task,
        sample.row,
      );
      this.#version = version;
    }
    const predict = this.#predict;
    if (predict === null) return null;
    return rows.map(({ row, label }) => (label === null ? null : lossOf(predict(row), label)));
  }
}
