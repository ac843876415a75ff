import type { Session } from '../core/session.ts';
import type { ModelDefinition } from '../declare/definition.ts';
import type { Contender } from '../model/contender.ts';
import type { TrainingRelation } from '../model/row-source.ts';
import { type Evaluation, scoreHoldout } from '../model/score-holdout.ts';
import { earlierWindows, type TrainingBounds } from '../model/training-window.ts';
import type { TrainingSetEntry } from '../query/catalog.ts';

/**
 * The scores a gate judges by: on the hold-out, its slices, and, where there is a current model to compare with, on
 * earlier windows. Null: no hold-out. Without a gate the hold-out alone is scored, for the record.
 */
export async function evaluateCandidate(
  session: Session,
  definition: ModelDefinition,
  set: TrainingSetEntry,
  relation: TrainingRelation,
  bounds: TrainingBounds,
  contenders: readonly [candidate: Contender, current?: Contender],
): Promise<Evaluation | null> {
  if (bounds.holdout === null) return null;
  const { gate, windows } = definition;
  const compares = gate.length > 0 && contenders.length > 1;
  const { schema } = set.declared;
  return await scoreHoldout(session, {
    relation,
    schema,
    label: set.declared.definition.label,
    windows: [bounds.holdout, ...(compares ? earlierWindows(bounds, windows) : [])],
    slices: gate.length === 0 ? [] : slicedColumns(definition),
    contenders: contenders.flatMap((contender) => contender ?? []),
    tolerances: gate.flatMap((one) =>
      one.kind === 'negative-flips' && one.tolerance !== null ? [one.tolerance] : [],
    ),
  });
}

/** As they are written where they are named, each once for each way to write it: results are found by that. */
function slicedColumns({ slices, gate }: ModelDefinition): string[] {
  return [...new Set([...slices, ...gate.flatMap(({ per }) => (per === null ? [] : [per]))])];
}
