import { EverviewError, formatName, formatSqlDuration, rowCostMeter } from '../../index.ts';
import type { Experiment, LossName } from '../experiment.ts';
import type { History } from '../history.ts';
import type { Policy } from '../policy.ts';
import { billedMeter } from '../refresh-cost.ts';
import { AnsweringVersions } from './answering-versions.ts';
import { type DeclaredModel, declaredModel } from './declared-model.ts';
import { ExampleReader } from './example-reader.ts';
import { LabelLedger } from './label-ledger.ts';
import { type RowLoss, rowLoss } from './loss-of.ts';
import { MeasuredEngine } from './measured-engine.ts';
import { policyStatements } from './policy-statements.ts';
import type { ReplayOptions } from './replay-options.ts';

/** An engine with the warm-up in it, and its model fitted. */
export interface WarmModel extends AsyncDisposable {
  readonly engine: MeasuredEngine;
  readonly declared: DeclaredModel;
  readonly reader: ExampleReader;
  readonly ledger: LabelLedger;
  readonly versions: AnsweringVersions;
  readonly loss: LossName;
  readonly lossOf: RowLoss;
  readonly labelsAtStart: number;
  /** The version that answers, and how many rows it was fitted on; null: its window held no row to learn from. */
  answering(): Promise<FittedVersion | null>;
  /** Versions that passed their gate and wait to be promoted, after one. */
  heldAfter(version: number): Promise<readonly (FittedVersion & { readonly refreshedMs: number })[]>;
}

export type FittedVersion = { readonly version: number; readonly trainingRows: number };

export async function openWarm(
  experiment: Experiment,
  policy: Policy,
  history: History,
  options: Pick<ReplayOptions, 'path' | 'threads' | 'process' | 'lossScale'>,
): Promise<WarmModel> {
  const declared = declaredModel(experiment);
  const { path = ':memory:', threads = 1, process } = options;
  // Where the policy weighs what refreshes cost, they cost what they are billed.
  const meter = policy.schedule.kind === 'auto' ? billedMeter(experiment.refreshCost) : rowCostMeter;
  const engine = await MeasuredEngine.open(path, history.startMs, process, { threads, meter });
  try {
    await declare(engine, declared, experiment, policy, history, options.lossScale);
    if (history.initial.length > 0) await engine.feed(history.initial);
    await engine.refresh(declared.model.name, policy.maintenance);
    const reader = await ExampleReader.open(engine, declared, experiment);
    const ledger = new LabelLedger({
      delayMs: history.labelDelayMs,
      holdoutMs: declared.trainingSet.holdoutMs,
      windowMs: policy.window.kind === 'sliding' ? policy.window.length : null,
    });
    const times = await reader.labelTimes(declared, history.startMs);
    for (const eventMs of [...times].sort((a, b) => a - b)) ledger.add(eventMs);
    const knownUntilMs = history.startMs - history.labelDelayMs;
    const fallback = await reader.labelMean(declared, knownUntilMs);
    const [loss, lossOf] = rowLoss(reader.task, experiment.loss, fallback);
    const first = await answeringVersion(engine, declared);
    if (first === null) throw noVersion(declared);
    const versions = new AnsweringVersions({
      ...first,
      refreshedMs: history.startMs,
      since: -1,
    });
    if (experiment.deployDelay > 0) await engine.hold(declared.model.name);
    engine.forgetMeasured();
    const labelsAtStart = ledger.known(history.startMs);
    return {
      ...{ engine, declared, reader, ledger, versions, loss, lossOf, labelsAtStart },
      answering: () => answeringVersion(engine, declared),
      heldAfter: (version) => heldVersions(engine, declared, version),
      [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
    };
  } catch (failure) {
    await engine[Symbol.asyncDispose]();
    throw failure;
  }
}

async function declare(
  engine: MeasuredEngine,
  declared: DeclaredModel,
  experiment: Experiment,
  policy: Policy,
  { labelDelayMs }: History,
  lossScale: number,
): Promise<void> {
  await engine.run(experiment.declarations);
  const delay = `label_delay = ${formatSqlDuration(labelDelayMs)}`;
  await engine.run(`ALTER TRAINING SET ${formatName(declared.trainingSet.name)} SET (${delay})`);
  for (const statement of policyStatements(policy, experiment, lossScale)) await engine.run(statement);
  await engine.run(ExampleReader.declaration(declared));
}

/** From the engine's state, without a query. */
async function answeringVersion(
  engine: MeasuredEngine,
  { model }: DeclaredModel,
): Promise<FittedVersion | null> {
  const shown = (await engine.show('SHOW MODELS')).find(({ name }) => name === model.name);
  if (shown === undefined || shown.model_version === null || shown.model_version === undefined) return null;
  return { version: Number(shown.model_version), trainingRows: Number(shown.training_rows) };
}

function noVersion({ model }: DeclaredModel): EverviewError {
  return new EverviewError('no-model-version', `no version of model "${model.name}" answers`, {
    hint: 'a longer window, or a longer warm-up, leaves it rows to learn from',
  });
}

async function heldVersions(
  engine: MeasuredEngine,
  { model }: DeclaredModel,
  after: number,
): Promise<(FittedVersion & { readonly refreshedMs: number })[]> {
  const { rows } = await engine.ask(
    `SELECT version, rows, epoch_ms(created_at) AS ms FROM everview.model_versions
     WHERE model = $1 AND status = 'held' AND version > $2 ORDER BY version`,
    [model.name, after],
  );
  return rows.map((row) => ({
    version: Number(row.version),
    trainingRows: Number(row.rows),
    refreshedMs: Number(row.ms),
  }));
}
