import { createHash } from 'node:crypto';
import type { Experiment } from '../experiment.ts';
import type { Schedule } from '../policy.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Cell, CellSetting } from './cell.ts';

/** Raised when cells of an older form may not be read any more. */
const cacheFormat = 1;

/**
 * SHA-256 of all that a cell's numbers come from: the program, the history, the policy, the seed, and the experiment
 * less what others have to do with (its source is in the history's hash; names tell nothing).
 */
export function cellKey(cell: Cell, setting: CellSetting, codeVersion: string): string {
  const { schedule, window, maintenance } = cell.policy;
  const key = {
    format: cacheFormat,
    code: codeVersion,
    history: setting.history.hash,
    keepsMatrix: cell.keepsMatrix,
    seed: cell.seed,
    policy: { schedule, window, maintenance },
    experiment: definingParts(setting.experiment),
    prices: weighsPrices(schedule) ? pricesOf(setting) : null,
  };
  return createHash('sha256').update(canonicalJson(key)).digest('hex');
}

function definingParts(experiment: Experiment): Partial<Experiment> {
  const { name, source, policies, windows, maintenance, seeds, season, prices, refreshCost, ...rest } =
    experiment;
  return rest;
}

function pricesOf({ experiment, lossScale }: CellSetting): Readonly<Record<string, unknown>> {
  return { prices: experiment.prices, refreshCost: experiment.refreshCost, lossScale };
}

/** Whether what the policy does depends on prices. */
function weighsPrices(schedule: Schedule): boolean {
  switch (schedule.kind) {
    case 'auto':
    case 'forecast':
      return true;
    case 'never':
    case 'rows':
    case 'interval':
    case 'every-update':
    case 'on-read':
    case 'max-effect':
    case 'psi':
    case 'ks':
    case 'adwin':
    case 'kswin':
    case 'page-hinkley':
    case 'live-loss':
    case 'budget':
      return false;
  }
}
