import { formatName, formatSqlDuration } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { Maintenance, Policy, Schedule } from '../policy.ts';
import { type DeclaredModel, declaredModel } from './declared-model.ts';

/** Who sees to it that a schedule is kept. */
export type ScheduleKeeper = 'nobody' | 'engine' | 'trigger';

/** `engine`: the schedule is a declared bound, or a price. `trigger`: SQL cannot say it, and the model is declared manual. */
export function keeperOf(schedule: Schedule): ScheduleKeeper {
  switch (schedule.kind) {
    case 'never':
      return 'nobody';
    case 'rows':
    case 'interval':
    case 'every-update':
    case 'on-read':
    case 'max-effect':
    case 'auto':
      return 'engine';
    case 'psi':
    case 'ks':
    case 'adwin':
    case 'kswin':
    case 'page-hinkley':
    case 'live-loss':
    case 'forecast':
    case 'budget':
      return 'trigger';
  }
}

type ModelBounds = {
  readonly refresh: 'manual' | 'on_read' | Maintenance;
  readonly maxStalenessMs: number | null;
  readonly maxRows: number | null;
  readonly maxEffect: number | null;
  /** SQL. */
  readonly stalenessPrice: string | null;
  readonly onStaleRead: 'refresh' | 'serve';
};

const unbounded = { maxStalenessMs: null, maxRows: null, maxEffect: null, stalenessPrice: null } as const;

function boundsOf({ schedule, maintenance }: Policy, prices: StalenessPrices): ModelBounds {
  const enforced = { ...unbounded, refresh: maintenance, onStaleRead: 'refresh' } as const;
  switch (schedule.kind) {
    case 'rows':
      return { ...enforced, maxRows: schedule.rows };
    case 'interval':
      return { ...enforced, maxStalenessMs: schedule.every };
    case 'max-effect':
      return { ...enforced, maxEffect: schedule.effect };
    case 'every-update':
      return { ...enforced, maxStalenessMs: 0, onStaleRead: 'serve' };
    case 'auto':
      return { ...enforced, stalenessPrice: priceOf(prices) };
    case 'on-read':
      // One option says both when and how: a way that is fixed leaves the bound to call for it.
      return { ...enforced, refresh: maintenance === 'auto' ? 'on_read' : maintenance, maxStalenessMs: 0 };
    case 'never':
    case 'psi':
    case 'ks':
    case 'adwin':
    case 'kswin':
    case 'page-hinkley':
    case 'live-loss':
    case 'forecast':
    case 'budget':
      return { ...unbounded, refresh: 'manual', onStaleRead: 'serve' };
  }
}

/** What staleness is taken to cost: see `stalenessCost`. */
export type StalenessPrices = { readonly prices: Experiment['prices']; readonly lossScale: number };

/** Where refreshing costs nothing, staleness is beyond any price. */
const beyondAnyPrice = 1e9;

/**
 * `stalenessCost` in seconds of refreshing: what an answer loses whose model has learned none of the labels it was fitted
 * on once more. To four digits, which is what the replay goes by, too.
 */
function priceOf({ prices, lossScale }: StalenessPrices): string {
  const seconds = (prices.loss * lossScale) / prices.cpuSecond;
  const known = Number.isFinite(seconds) ? seconds : Number.isNaN(seconds) ? 0 : beyondAnyPrice;
  return `${Number(known.toPrecision(4))} PER SHARE`;
}

/**
 * The statements that bring the experiment's own declarations to a policy: the schedule as far as SQL can say it, and
 * the window. Gates and whatever else is declared stay.
 */
export function policyStatements(
  policy: Policy,
  experiment: Pick<Experiment, 'declarations' | 'model' | 'prices'>,
  lossScale: number,
): readonly string[] {
  const { prices } = experiment;
  const declared = declaredModel(experiment);
  const { model, trainingSet } = declared;
  const ofSet = windowOptions(policy, declared);
  const ofModel = [
    ...boundOptions(boundsOf(policy, { prices, lossScale }), declared),
    ...decayOptions(policy, declared),
  ];
  return [
    ...(ofSet.length === 0
      ? []
      : [`ALTER TRAINING SET ${formatName(trainingSet.name)} SET (${ofSet.join(', ')})`]),
    ...(ofModel.length === 0 ? [] : [`ALTER MODEL ${formatName(model.name)} SET (${ofModel.join(', ')})`]),
  ];
}

function windowOptions({ window }: Policy, { trainingSet }: DeclaredModel): string[] {
  const lengthMs = window.kind === 'sliding' ? window.length : null;
  if (trainingSet.windowMs === lengthMs) return [];
  return [`window = ${lengthMs === null ? 'NULL' : formatSqlDuration(lengthMs)}`];
}

function decayOptions({ window }: Policy, { model }: DeclaredModel): string[] {
  const halfLifeMs = window.kind === 'decay' ? window.halfLife : null;
  if (model.options.decayMs === halfLifeMs) return [];
  return [`decay = ${halfLifeMs === null ? 'NULL' : formatSqlDuration(halfLifeMs)}`];
}

/** The bound that the policy is about, what is declared otherwise, and the bounds that have to go. */
function boundOptions(wanted: ModelBounds, { model }: DeclaredModel): string[] {
  const { policy, maxEffect } = model;
  const options: string[] = [];
  if (wanted.maxStalenessMs !== null)
    options.push(`max_staleness = ${formatSqlDuration(wanted.maxStalenessMs)}`);
  else if (policy.maxStalenessMs !== null && policy.maxStalenessMs > 0) options.push('max_staleness = NULL');
  if (wanted.maxRows !== null) options.push(`max_rows = ${wanted.maxRows}`);
  else if (policy.maxRows !== null) options.push('max_rows = NULL');
  if (wanted.maxEffect !== null) options.push(`max_effect = ${wanted.maxEffect}`);
  else if (maxEffect !== null) options.push('max_effect = NULL');
  if (wanted.stalenessPrice !== null) options.push(`staleness_price = ${wanted.stalenessPrice}`);
  else if (policy.stalenessPrice !== null) options.push('staleness_price = NULL');
  if (policy.refresh !== wanted.refresh) options.push(`refresh = ${wanted.refresh}`);
  if (policy.onStaleRead !== wanted.onStaleRead) options.push(`on_stale_read = ${wanted.onStaleRead}`);
  return options;
}
