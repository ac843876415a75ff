import { type Answer, EverviewError } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { Arrival, History, WorkloadQuery } from '../history.ts';
import type { Policy } from '../policy.ts';
import type { AnsweredRow } from './example-reader.ts';
import { keptPredictor } from './kept-predictor.ts';
import type { LabelledRow, StepRows } from './labelled-row.ts';
import { isRight, type TrueLabel } from './loss-of.ts';
import { type AnswersGiven, addStep, emptyStepArrays } from './step-arrays.ts';
import { SupersededModel } from './superseded-model.ts';
import type { SettledRow, TriggerFeed } from './trigger-feed.ts';
import type { WarmModel } from './warm-up.ts';

/** Feeds a history to the engine, step by step, and keeps what came of it. */
export class Replay {
  readonly arrays = emptyStepArrays();
  readonly slices = new Map<string, { rows: number; lossSum: number }>();
  /** Why the lab itself called for a refresh, each time that it did. */
  readonly asked: string[] = ['warm-up'];
  readonly stepRows: StepRows[] = [];
  /** The version fitted last by the end of the warm-up, and of each step, whether or not it was deployed by then. */
  readonly newestAfter: number[];
  readonly #experiment: Experiment;
  readonly #policy: Policy;
  readonly #history: History;
  readonly #warm: WarmModel;
  readonly #feed: TriggerFeed | null;
  readonly #superseded: SupersededModel | null;
  /** Versions that will answer once they are deployed. */
  #deployments: readonly { readonly version: number; readonly dueMs: number }[] = [];
  #lastCandidate: number;
  #nextQuery = 0;
  #step = 0;
  #given: AnswersGiven[] = [];
  /** Examples that were predicted and have no label yet; `answeredBy` as triggers are told it. */
  #unlabelled: readonly { readonly row: AnsweredRow; readonly step: number; readonly answeredBy: number }[] =
    [];

  /** @param feed null: nothing decides but the engine */
  constructor(
    experiment: Experiment,
    policy: Policy,
    history: History,
    warm: WarmModel,
    feed: TriggerFeed | null,
  ) {
    this.#experiment = experiment;
    this.#policy = policy;
    this.#history = history;
    this.#warm = warm;
    this.#feed = feed;
    const { kind } = policy.schedule;
    this.#superseded = kind === 'forecast' || kind === 'budget' ? new SupersededModel(warm) : null;
    const { version } = warm.versions.answering;
    this.newestAfter = [version];
    this.#lastCandidate = version;
  }

