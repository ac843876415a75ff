import { z } from 'zod';
import type { Session } from '../core/session.ts';
import { type ModelVersion, modelVersionOf } from '../core/version.ts';
import {
  type LiveLoss,
  type LiveMetric,
  liveMetricOf,
  liveMetricTable,
  liveScoreOf,
} from './live-metrics.ts';
import { emptySequence, intervalOf, type LossSequence, withLoss } from './loss-sequence.ts';

/** A slice of what a version predicted: the value of a column; `column` null: all of it. */
export type LiveSlice = { readonly column: string | null; readonly value: string | null };

/** The losses of one version, in one metric, in one slice: a row of `everview.live_losses`. */
export type LiveSeries = LiveSlice & {
  readonly version: ModelVersion;
  readonly metric: LiveMetric;
  readonly scale: number;
  readonly sequence: LossSequence;
  /** The same score on the hold-out, when the version was judged. */
  readonly atPromotion: number | null;
  /** Of the first and the last loss. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
};

/** What a version was judged by: of its metrics what is held against its life. */
export type PromotedScores = z.output<typeof promotedScores>;

const scores = z.record(z.string(), z.unknown());

const promotedScores = z.object({
  holdout: scores.nullable().default(null),
  slices: z
    .array(
      z.object({ column: z.string(), value: z.string().nullable(), isRest: z.boolean(), candidate: scores }),
    )
    .default([]),
});

export async function loadPromotedScores(
  session: Session,
  model: string,
  version: ModelVersion,
): Promise<PromotedScores> {
  const [row] = await session.rows(
    'SELECT metrics FROM everview.model_versions WHERE model = $1 AND version = $2',
    [model, version],
  );
  const read = promotedScores.safeParse(JSON.parse(String(row?.['metrics'] ?? '{}')));
  return read.success ? read.data : { holdout: null, slices: [] };
}

export function holdoutRowsOf({ holdout }: PromotedScores): number {
  return typeof holdout?.['rows'] === 'number' ? holdout['rows'] : 0;
}

function scoreThen({ holdout, slices }: PromotedScores, { column, value }: LiveSlice, metric: LiveMetric) {
  const found =
    column === null
      ? holdout
      : slices.find((slice) => slice.column === column && slice.value === value && !slice.isRest)?.candidate;
  const score = found?.[metric];
  return typeof score === 'number' ? score : null;
}

/** More values of one column are more than one looks at: those that come first are followed. */
const mostValues = 200;

/** The losses of one model while labels are put in: those of versions that nothing comes to are not read. */
export class LiveLosses {
  readonly #session: Session;
  readonly #model: string;
  readonly #versions = new Map<ModelVersion, Map<string, LiveSeries>>();
  /** Columns of versions of which no further value is followed. */
  readonly #full = new Set<string>();
  readonly #scores = new Map<ModelVersion, PromotedScores>();

  constructor(session: Session, model: string) {
    this.#session = session;
    this.#model = model;
  }

  async scoresOf(version: ModelVersion): Promise<PromotedScores> {
    const known = this.#scores.get(version);
    if (known !== undefined) return known;
    const loaded = await loadPromotedScores(this.#session, this.#model, version);
    this.#scores.set(version, loaded);
    return loaded;
  }

  async seriesOf(version: ModelVersion): Promise<readonly LiveSeries[]> {
    return [...(await this.#seriesOf(version)).values()];
  }

  /** The version has answered: it is shown, whether or not a label ever comes. */
  async open(version: ModelVersion, metrics: readonly LiveMetric[]): Promise<void> {
    const series = await this.#seriesOf(version);
    for (const metric of metrics) {
      const whole = { column: null, value: null };
      if (series.has(keyOf(whole, metric))) continue;
      series.set(keyOf(whole, metric), await this.#begun(version, whole, metric, 1));
    }
  }

  async add(
    version: ModelVersion,
    slices: readonly LiveSlice[],
    losses: readonly LiveLoss[],
    nowMs: number,
  ): Promise<void> {
    const all = await this.#seriesOf(version);
    for (const slice of [{ column: null, value: null }, ...slices]) {
      const [first] = losses;
      const isKnown = first !== undefined && all.has(keyOf(slice, first.metric));
      if (!isKnown && first !== undefined && this.#isFull(version, all, slice, first.metric)) continue;
      for (const { metric, loss, scale } of losses) {
        const key = keyOf(slice, metric);
        const series = all.get(key) ?? (await this.#begun(version, slice, metric, scale));
        const { sequence } = liveMetricTable[metric];
        all.set(key, {
          ...series,
          scale,
          sequence: withLoss(sequence, series.sequence, loss),
          sinceMs: series.sinceMs ?? nowMs,
          untilMs: nowMs,
        });
      }
    }
  }

  async save(): Promise<void> {
    const versions = [...this.#versions.keys()];
    if (versions.length === 0) return;
    await this.#session.run(
      `DELETE FROM everview.live_losses WHERE model = $1 AND model_version IN (${versions.join(', ')})`,
      [this.#model],
    );
    const rows = [...this.#versions.values()].flatMap((series) => [...series.values()]);
    const stored = rows.map((series) => Object.entries(storedRow(this.#model, series)));
    await this.#session.append(
      'everview."live_losses"',
      (stored[0] ?? []).map(([name]) => ({ name, type: '' })),
      (stored[0] ?? []).map((_, place) => stored.map((row) => row[place]?.[1] ?? null)),
    );
  }

  /** Nothing is taken out of a column, so what was full stays so, and is not counted for every label. */
  #isFull(
    version: ModelVersion,
    all: ReadonlyMap<string, LiveSeries>,
    { column }: LiveSlice,
    metric: LiveMetric,
  ): boolean {
    if (column === null) return false;
    const place = `${version} ${column}`;
    if (this.#full.has(place)) return true;
    let values = 0;
    for (const one of all.values()) if (one.column === column && one.metric === metric) values += 1;
    if (values < mostValues) return false;
    this.#full.add(place);
    return true;
  }

  async #begun(
    version: ModelVersion,
    slice: LiveSlice,
    metric: LiveMetric,
    scale: number,
  ): Promise<LiveSeries> {
    const atPromotion = scoreThen(await this.scoresOf(version), slice, metric);
    const times = { sinceMs: null, untilMs: null };
    return { ...slice, version, metric, scale, sequence: emptySequence, atPromotion, ...times };
  }

  async #seriesOf(version: ModelVersion): Promise<Map<string, LiveSeries>> {
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const rows = await this.#session.rows(
      `SELECT * REPLACE (epoch_ms(since) AS since, epoch_ms(until) AS until) FROM everview.live_losses
       WHERE model = $1 AND model_version = ${version} ORDER BY ALL`,
      [this.#model],
    );
    const loaded = new Map<string, LiveSeries>();
    for (const row of rows) {
      const series = readSeries(row);
      if (series !== null) loaded.set(keyOf(series, series.metric), series);
    }
    this.#versions.set(version, loaded);
    return loaded;
  }
}

function keyOf({ column, value }: LiveSlice, metric: LiveMetric): string {
  return JSON.stringify([column, value, metric]);
}

function readSeries(row: Readonly<Record<string, unknown>>): LiveSeries | null {
  const metric = liveMetricOf(String(row['metric']));
  if (metric === null) return null;
  const number = (name: string) => Number(row[name] ?? 0);
  const moment = (name: string) => (row[name] === null ? null : Number(row[name]));
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : null);
  return {
    version: modelVersionOf(number('model_version')),
    column: text('slice'),
    value: text('value'),
    metric,
    scale: number('scale'),
    sequence: {
      rows: number('rows'),
      mean: number('mean'),
      squares: number('squares'),
      weights: number('weights'),
      weighted: number('weighted'),
      penalty: number('penalty'),
      spread: number('spread'),
    },
    atPromotion: typeof row['at_promotion'] === 'number' ? row['at_promotion'] : null,
    sinceMs: moment('since'),
    untilMs: moment('until'),
  };
}

/** In the order of the table's columns. */
function storedRow(model: string, series: LiveSeries) {
  const { version, column, value, metric, scale, sequence, atPromotion, sinceMs, untilMs } = series;
  const facts = liveMetricTable[metric];
  const interval = intervalOf(facts.sequence, sequence);
  const ends =
    interval === null ? [] : [interval.lower, interval.upper].map((end) => facts.scoreOf(end, scale));
  const [least, greatest] = ends.toSorted((a, b) => a - b);
  return {
    model,
    model_version: version,
    slice: column,
    value,
    metric,
    scale,
    rows: sequence.rows,
    mean: sequence.mean,
    squares: sequence.squares,
    weights: sequence.weights,
    weighted: sequence.weighted,
    penalty: sequence.penalty,
    spread: sequence.spread,
    score: liveScoreOf(metric, sequence, scale),
    lower: least ?? null,
    upper: greatest ?? null,
    interval: facts.sequence === 'bounded' ? 'time-uniform' : 'asymptotic',
    at_promotion: atPromotion,
    since: sinceMs === null ? null : new Date(sinceMs),
    until: untilMs === null ? null : new Date(untilMs),
  };
}
