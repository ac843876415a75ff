import { EverviewError, type TextPlace } from '../core/errors.ts';
import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import { scorerContender } from '../model/contender.ts';
import type { Flips } from '../model/metrics/flips.ts';
import {
  type ComparedMetric,
  type ComparedWeight,
  comparedMetrics,
  comparedWeights,
} from '../model/model-comparison.ts';
import { movedSql } from '../model/moved-sql.ts';
import { contentsOf, type TrainingRelation } from '../model/row-source.ts';
import { scoreHoldout } from '../model/score-holdout.ts';
import type { Scorer } from '../model/scorer.ts';
import {
  eventTimeColumn,
  type Membership,
  membershipCondition,
  trainingBoundsAt,
} from '../model/training-window.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import { trainingSetOf } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { parametersOfVersion } from './model-version-parameters.ts';
import { namedModel } from './named-model.ts';

/** A version by its number, and where it was asked for. */
export type AskedVersion = { readonly version: number; readonly at?: TextPlace };

/** How the answers of two versions differ on the hold-out as it is now, labelled or not. */
export type Moves = {
  readonly rows: number;
  /** Rows that both answer. */
  readonly answered: number;
  /** Rows whose class is another, or whose number is by more than rounding. */
  readonly moved: number;
  /** Null for classes. */
  readonly meanMove: number | null;
  readonly largestMove: number | null;
};

export type ModelComparison = {
  readonly model: string;
  readonly before: number;
  readonly after: number;
  /** The version of the data that the training set stood at, which nothing was refreshed for; null: at none. */
  readonly dataVersion: Version | null;
  /** Rows of the hold-out with a label that both answer: what metrics and flips are of. */
  readonly rows: number;
  readonly metrics: readonly ComparedMetric[];
  /** `negative`: right before, wrong now; of numbers per tolerance of the error. */
  readonly flips: readonly Flips[];
  readonly moves: Moves | null;
  readonly weights: readonly ComparedWeight[];
  /** Why some of it is not there; null: all of it is. */
  readonly note: string | null;
};

type Scored = Pick<ModelComparison, 'rows' | 'metrics' | 'flips' | 'moves' | 'note'>;

const unscored: Scored = { rows: 0, metrics: [], flips: [], moves: null, note: null };

/**
 * Two versions of a model side by side: their weights, and how they do on the hold-out of the training set as it is
 * kept, at the clock's now. Nothing is refreshed for it.
 * @param tolerance error up to which a number counts as right; null: those that the gate names
 * @throws EverviewError `unknown-relation`, `wrong-kind`, `no-model-version`; `invalid-option` for a tolerance where
 * no number is predicted
 */
export function compareVersions(
  core: EngineCore,
  name: string,
  before: AskedVersion,
  after: AskedVersion,
  tolerance: number | null,
): Promise<ModelComparison> {
  return core.store.read<ModelComparison, EngineState>(
    () => core.state,
    async (session, state) => {
      const entry = namedModel(state, name);
      if (tolerance !== null) assertNumbers(entry);
      const one = await parametersOfVersion(session, entry, before.version, before.at);
      const other = await parametersOfVersion(session, entry, after.version, after.at);
      const set = trainingSetOf(entry, state.catalog);
      const scorers = [one.parameters.scorer, other.parameters.scorer] as const;
      const nowMs = core.clock.nowMs();
      const scored = await scoredOnHoldout(session, entry, set, scorers, tolerance, nowMs).catch(whyUnscored);
      return {
        model: nameOf(entry),
        before: one.version,
        after: other.version,
        dataVersion: state.cursors.get(nameOf(set))?.version ?? null,
        ...scored,
        weights: comparedWeights(one.parameters, other.parameters),
      };
    },
  );
}

function assertNumbers(entry: ModelEntry): void {
  if (entry.plan.task === 'number') return;
  throw new EverviewError(
    'invalid-option',
    `model "${nameOf(entry)}" predicts no number, so there is no error to tolerate`,
    { hint: 'leave out the tolerance: a class is right or wrong' },
  );
}

/** A version of an older definition may read what the training set no longer has. */
function whyUnscored(failure: unknown): Scored {
  if (!(failure instanceof EverviewError)) throw failure;
  if (failure.code !== 'unknown-column' && failure.code !== 'invalid-query') throw failure;
  const why = failure.message.replace('the input of PREDICT', 'the training set');
  return { ...unscored, note: `not scored: ${why}` };
}

async function scoredOnHoldout(
  session: Session,
  entry: ModelEntry,
  set: TrainingSetEntry,
  [before, after]: readonly [Scorer, Scorer],
  tolerance: number | null,
  nowMs: number,
): Promise<Scored> {
  const { definition, schema } = set.declared;
  const { holdout } = trainingBoundsAt(definition, nowMs);
  if (holdout === null)
    return { ...unscored, note: `not scored: training set "${definition.name}" has no holdout` };
  const relation: TrainingRelation = {
    name: definition.name,
    eventTime: eventTimeColumn(definition, schema),
  };
  const moves = await movesOn(session, holdoutRows(relation, holdout), before, after, set);
  const contenders = [scorerContender(after), scorerContender(before)];
  const [kind, ...kinds] = contenders.map(({ output }) => output.kind);
  if (entry.plan.task === 'none' || kinds.some((one) => one !== kind)) {
    return { ...unscored, moves, note: 'no metrics: the versions predict nothing that can be held together' };
  }
  const evaluation = await scoreHoldout(session, {
    relation,
    schema,
    label: definition.label,
    windows: [holdout],
    slices: [],
    contenders,
    tolerances: tolerance === null ? gateTolerances(entry) : [tolerance],
  });
  const { rows, candidate, current, flips } = evaluation.holdout;
  return { rows, metrics: comparedMetrics(current, candidate), flips, moves, note: null };
}

function gateTolerances({ declared }: ModelEntry): number[] {
  return declared.definition.gate.flatMap((one) =>
    one.kind === 'negative-flips' && one.tolerance !== null ? [one.tolerance] : [],
  );
}

function holdoutRows(relation: TrainingRelation, holdout: Membership): string {
  const condition = membershipCondition(holdout, relation.eventTime);
  return `(SELECT * FROM ${contentsOf(relation)}${condition === null ? '' : ` WHERE ${condition}`})`;
}

async function movesOn(
  session: Session,
  input: string,
  before: Scorer,
  after: Scorer,
  { declared }: TrainingSetEntry,
): Promise<Moves> {
  const [row] = await session.rows(movedSql(before, after, input, declared.schema));
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return {
    rows: number(row?.rows) ?? 0,
    answered: number(row?.answered) ?? 0,
    moved: number(row?.moved) ?? 0,
    meanMove: number(row?.mean_move),
    largestMove: number(row?.largest_move),
  };
}
