import { EverviewError } from '../core/errors.ts';
import { reservedPrefix } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { sameName } from '../core/schema.ts';
import type { ArrivalRules } from './arrival-rules.ts';
import { deepFreeze } from './deep-freeze.ts';
import type {
  ColumnDefinition,
  Definition,
  ModelDefinition,
  RefreshPolicy,
  TableDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from './definition.ts';
import type {
  DefinitionDraft,
  DraftName,
  DraftOption,
  ModelDraft,
  TableDraft,
  TrainingSetDraft,
  ViewDraft,
} from './definition-draft.ts';
import { formatExpansion } from './expansion.ts';
import { fitOptionNames, type Method, methodSpec, methods } from './methods.ts';
import type { HoldTerm } from './option-kind.ts';
import type { OptionTables, OptionValues } from './options.ts';
import { readOptions } from './read-options.ts';
import { defaultText, queryText, typeText } from './sql-text.ts';
import { resolveConstraints } from './table-constraints.ts';

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

function assertName({ name, at }: DraftName, what: string): void {
  if (name !== '' && !name.toLowerCase().startsWith(reservedPrefix)) return;
  throw new EverviewError('invalid-definition', `"${name}" cannot be the name of ${what}`, {
    at,
    hint: `names that start with ${reservedPrefix} are the engine's`,
  });
}

/** Where an option was given, for errors that a value makes beside others. */
function placeOf(options: readonly DraftOption[], name: string) {
  const option = options.find((one) => sameName(one.name, name));
  return option?.valueAt ?? option?.at;
}

function defineTable(draft: TableDraft): TableDefinition {
  const { name } = draft.name;
  const values = readOptions('table', draft.options);
  const columns = draft.columns.map((column, index): ColumnDefinition => {
    assertName(column, 'a column');
    if (draft.columns.findIndex((one) => sameName(one.name, column.name)) < index) {
      throw new EverviewError('invalid-definition', `table "${name}" has two columns "${column.name}"`, {
        at: column.at,
      });
    }
    const what = `column "${column.name}" of table "${name}"`;
    return {
      name: column.name,
      type: typeText(`the type of ${what}`, column.type),
      default: column.default === null ? null : defaultText(`the default of ${what}`, column.default),
    };
  });
  if (columns.length === 0) {
    throw new EverviewError('invalid-definition', `table "${name}" has no columns`, { at: draft.name.at });
  }
  return {
    kind: 'table',
    name,
    columns,
    constraints: resolveConstraints(name, columns, draft.constraints),
    eventTime: eventColumn(name, columns, values.event_time ?? null, placeOf(draft.options, 'event_time')),
    onViolation: values.on_violation ?? 'reject',
    heartbeatMs: values.heartbeat ?? null,
    arrival: arrivalRules(name, columns, values, draft.options),
    isProfiled: values.profile === 'on',
    falseAlarms: values.false_alarms ?? null,
    onFinding: values.on_finding ?? 'warn',
    hold: holdOf(name, values, draft.options),
  };
}

/** @throws EverviewError `invalid-option` where rows are to be given up that are taken already. */
function holdOf(
  table: string,
  { on_finding, hold }: OptionValues<OptionTables['table']>,
  options: readonly DraftOption[],
): HoldTerm {
  const term = hold ?? usualHold(on_finding ?? 'warn');
  if (on_finding !== 'hold_refresh' || term.onDeadline !== 'reject') return term;
  throw new EverviewError('invalid-option', `hold of table "${table}" cannot end in THEN reject`, {
    at: placeOf(options, 'hold'),
    hint: 'with on_finding = hold_refresh the rows are in the table already: THEN accept_marked lets what is made of them go on',
  });
}

/** @throws EverviewError `unknown-column`, or `invalid-option` for a rule about an event time that is not declared. */
function arrivalRules(
  table: string,
  columns: readonly ColumnDefinition[],
  values: OptionValues<OptionTables['table']>,
  options: readonly DraftOption[],
): ArrivalRules {
  const timed = (['event_time_order', 'allowed_lateness', 'max_future'] as const).find((name) => {
    const value = values[name] ?? null;
    return value !== null && value !== 'none';
  });
  if (timed !== undefined && (values.event_time ?? null) === null) {
    throw new EverviewError('invalid-option', `${timed} of table "${table}" needs an event_time`, {
      at: placeOf(options, timed),
      hint: 'say which column tells when a row happened: event_time = column',
    });
  }
  const source = values.source ?? null;
  return {
    source:
      source === null ? null : namedColumn('source', table, columns, source, placeOf(options, 'source')).name,
    eventTimeOrder: values.event_time_order ?? 'none',
    allowedLatenessMs: values.allowed_lateness ?? null,
    maxFutureMs: values.max_future ?? null,
    onReplay: values.on_replay ?? 'accept',
  };
}

/** The column an option of a table names. @throws EverviewError `unknown-column` */
function namedColumn(
  option: string,
  table: string,
  columns: readonly ColumnDefinition[],
  given: string,
  at: ReturnType<typeof placeOf>,
): ColumnDefinition {
  const column = columns.find((one) => sameName(one.name, given));
  if (column !== undefined) return column;
  const names = columns.map((one) => one.name);
  throw new EverviewError(
    'unknown-column',
    `${option} names "${given}", which table "${table}" does not have`,
    { at, hint: nearestHint(given, names) },
  );
}

function eventColumn(
  table: string,
  columns: readonly ColumnDefinition[],
  given: string | null,
  at: ReturnType<typeof placeOf>,
): string | null {
  if (given === null) return null;
  const column = namedColumn('event_time', table, columns, given, at);
  if (!/^(TIMESTAMP|DATETIME|DATE)/i.test(column.type)) {
    throw new EverviewError(
      'invalid-option',
      `event_time is a TIMESTAMP, TIMESTAMPTZ or DATE, and "${column.name}" is ${column.type}`,
      { at, hint: 'name a column of one of these types' },
    );
  }
  return column.name;
}

type PolicyValues = OptionValues<
  Pick<
    OptionTables['materialized-view'],
    'refresh' | 'max_staleness' | 'max_rows' | 'staleness_price' | 'on_stale_read'
  >
>;

/** @param maxEffect the bound that models alone have */
function resolvePolicy(values: PolicyValues, maxEffect: number | null): RefreshPolicy {
  const refresh = values.refresh ?? 'auto';
  const bounds = { maxRows: values.max_rows ?? null, stalenessPrice: values.staleness_price ?? null };
  return {
    refresh,
    maxStalenessMs:
      values.max_staleness === undefined
        ? usualStalenessMs({ refresh, ...bounds }, maxEffect)
        : values.max_staleness,
    ...bounds,
    onStaleRead: values.on_stale_read ?? 'refresh',
  };
}

/** The bound in milliseconds where `max_staleness` is not given: none where something else says when it is refreshed. */
export function usualStalenessMs(
  { refresh, maxRows, stalenessPrice }: Pick<RefreshPolicy, 'refresh' | 'maxRows' | 'stalenessPrice'>,
  maxEffect: number | null,
): number | null {
  const isSaid = maxRows !== null || stalenessPrice !== null || maxEffect !== null;
  return refresh === 'manual' || isSaid ? null : 0;
}

/** What nobody vouches for in a day is given up; where it is taken already, it goes on marked. */
export function usualHold(onFinding: TableDefinition['onFinding']): HoldTerm {
  return { forMs: 86_400_000, onDeadline: onFinding === 'hold_refresh' ? 'accept_marked' : 'reject' };
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

function missing(name: DraftName, kind: string, option: string, example: string): EverviewError {
  return new EverviewError('invalid-option', `${kind} "${name.name}" has no ${option}`, {
    at: name.at,
    hint: `every ${kind} needs one: ${example}`,
  });
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

/** How long logged predictions are kept where nothing is said. */
export const usualRetentionMs = 90 * 86_400_000;

function defineModel(draft: ModelDraft): ModelDefinition {
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

/** @throws EverviewError `invalid-option` for a value that the model cannot predict */
function fallbackOf(
  model: string,
  { method, fallback = null }: OptionValues<OptionTables['model']>,
  options: readonly DraftOption[],
): ModelDefinition['fallback'] {
  if (fallback === null || method === undefined) return fallback;
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
