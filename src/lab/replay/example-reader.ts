import {
  type Answer,
  EverviewError,
  formatName,
  type Row,
  type SqlParameter,
  type SqlValue,
} from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { WorkloadQuery } from '../history.ts';
import type { Task } from '../task-loss.ts';
import type { FeatureColumn } from '../trigger.ts';
import type { DeclaredModel } from './declared-model.ts';
import type { Prediction, TrueLabel } from './loss-of.ts';
import type { MeasuredEngine } from './measured-engine.ts';
import { classPrediction, numberPrediction } from './told-prediction.ts';
import type { VersionPredictor } from './version-predictor.ts';

/** The training set's query as a plain view: what arrives is asked for through it, whether or not it is learned from. */
const examples = 'lab_examples';

/** One example that arrived, as it was predicted. */
export type AnsweredRow = {
  readonly eventMs: number;
  /** Null: it has none. */
  readonly label: TrueLabel | null;
  readonly slice: string | null;
  readonly prediction: Prediction;
  /** By the training set's names. */
  readonly row: Row;
};

export type ExampleAnswer = { readonly answer: Answer; readonly rows: readonly AnsweredRow[] };

type FeatureName = { readonly name: string; readonly kind: FeatureColumn['kind'] };

/** Asks for predictions of examples by real queries. */
export class ExampleReader {
  readonly task: Task;
  readonly #engine: MeasuredEngine;
  readonly #model: string;
  readonly #label: string;
  readonly #arrived: string;
  /** The same without predictions. */
  readonly #unpredicted: string;
  readonly #lately: (query: WorkloadQuery) => string;
  readonly #features: readonly FeatureName[];

