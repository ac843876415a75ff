import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { sameName } from '../core/schema.ts';
import type { ModelDefinition } from './definition.ts';
import type { DraftOption, ModelDraft } from './definition-draft.ts';
import { missing, placeOf } from './draft-name.ts';
import { formatExpansion } from './expansion.ts';
import { fitOptionNames, type Method, methodSpec, methods } from './methods.ts';
import type { OptionTables, OptionValues } from './options.ts';
import { readOptions } from './read-options.ts';
import { resolvePolicy } from './refresh-policy.ts';

/** How long logged predictions are kept where nothing is said. */
export const usualRetentionMs = 90 * 86_400_000;

export function defineModel(draft: ModelDraft): ModelDefinition {
  const values = readOptions('model', draft.options);
  if (values.method === undefined) throw missing(draft.name, 'model', 'method', "WITH (method = 'ridge')");
  assertTaken(values.method, draft.options);
  const categorical = values.categorical ?? [];
  assertNoneTwice(values, draft.options);
  assertFeatures(draft, categorical);
  return {
    kind: 'model',
    name: draft.name.name,
    trainingSet: draft.trainingSet,
    features: draft.features,
    method: values.method,
    options: {
      l2: values.l2 ?? 1,
      l1: values.l1 ?? 1,
      standardize: values.standardize ?? true,
      labels: values.labels ?? [],
      weight: values.weight ?? null,
      decayMs: values.decay ?? null,
      components: values.components ?? 2,
      clusters: values.clusters ?? 8,
      smoothing: values.smoothing ?? null,
      regularization: values.regularization ?? 0,
      delta: values.delta ?? 1,
      categorical,
      expand: values.expand ?? [],
      rareRows: values.rare ?? 0,
      missing: values.missing ?? 'impute',
    },
    policy: resolvePolicy(values, values.max_effect ?? null),
    maxEffect: values.max_effect ?? null,
    gate: values.gate ?? [],
    slices: values.slices ?? [],
    windows: values.windows ?? 3,
    holdOn: values.hold_on ?? 'block',
    pauseOn: values.pause_on ?? 'never',
    fallback: fallbackOf(draft.name.name, values, draft.options),
    logPredictions: values.log_predictions ?? [],
    predictionRetentionMs:
      values.prediction_retention === undefined ? usualRetentionMs : values.prediction_retention,
    onFailure: values.on_failure ?? 'keep_current',
  };
}

/** @throws EverviewError `invalid-option` for a value that the model cannot predict, or where nothing pauses it */
function fallbackOf(
  model: string,
  { method, fallback = null, pause_on = 'never' }: OptionValues<OptionTables['model']>,
  options: readonly DraftOption[],
): ModelDefinition['fallback'] {
  if (fallback === null || method === undefined) return fallback;
  if (pause_on === 'never') {
    throw new EverviewError('invalid-option', `fallback of model "${model}" needs pause_on`, {
      at: placeOf(options, 'fallback'),
      hint: 'only what pauses has something answer in its place: add pause_on = block or pause_on = notice, or set fallback = NULL',
    });
  }
  const isItself = fallback.kind === 'model' && sameName(fallback.name, model);
  const isNumber = methodSpec(method).task === 'number';
  if (!isItself && !(isNumber && fallback.kind === 'value' && typeof fallback.value === 'string'))
    return fallback;
  throw new EverviewError(
    'invalid-option',
    isItself
      ? `model "${model}" cannot answer in place of itself`
      : `model "${model}" predicts numbers, and no text`,
    {
      at: placeOf(options, 'fallback'),
      hint: 'fallback = previous, fallback = 0, or fallback = another_model',
    },
  );
}

/** An option that the method makes nothing of would be believed to do something. */
function assertTaken(method: Method, options: readonly DraftOption[]): void {
  const { takes } = methodSpec(method);
  const foreign = options.find(({ name }) => {
    const known = fitOptionNames.find((one) => sameName(one, name));
    return known !== undefined && !takes.includes(known);
  });
  if (foreign === undefined) return;
  const takers = methods.filter((one) => methodSpec(one).takes.some((name) => sameName(name, foreign.name)));
  throw new EverviewError('invalid-option', `method ${method} takes no ${foreign.name.toLowerCase()}`, {
    at: foreign.at,
    hint: `${foreign.name.toLowerCase()} is for ${takers.join(', ')}; ${method} takes ${takes.join(', ') || 'no options of its own'}`,
  });
}

function repeatedName(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.findIndex((one) => sameName(one, name)) < index);
}

/** Named twice, a label would be two outputs of one name, and a feature would count twice. */
function assertNoneTwice(
  {
    categorical = [],
    labels = [],
    slices = [],
    expand = [],
    log_predictions = [],
  }: OptionValues<OptionTables['model']>,
  options: readonly DraftOption[],
): void {
  const lists = { categorical, labels, slices, expand: expand.map(formatExpansion), log_predictions };
  for (const [option, list] of Object.entries(lists)) {
    const twice = repeatedName(list);
    if (twice === undefined) continue;
    throw new EverviewError('invalid-option', `${option} names "${twice}" twice`, {
      at: placeOf(options, option),
    });
  }
}

function assertFeatures({ name, features, options }: ModelDraft, categorical: readonly string[]): void {
  const named = features.kind === 'columns' ? features.columns : features.except;
  const repeated = repeatedName(named);
  if (repeated !== undefined || (features.kind === 'columns' && named.length === 0)) {
    const problem = repeated === undefined ? 'has no features' : `names "${repeated}" twice`;
    throw new EverviewError('invalid-definition', `model "${name.name}" ${problem}`, { at: name.at });
  }
  const listed = features.kind === 'columns';
  const foreign = categorical.find((column) => named.some((one) => sameName(one, column)) !== listed);
  if (foreign === undefined) return;
  throw new EverviewError(
    'unknown-column',
    `categorical names "${foreign}", which is no feature of model "${name.name}"`,
    {
      at: placeOf(options, 'categorical'),
      hint: listed ? nearestHint(foreign, named) : 'it is left out by EXCLUDE',
    },
  );
}