  async step(step: number, arrival: Arrival): Promise<void> {
    const { engine, declared, reader, ledger, versions } = this.#warm;
    const { atMs } = arrival;
    const { kind } = this.#policy.schedule;
    this.#step = step;
    this.#given = [];
    await this.#passTo(atMs);
    // These answer to an update and to answers alone, and not to time that passes.
    if (kind !== 'every-update' && kind !== 'on-read' && kind !== 'auto') await this.#runDue();
    await engine.feed(arrival.tables);
    if (arrival.revises === true) ledger.restate(await reader.labelTimes(declared, atMs), atMs);
    const late = arrival.revises === true ? await this.#scoreLate() : [];
    const arrived = await this.#predict(
      this.#history.arrivals[step - 1]?.atMs ?? this.#history.startMs,
      atMs,
    );
    const labelled = await this.#labelled(arrived);
    if (arrival.revises !== true) for (const { eventMs } of labelled) ledger.add(eventMs);
    addStep(this.arrays, this.#given, {
      atMs,
      rows: labelled.length,
      lossSum: labelled.reduce((sum, { loss }) => sum + loss, 0),
      labels: ledger.known(atMs),
    });
    this.stepRows.push({ version: versions.answering.version, rows: labelled });
    // The first after each update, the other once its answers have paid for it.
    if (kind === 'every-update' || kind === 'auto') await this.#runDue();
    this.#awaitLabels(arrived);
    await this.#decide(arrived, labelled, late, atMs);
    this.newestAfter.push(versions.newest.version);
  }

  /** Lets time pass up to an arrival: what is deployed, due and asked in between. */
  async #passTo(atMs: number): Promise<void> {
    const { engine } = this.#warm;
    const never = Number.POSITIVE_INFINITY;
    for (;;) {
      const deployMs = this.#deployments[0]?.dueMs ?? never;
      const query = this.#history.queries[this.#nextQuery];
      const askMs = query?.atMs ?? never;
      const deadlineMs = await this.#deadlineBefore(Math.min(atMs, deployMs, askMs));
      const nextMs = Math.min(deployMs, deadlineMs ?? never, askMs);
      if (nextMs > atMs) break;
      if (nextMs > engine.nowMs) engine.clock.setTo(nextMs);
      if (nextMs === deployMs) await this.#deploy();
      else if (nextMs === deadlineMs) await this.#runDue();
      else if (query !== undefined) await this.#ask(query);
    }
    engine.clock.setTo(atMs);
  }

  /** When the engine's scheduler will refresh the model, where nothing else happens before; null: it will not. */
  async #deadlineBefore(untilMs: number): Promise<number | null> {
    const { schedule } = this.#policy;
    if (schedule.kind !== 'interval') return null;
    const { engine, declared, ledger } = this.#warm;
    const shown = (await engine.show('SHOW STALENESS')).find(({ name }) => name === declared.model.name);
    // What is not stale yet has no deadline; it is from the next label that comes of age on.
    const staleMs = ledger.nextChangeMs(engine.nowMs) ?? Number.POSITIVE_INFINITY;
    const deadlineMs = shown?.deadline instanceof Date ? shown.deadline.getTime() : staleMs + schedule.every;
    // What is due already was tried (a candidate failed its gate, or waits to be deployed).
    return deadlineMs > engine.nowMs && deadlineMs < untilMs ? deadlineMs : null;
  }

  async #runDue(): Promise<void> {
    if (await this.#warm.engine.step()) await this.#noteVersions();
  }

  async #deploy(): Promise<void> {
    const { engine, declared, versions } = this.#warm;
    const [due, ...later] = this.#deployments;
    if (due === undefined) return;
    this.#deployments = later;
    await engine.promote(declared.model.name, due.version);
    await engine.hold(declared.model.name);
    versions.answers(due.version);
  }

  async #ask(query: WorkloadQuery): Promise<void> {
    this.#nextQuery += 1;
    const answer = await this.#warm.reader.lately(query).catch(nullWithoutVersion);
    if (answer === null) this.#noteWithoutModel(query.rows);
    else await this.#noteAnswer(answer, answer.rows.length);
  }

  async #predict(afterMs: number, untilMs: number): Promise<readonly AnsweredRow[]> {
    const { reader, versions } = this.#warm;
    const arrived = await reader.arrived(afterMs, untilMs).catch(nullWithoutVersion);
    if (arrived !== null) {
      await this.#noteAnswer(arrived.answer, arrived.rows.length);
      return arrived.rows;
    }
    const rows = await reader.arrivedBy(
      (sample) => keptPredictor(this.#warm, versions.answering.version, sample),
      afterMs,
      untilMs,
    );
    this.#noteWithoutModel(rows.length);
    return rows;
  }

  /** The model before goes on answering, beyond any bound: of it the engine says nothing any more. */
  #noteWithoutModel(answers: number): void {
    const { ledger, versions, engine } = this.#warm;
    const { refreshedMs, since, trainingRows } = versions.answering;
    const { added, removed } = ledger.change(refreshedMs, engine.nowMs);
    const report = {
      versions: this.#step - since,
      rows: added + removed,
      ms: engine.nowMs - refreshedMs,
      effect: null,
      policyMet: false,
    };
    this.#given.push({
      answers,
      activeSince: since,
      report,
      pendingLabels: added,
      trainingRows,
      isWithoutModel: true,
    });
  }

  async #labelled(arrived: readonly AnsweredRow[]): Promise<readonly LabelledRow[]> {
    const superseded = (await this.#superseded?.losses(arrived)) ?? null;
    return arrived.flatMap((row, place): LabelledRow[] => {
      return row.label === null ? [] : [this.#scored(row, row.label, superseded?.[place] ?? null)];
    });
  }

  /** Examples that have come without a label, should it come later. */
  #awaitLabels(arrived: readonly AnsweredRow[]): void {
    const answeredBy = this.#feed?.answeredBy ?? 0;
    const waiting = arrived.filter(({ label }) => label === null);
    if (waiting.length === 0) return;
    this.#unlabelled = [
      ...this.#unlabelled,
      ...waiting.map((row) => ({ row, step: this.#step, answeredBy })),
    ];
  }

  /** Scores what has a label now, in the step in which it was predicted. */
  async #scoreLate(): Promise<readonly SettledRow[]> {
    const waiting = this.#unlabelled;
    if (waiting.length === 0) return [];
    const labels = await this.#warm.reader.labelsOf(waiting.map(({ row }) => row));
    this.#unlabelled = waiting.filter((_, place) => labels[place] === null);
    return waiting.flatMap(({ row, step, answeredBy }, place): SettledRow[] => {
      const label = labels[place] ?? null;
      if (label === null) return [];
      const labelled = this.#scored(row, label, null);
      const told = this.stepRows[step];
      if (told !== undefined) this.stepRows[step] = { ...told, rows: [...told.rows, labelled] };
      this.arrays.rows[step] = (this.arrays.rows[step] ?? 0) + 1;
      this.arrays.lossSum[step] = (this.arrays.lossSum[step] ?? 0) + labelled.loss;
      return [{ row: labelled, answeredBy }];
    });
  }

  #scored(row: AnsweredRow, label: TrueLabel, supersededLoss: number | null): LabelledRow {
    const loss = this.#warm.lossOf(row.prediction, label);
    if (this.#experiment.slice !== null) this.#addToSlice(row.slice ?? 'NULL', loss);
    return { ...row, label, loss, isRight: isRight(row.prediction, label), supersededLoss };
  }

  #addToSlice(value: string, loss: number): void {
    const sums = this.slices.get(value) ?? { rows: 0, lossSum: 0 };
    sums.rows += 1;
    sums.lossSum += loss;
    this.slices.set(value, sums);
  }

  async #decide(
    arrived: readonly AnsweredRow[],
    labelled: readonly LabelledRow[],
    late: readonly SettledRow[],
    atMs: number,
  ): Promise<void> {
    if (this.#feed === null) return;
    const decision = this.#feed.decide({ atMs, arrived, labelled, late, given: this.#given });
    if (!decision.refresh) return;
    this.asked.push(decision.because);
    const { engine, declared, versions } = this.#warm;
    const done = await engine.refresh(declared.model.name, this.#policy.maintenance);
    await this.#noteVersions();
    this.#feed.refreshed(atMs, this.#deployments.at(-1)?.version ?? versions.answering.version, done);
  }

  async #noteAnswer({ models, staleness }: Answer, answers: number): Promise<void> {
    const { declared, ledger, versions, engine } = this.#warm;
    const { name } = declared.model;
    // A held candidate of a read shows in nothing that the answer says.
    if (models[name] !== versions.answering.version || this.#experiment.deployDelay > 0)
      await this.#noteVersions();
    const report = staleness.find((one) => one.name === name);
    if (report === undefined) throw new RangeError(`an answer says nothing of how stale model "${name}" is`);
    const { refreshedMs, since, trainingRows } = versions.answering;
    const pendingLabels = ledger.change(refreshedMs, engine.nowMs).added;
    const isWithoutModel = false;
    this.#given.push({ answers, activeSince: since, report, pendingLabels, trainingRows, isWithoutModel });
  }

  /** Learns of versions that were fitted just now. */
  async #noteVersions(): Promise<void> {
    const { engine, versions } = this.#warm;
    if (this.#experiment.deployDelay > 0) return this.#noteCandidates();
    const fitted = await this.#warm.answering();
    if (fitted === null) return;
    const { version, trainingRows } = fitted;
    if (!versions.has(version)) {
      versions.fitted({
        version,
        refreshedMs: engine.nowMs,
        since: this.#sinceAt(engine.nowMs),
        trainingRows,
      });
    }
    versions.answers(version);
  }

  async #noteCandidates(): Promise<void> {
    const { engine, versions } = this.#warm;
    for (const { version, refreshedMs, trainingRows } of await this.#warm.heldAfter(this.#lastCandidate)) {
      this.#lastCandidate = version;
      versions.fitted({ version, refreshedMs, since: this.#sinceAt(refreshedMs), trainingRows });
      const dueMs = Math.max(engine.nowMs, refreshedMs + this.#experiment.deployDelay);
      this.#deployments = [...this.#deployments, { version, dueMs }];
    }
  }

  /** The last step all of whose labels a refresh at that moment learns. */
  #sinceAt(atMs: number): number {
    const stepMs = this.#history.arrivals[this.#step]?.atMs ?? Number.POSITIVE_INFINITY;
    return atMs < stepMs ? this.#step - 1 : this.#step;
  }
}

/** @throws whatever failed for another reason than that no version of the model answers */
function nullWithoutVersion(failure: unknown): null {
  if (failure instanceof EverviewError && failure.code === 'no-model-version') return null;
  throw failure;
}