  private constructor(
    engine: MeasuredEngine,
    declared: DeclaredModel,
    experiment: Pick<Experiment, 'slice' | 'workload'>,
    shape: { readonly task: Task; readonly features: readonly FeatureName[] },
  ) {
    this.#engine = engine;
    this.task = shape.task;
    this.#features = shape.features;
    const { trainingSet } = declared;
    this.#model = formatName(declared.model.name);
    this.#label = trainingSet.label;
    const time = formatName(trainingSet.eventTime);
    const label = formatName(trainingSet.label);
    const slice = experiment.slice === null ? 'NULL' : `CAST(${formatName(experiment.slice)} AS VARCHAR)`;
    const [labelType, prediction] =
      shape.task === 'class' ? ['VARCHAR', 'CAST(prediction AS VARCHAR)'] : ['DOUBLE', 'prediction'];
    const told = `*, ${time} AS lab_time, ${slice} AS lab_slice, CAST(${label} AS ${labelType}) AS lab_label`;
    const within = `WHERE ${time} > $1 AND ${time} <= $2`;
    this.#arrived = this.#predict(`${told}, ${prediction} AS lab_prediction`, within);
    this.#unpredicted = `SELECT ${told} FROM ${examples} ${within}`;
    const key = experiment.workload.kind === 'skewed' ? formatName(experiment.workload.key) : null;
    this.#lately = ({ rows, keys }) => {
      const places = (keys ?? []).map((_, place) => `$${place + 1}`).join(', ');
      const where = key === null || places === '' ? '' : `WHERE ${key} IN (${places}) `;
      return this.#predict('*', `${where}ORDER BY ${time} DESC LIMIT ${rows}`);
    };
  }

  /**
   * @throws EverviewError `no-model-version` where the warm-up was too little to fit the model, `unsupported` where the
   *   model predicts no label
   */
  static async open(
    engine: MeasuredEngine,
    declared: DeclaredModel,
    experiment: Pick<Experiment, 'slice' | 'workload'>,
  ): Promise<ExampleReader> {
    const model = formatName(declared.model.name);
    const { columns } = await engine.ask(
      `SELECT * FROM PREDICT(${model}, (SELECT * FROM ${examples} LIMIT 0))`,
    );
    const at = columns.findLastIndex(({ name }) => name === 'prediction');
    const added = columns.slice(at).map(({ name }) => name);
    if (at < 0 || declared.model.method === 'kmeans') {
      throw new EverviewError(
        'unsupported',
        `model "${declared.model.name}" predicts no label to measure a loss by`,
        {
          hint: 'replay a model with a column "prediction" of the label',
        },
      );
    }
    const task = added.some((name) => name.startsWith('probability')) ? 'class' : 'number';
    const described = await engine.show(`DESCRIBE ${model}`);
    const features = described.flatMap((row): FeatureName[] => {
      const name = String(row.column_name);
      if (/^(DATE|TIME|INTERVAL)/.test(String(row.column_type))) return [];
      return [{ name, kind: String(row.role).startsWith('numeric') ? 'number' : 'category' }];
    });
    return new ExampleReader(engine, declared, experiment, { task, features });
  }

  static declaration({ trainingSet }: DeclaredModel): string {
    return `CREATE VIEW ${examples} AS ${trainingSet.query}`;
  }

  /** Event times, up to a moment, of the labelled examples there are. */
  async labelTimes({ trainingSet }: DeclaredModel, untilMs: number): Promise<readonly number[]> {
    const time = formatName(trainingSet.eventTime);
    const { rows } = await this.#engine.ask(
      `SELECT ${time} AS t FROM ${examples} WHERE ${formatName(trainingSet.label)} IS NOT NULL AND ${time} <= $1`,
      [new Date(untilMs)],
    );
    return rows.map(({ t }) => millisecondsOf(t));
  }

  /** Mean of the labels of these examples; 0 for classes, which have none. */
  async labelMean({ trainingSet }: DeclaredModel, atMs: number): Promise<number> {
    if (this.task === 'class') return 0;
    const time = formatName(trainingSet.eventTime);
    const { rows } = await this.#engine.ask(
      `SELECT avg(CAST(${formatName(trainingSet.label)} AS DOUBLE)) AS mean FROM ${examples} WHERE ${time} <= $1`,
      [new Date(atMs)],
    );
    return Number(rows[0]?.mean ?? 0);
  }

  /** Predictions of the examples with an event time in (after, until], by event time; what ties is in an order of its own. */
  async arrived(afterMs: number, untilMs: number): Promise<ExampleAnswer> {
    const answer = await this.#engine.ask(this.#arrived, [new Date(afterMs), new Date(untilMs)]);
    const rows = answer.rows.map((row) => this.#answered(row));
    return { answer, rows: rows.sort(byTimeThenValues) };
  }

  /** The same examples where no version of the model answers, by what another says of a row. */
  async arrivedBy(
    predictorFor: (sample: Row) => Promise<VersionPredictor>,
    afterMs: number,
    untilMs: number,
  ): Promise<readonly AnsweredRow[]> {
    const { rows } = await this.#engine.ask(this.#unpredicted, [new Date(afterMs), new Date(untilMs)]);
    const [sample] = rows;
    if (sample === undefined) return [];
    const predict = await predictorFor(sample);
    return rows.map((row) => ({ ...this.#answered(row), prediction: predict(row) })).sort(byTimeThenValues);
  }

  /** The labels that examples have by now that had none when they were predicted; null: none, or they were changed. */
  async labelsOf(predicted: readonly AnsweredRow[]): Promise<readonly (TrueLabel | null)[]> {
    const times = predicted.map(({ eventMs }) => eventMs);
    const span = [Math.min(...times) - 1, Math.max(...times)].map((ms) => new Date(ms));
    const { rows, columns } = await this.#engine.ask(this.#unpredicted, span);
    const names = columns
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('lab_') && name.toLowerCase() !== this.#label.toLowerCase());
    const keyOf = (row: Row): string => JSON.stringify(names.map((name) => textOf(row[name])));
    const labels = new Map<string, TrueLabel[]>();
    for (const row of rows) {
      const { label } = this.#answered(row);
      if (label !== null) labels.set(keyOf(row), [...(labels.get(keyOf(row)) ?? []), label]);
    }
    // Of examples that are all alike each takes one label.
    return predicted.map(({ row }) => labels.get(keyOf(row))?.shift() ?? null);
  }

  /** A query of the workload. */
  lately(query: WorkloadQuery): Promise<Answer> {
    return this.#engine.ask(this.#lately(query), (query.keys ?? []).map(parameterOf));
  }

  features(rows: readonly AnsweredRow[]): readonly FeatureColumn[] {
    return this.#features.map(({ name, kind }) => {
      if (kind === 'number') {
        const values = Float64Array.from(rows, ({ row }) =>
          isNull(row[name]) ? Number.NaN : Number(row[name]),
        );
        return { name, kind, values };
      }
      return { name, kind, values: rows.map(({ row }) => (isNull(row[name]) ? null : textOf(row[name]))) };
    });
  }

  #predict(columns: string, examplesWhere: string): string {
    return `SELECT ${columns} FROM PREDICT(${this.#model}, (SELECT * FROM ${examples} ${examplesWhere}))`;
  }

  #answered(row: Row): AnsweredRow {
    const { lab_label: label, lab_prediction: told, lab_slice: slice } = row;
    return {
      eventMs: millisecondsOf(row.lab_time),
      label: isNull(label) || Number.isNaN(label) ? null : { number: Number(label), text: textOf(label) },
      slice: isNull(slice) ? null : textOf(slice),
      prediction:
        this.task === 'number'
          ? numberPrediction(told)
          : classPrediction(isNull(told) ? null : textOf(told), row),
      row,
    };
  }
}

function isNull(value: SqlValue | undefined): value is null | undefined {
  return value === null || value === undefined;
}

function textOf(value: SqlValue | undefined): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? jsonOf(value) : String(value);
}

function jsonOf(value: SqlValue | undefined): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
}

function millisecondsOf(value: SqlValue | undefined): number {
  return value instanceof Date ? value.getTime() : Number.NaN;
}

function parameterOf(value: SqlValue): SqlParameter {
  return value === null || typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array
    ? value
    : jsonOf(value);
}

/** Rows of one moment by what is in them, so that the order in which they were inserted says nothing. */
function byTimeThenValues(a: AnsweredRow, b: AnsweredRow): number {
  if (a.eventMs !== b.eventMs) return a.eventMs - b.eventMs;
  for (const column of Object.keys(a.row)) {
    const [one, other] = [textOf(a.row[column]), textOf(b.row[column])];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
