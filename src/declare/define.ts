import { EverviewError } from '../core/errors.ts';
import { deepFreeze } from './deep-freeze.ts';
import { defineModel } from './define-model.ts';
import { defineTable } from './define-table.ts';
import type {
  Definition,
  ModelDefinition,
  TableDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from './definition.ts';
import type {
  DefinitionDraft,
  DraftOption,
  ModelDraft,
  TableDraft,
  TrainingSetDraft,
  ViewDraft,
} from './definition-draft.ts';
import { assertName, missing, placeOf } from './draft-name.ts';
import { readOptions } from './read-options.ts';
import { resolvePolicy } from './refresh-policy.ts';
import { queryText } from './sql-text.ts';

/**
 * The definition a draft stands for: defaults filled in, options and names checked, frozen.
 * @throws EverviewError of category `declaration`, with the place where the draft has one.
 */
export function define(draft: TableDraft): TableDefinition;
export function define(draft: ViewDraft): ViewDefinition;
export function define(draft: TrainingSetDraft): TrainingSetDefinition;
export function define(draft: ModelDraft): ModelDefinition;
export function define(draft: DefinitionDraft): Definition;
export function define(draft: DefinitionDraft): Definition {
  assertName(draft.name, 'an object');
  switch (draft.kind) {
    case 'table':
      return deepFreeze(defineTable(draft));
    case 'view':
      return deepFreeze(defineView(draft));
    case 'training-set':
      return deepFreeze(defineTrainingSet(draft));
    case 'model':
      return deepFreeze(defineModel(draft));
  }
}

const defaultTolerance = 1e-9;

function defineView(draft: ViewDraft): ViewDefinition {
  const { name } = draft.name;
  if (!draft.materialized) readOptions('view', draft.options);
  const values = draft.materialized ? readOptions('materialized-view', draft.options) : {};
  return {
    kind: 'view',
    name,
    materialized: draft.materialized,
    query: queryText(`the query of view "${name}"`, draft.query),
    policy: resolvePolicy(values, null),
    tolerance: values.tolerance ?? defaultTolerance,
    predictionTolerance: values.prediction_tolerance ?? 0,
    audit: values.audit ?? 0,
  };
}

function defineTrainingSet(draft: TrainingSetDraft): TrainingSetDefinition {
  const { name } = draft.name;
  const values = readOptions('training-set', draft.options);
  if (values.label === undefined) throw missing(draft.name, 'training set', 'label', 'WITH (label = column)');
  const definition: TrainingSetDefinition = {
    kind: 'training-set',
    name,
    query: queryText(`the query of training set "${name}"`, draft.query),
    label: values.label,
    eventTime: values.event_time ?? null,
    labelDelayMs: values.label_delay ?? 0,
    windowMs: values.window ?? null,
    holdoutMs: values.holdout ?? 0,
    tolerance: values.tolerance ?? defaultTolerance,
  };
  assertTimes(definition, draft.options);
  return definition;
}

function assertTimes(set: TrainingSetDefinition, options: readonly DraftOption[]): void {
  const { windowMs, holdoutMs, labelDelayMs } = set;
  const timed =
    windowMs !== null ? 'window' : holdoutMs > 0 ? 'holdout' : labelDelayMs > 0 ? 'label_delay' : null;
  if (timed !== null && set.eventTime === null) {
    throw new EverviewError('invalid-option', `${timed} of training set "${set.name}" needs an event_time`, {
      at: placeOf(options, timed),
      hint: 'say which column tells when an example happened: event_time = column',
    });
  }
  if (windowMs !== null && holdoutMs >= windowMs) {
    const zero = windowMs === 0;
    throw new EverviewError(
      'invalid-option',
      zero
        ? 'window must be longer than 0'
        : 'holdout must be shorter than window, or nothing is left to learn from',
      {
        at: placeOf(options, zero ? 'window' : 'holdout'),
        hint: "as window = INTERVAL '60 days', holdout = INTERVAL '7 days'",
      },
    );
  }
}
