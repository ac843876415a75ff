import { type Answer, type Everview, EverviewError, type Row, type SimulatedClock } from '../../index.ts';
import { type DayScore, dayScoreSql, readDayScore } from './day-score.ts';
import { momentOf } from './demo-plan.ts';
import { type LinearParameters, readParameters } from './linear-sql.ts';
import { ReadLog } from './read-log.ts';

/** What was read during a replay. */
export type Seen = {
  readonly scores: readonly DayScore[];
  readonly reads: ReadLog;
  /** What was held of the corrupted day the night it came: `constraint`, `rows`, `reason`, `sample`. */
  readonly setAside: readonly Row[];
  /** The version that the corrupted day made. */
  readonly corruptedVersion: number;
  readonly morning: Answer;
};

/** The version of the model that answers. */
type Answering = { readonly version: number; readonly parameters: LinearParameters };

/** Reads what a user would, and keeps it for the report. */
export class Watch {
  readonly #engine: Everview;
  readonly #clock: SimulatedClock;
  readonly #scores: DayScore[] = [];
  readonly #reads = new ReadLog();
  #setAside: readonly Row[] = [];
  #corruptedVersion = 0;
  #first: Answering | null = null;
  #answering: Answering | null = null;
  #morning: Answer | null = null;

  constructor(engine: Everview, clock: SimulatedClock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  async scoreDay(day: number): Promise<void> {
    if (this.#first === null || this.#answering === null) return;
    this.#clock.setTo(momentOf(day + 1, 5));
    const { parameters } = this.#answering;
    const answer = await this.#engine.query(dayScoreSql(day, this.#first.parameters, parameters.labelMean));
    this.#reads.note(answer);
    this.#scores.push(readDayScore(day, answer.rows));
  }

  async lookAtModel(): Promise<void> {
    const { rows } = await this.#engine.query(
      `SELECT version, parameters FROM everview.model_versions WHERE model = 'delay' AND status = 'promoted'`,
    );
    const [row] = rows;
    if (row === undefined || Number(row.version) === this.#answering?.version) return;
    this.#answering = { version: Number(row.version), parameters: readParameters(String(row.parameters)) };
    this.#first ??= this.#answering;
  }

  /** @param version that the corrupted day made. */
  async lookAtQuarantine(version: number): Promise<void> {
    const { rows } = await this.#engine.query(
      `SELECT constraint_name AS "constraint", count(*) AS rows, first(reason ORDER BY id) AS reason,
              first("row" ORDER BY id) AS sample
       FROM everview.quarantine WHERE version = ${version} GROUP BY ALL ORDER BY rows DESC`,
    );
    this.#setAside = rows;
    this.#corruptedVersion = version;
  }

  /** At 06:30, flights announced for the morning; none of that day is known yet. */
  async predictMorning(day: number, announce: () => Promise<void>): Promise<void> {
    this.#clock.setTo(momentOf(day, 6.5));
    await announce();
    this.#morning = await this.#engine.query(
      `SELECT * FROM PREDICT(delay, board_features)
       ORDER BY prediction DESC, departs, origin, destination`,
    );
    this.#reads.note(this.#morning);
  }

  result(): Seen {
    if (this.#morning === null)
      throw new EverviewError('internal', 'the replay has not come to its last morning');
    return {
      scores: this.#scores,
      reads: this.#reads,
      setAside: this.#setAside,
      corruptedVersion: this.#corruptedVersion,
      morning: this.#morning,
    };
  }
}
