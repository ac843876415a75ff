import {
  type Answer,
  Everview,
  type OpenOptions,
  type Row,
  SimulatedClock,
  type SqlParameter,
  type UpdateResult,
} from '../../index.ts';
import { feedTables } from '../history/feed-tables.ts';
import type { TableRows } from '../history.ts';
import type { ProcessClock } from './process-clock.ts';

/** The real engine under a simulated clock, and the processor time of what it refreshes. */
export class MeasuredEngine implements AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly #engine: Everview;
  readonly #process: ProcessClock;
  #refreshCpuSeconds = 0;

  private constructor(engine: Everview, clock: SimulatedClock, process: ProcessClock) {
    this.#engine = engine;
    this.clock = clock;
    this.#process = process;
  }

  static async open(
    path: string,
    startMs: number,
    process: ProcessClock,
    options: Pick<OpenOptions, 'threads' | 'meter'>,
  ): Promise<MeasuredEngine> {
    const clock = new SimulatedClock(startMs);
    return new MeasuredEngine(await Everview.open(path, { clock, ...options }), clock, process);
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  get refreshCpuSeconds(): number {
    return this.#refreshCpuSeconds;
  }

  async run(sql: string): Promise<void> {
    await this.#engine.sql(sql);
  }

  /** What SHOW and DESCRIBE tell: of the engine's own state, without a query. */
  async show(statement: string): Promise<readonly Row[]> {
    return (await this.#engine.execute(statement)).rows;
  }

  /** An answer; where it refreshed first, its time counts as a refresh's. */
  async ask(sql: string, parameters: readonly SqlParameter[] = []): Promise<Answer> {
    const from = this.#process.cpuSeconds();
    const answer = await this.#engine.query(sql, parameters);
    if (answer.path === 'refreshed-first') this.#refreshCpuSeconds += this.#process.cpuSeconds() - from;
    return answer;
  }

  /** One update: rows that go, are replaced and come. */
  feed(tables: readonly TableRows[]): Promise<UpdateResult> {
    return feedTables(this.#engine, tables);
  }

  /** Runs what is due. @returns whether anything was */
  async step(): Promise<boolean> {
    const from = this.#process.cpuSeconds();
    const refreshed = await this.#engine.step();
    if (refreshed > 0) this.#refreshCpuSeconds += this.#process.cpuSeconds() - from;
    return refreshed > 0;
  }

  /** @returns whether the model was fitted in full */
  async refresh(model: string, how: 'auto' | 'incremental' | 'full'): Promise<{ readonly isFull: boolean }> {
    const from = this.#process.cpuSeconds();
    const { rows } = await this.#engine.refresh(model, how);
    this.#refreshCpuSeconds += this.#process.cpuSeconds() - from;
    return { isFull: rows.some(({ name, kind }) => name === model && kind === 'full') };
  }

  async hold(model: string): Promise<void> {
    await this.#engine.decideModel(model, 'hold', { because: 'deploy delay' });
  }

  async promote(model: string, version: number): Promise<void> {
    await this.#engine.decideModel(model, 'promote', { version, because: 'deploy delay has passed' });
  }

  /** Refreshes of the warm-up are no part of what is measured. */
  forgetMeasured(): void {
    this.#refreshCpuSeconds = 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#engine.close();
  }
}
