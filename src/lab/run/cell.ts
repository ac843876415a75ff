import { EverviewError } from '../../index.ts';
import type { CellResult, LossMatrix } from '../cell-result.ts';
import type { Experiment } from '../experiment.ts';
import type { History } from '../history.ts';
import type { Policy } from '../policy.ts';

/** One replay of the history. */
export type Cell = {
  readonly policy: Policy;
  readonly seed: number;
  /** It is in the table; one that is not is there for its matrix. */
  readonly isCompared: boolean;
  /** It keeps every model, from which the best schedule in hindsight is found. */
  readonly keepsMatrix: boolean;
};

export type CellOutcome = {
  readonly result: CellResult;
  /** Null: not asked for, or the model does not predict rows one at a time. */
  readonly matrix: LossMatrix | null;
};

/** What the replays of one seed have in common. */
export type CellSetting = {
  readonly experiment: Experiment;
  readonly history: History;
  /** Loss of the trivial baseline a row, over the warm-up. */
  readonly lossScale: number;
};

export type CellWatch = {
  /** Where it is aborted the replay ends with its reason, at the next step. */
  readonly signal: AbortSignal;
  /** Steps done since it was last told. */
  readonly progress: (steps: number) => void;
};

/** Replays one cell in this process; the same numbers each time but for what is measured. */
export type ReplayCell = (cell: Cell, setting: CellSetting, watch: CellWatch) => Promise<CellOutcome>;

/** As errors and notes call it. */
export function cellName({ policy, seed }: Cell): string {
  return `"${policy.name}", seed ${seed}`;
}

/** What ended a replay, naming it: the same in whatever process it was. */
export function cellFailure(
  cell: Cell,
  { code, message, hint }: Pick<EverviewError, 'code' | 'message' | 'hint'>,
): EverviewError {
  return new EverviewError(code, `${cellName(cell)}: ${message}`, { hint });
}
