import {
  EverviewError,
  type ModelDefinition,
  readDeclarations,
  type TrainingSetDefinition,
} from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import { isNamed } from '../history/declared.ts';

/** The model under test as the experiment declares it, and what it learns from. */
export type DeclaredModel = {
  readonly model: ModelDefinition;
  readonly trainingSet: TrainingSetDefinition & { readonly eventTime: string };
};

/**
 * @throws EverviewError `unknown-relation` where the experiment declares no such model, `invalid-definition` where its
 *   training set has no event time
 */
export function declaredModel({
  declarations,
  model: name,
}: Pick<Experiment, 'declarations' | 'model'>): DeclaredModel {
  const definitions = readDeclarations(declarations);
  const model = definitions.filter((one) => one.kind === 'model').findLast(isNamed(name));
  if (model === undefined) {
    throw new EverviewError('unknown-relation', `the declarations make no model "${name}"`, {
      hint: 'CREATE MODEL it in the declarations, or name another as the model under test',
    });
  }
  const sets = definitions.filter((one) => one.kind === 'training-set');
  const trainingSet = sets.findLast(isNamed(model.trainingSet));
  if (trainingSet === undefined) {
    throw new EverviewError(
      'unknown-relation',
      `the declarations make no training set "${model.trainingSet}"`,
      {
        hint: `CREATE TRAINING SET it before model "${model.name}"`,
      },
    );
  }
  const { eventTime } = trainingSet;
  if (eventTime === null) {
    throw new EverviewError(
      'invalid-definition',
      `training set "${trainingSet.name}" has no event time to replay by`,
      {
        hint: 'declare event_time, the column that says when an example happened',
      },
    );
  }
  return { model, trainingSet: { ...trainingSet, eventTime } };
}
