import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import {
  type Column,
  columnNames,
  findColumn,
  numericKindOf,
  type Schema,
  sameName,
} from '../core/schema.ts';
import type { ModelDefinition, TrainingSetDefinition } from '../declare/definition.ts';
import { methodSpec, type Task } from '../declare/methods.ts';
import { expandFeatures } from './expand-features.ts';
import { type FeatureSource, sourceColumns } from './feature-source.ts';
import { type Weighting, weightColumns } from './row-weight.ts';

/** A source read as one number: an integer, decimal or float as DOUBLE, a BOOLEAN as 0 or 1. */
export type MeasuredFeature = {
  readonly name: string;
  readonly source: FeatureSource;
  readonly kind: 'numeric' | 'boolean';
};

/** A source read as text, one 0/1 column per level in the design. `type` is its type in the training set. */
export type CategoricalFeature = {
  readonly name: string;
  readonly source: FeatureSource;
  readonly type: string;
};

/**
 * How the columns of a training set become a design matrix. Only `numeric` features are standardized; booleans,
 * missing-value indicators and one-hot columns stay 0/1.
 */
export type FeaturePlan = {
  readonly model: string;
  readonly measured: readonly MeasuredFeature[];
  readonly categorical: readonly CategoricalFeature[];
  readonly label: string;
  /** Labels predicted beside it, as numbers. */
  readonly furtherLabels: readonly string[];
  readonly labelType: string;
  /** `class`: the label is one of a few values, read as text; else it is a number, or of no account. */
  readonly task: Task;
  readonly missing: 'impute' | 'drop';
  /** Null: every row counts alike. */
  readonly weighting: Weighting | null;
};

/**
 * The plan of a model over a training set with `schema`.
 * @throws EverviewError `unknown-column` for a name that is not there; `invalid-definition` for a type that has no
 * reading as a number or a category, or when no feature is left.
 */
export function planFeatures(
  model: ModelDefinition,
  trainingSet: TrainingSetDefinition,
  schema: Schema,
): FeaturePlan {
  const label = columnOf(trainingSet.label, schema, `the label of model "${model.name}"`);
  const { task } = methodSpec(model.method);
  assertLearnable(model, label, task);
  const expanded = expandFeatures(model, trainingSet, schema);
  const features = selectedColumns(model, trainingSet, schema).filter(
    ({ name }) => !expanded.consumed.some((one) => sameName(one, name)),
  );
  const listed = model.options.categorical.map((name) => columnOf(name, schema, 'categorical'));
  for (const column of listed) {
    if (features.includes(column)) continue;
    throw new EverviewError('invalid-option', `categorical names "${column.name}", which is no feature`, {
      hint: nearestHint(column.name, columnNames(features)),
    });
  }
  const isCategorical = (column: Column) => listed.includes(column) || isText(column.type);
  const plan: FeaturePlan = {
    model: model.name,
    measured: [
      ...features.filter((column) => !isCategorical(column)).map((column) => measured(column, model)),
      ...expanded.measured,
    ],
    categorical: [
      ...features.filter(isCategorical).map((column) => categorical(column, model)),
      ...expanded.categorical,
    ],
    label: label.name,
    furtherLabels: model.options.labels.map((name) => furtherLabel(name, trainingSet, schema)),
    labelType: label.type,
    task,
    missing: model.options.missing,
    weighting: weightingOf(model, trainingSet, schema),
  };
  assertKinds(plan, model);
  if (plan.measured.length + plan.categorical.length > 0) return plan;
  throw new EverviewError('invalid-definition', `model "${model.name}" has no feature`, {
    hint: 'select at least one column beside the label and the event time',
  });
}

function furtherLabel(name: string, trainingSet: TrainingSetDefinition, schema: Schema): string {
  const column = columnOf(name, schema, 'labels');
  if (numericKindOf(column.type) !== null && !sameName(name, trainingSet.label)) return column.name;
  throw new EverviewError('invalid-option', `labels names "${column.name}", which is no further number`, {
    hint: 'a further label is a number column beside the label of the training set',
  });
}

function assertKinds(
  { measured: numbers, categorical: categories }: FeaturePlan,
  { name, method }: ModelDefinition,
): void {
  if (methodSpec(method).features === 'any') return;
  const [foreign] = [...numbers, ...categories.slice(1)];
  if (foreign === undefined && categories.length === 1) return;
  throw new EverviewError(
    'invalid-definition',
    foreign === undefined
      ? `model "${name}" has no category to group by`
      : `model "${name}" groups by one category, and "${foreign.name}" is another feature`,
    {
      hint: 'select one text column, list a number in categorical, or pair several: expand = (interaction(a, b))',
    },
  );
}

/** @throws EverviewError `unknown-column`, or `invalid-option` for a weight that is no number or a decay without time. */
function weightingOf(
  { name, options }: ModelDefinition,
  trainingSet: TrainingSetDefinition,
  schema: Schema,
): Weighting | null {
  const { weight, decayMs } = options;
  if (weight === null && decayMs === null) return null;
  const column = weight === null ? null : columnOf(weight, schema, 'weight');
  if (column !== null && numericKindOf(column.type) === null) {
    throw new EverviewError('invalid-option', `weight names "${column.name}", which is ${column.type}`, {
      hint: 'a weight is a number above 0',
    });
  }
  if (decayMs === null || trainingSet.eventTime !== null) {
    const { eventTime } = trainingSet;
    const decay = decayMs === null || eventTime === null ? null : { eventTime, halfLifeMs: decayMs };
    return { column: column?.name ?? null, decay, originMs: 0 };
  }
  throw new EverviewError('invalid-option', `decay of model "${name}" needs an event time`, {
    hint: `say how old an example is: ALTER TRAINING SET ${trainingSet.name} SET (event_time = column)`,
  });
}

/** The plan with weights that count from a moment. */
export function weighedAt(plan: FeaturePlan, originMs: number): FeaturePlan {
  return plan.weighting === null ? plan : { ...plan, weighting: { ...plan.weighting, originMs } };
}

function assertLearnable(model: ModelDefinition, label: Column, task: Task): void {
  const isNumber = numericKindOf(label.type) !== null || label.type === 'BOOLEAN';
  const fits: Record<Task, boolean> = {
    number: isNumber,
    class: !isNested(label.type) && numericKindOf(label.type) !== 'float' && label.type !== 'BLOB',
    none: true,
  };
  if (fits[task]) return;
  throw new EverviewError(
    'invalid-definition',
    `model "${model.name}" cannot learn the label "${label.name}" of type ${label.type}`,
    {
      hint:
        task === 'number'
          ? `a label of method ${model.method} is a number or a BOOLEAN`
          : `a label of method ${model.method} is one of a few values: a BOOLEAN, a text, an integer or a date`,
    },
  );
}

function selectedColumns(
  model: ModelDefinition,
  trainingSet: TrainingSetDefinition,
  schema: Schema,
): Column[] {
  const isFeature = (column: Column) =>
    !sameName(column.name, trainingSet.label) &&
    !(trainingSet.eventTime !== null && sameName(column.name, trainingSet.eventTime)) &&
    !(model.options.weight !== null && sameName(column.name, model.options.weight)) &&
    !model.options.labels.some((label) => sameName(column.name, label));
  const selection = model.features;
  switch (selection.kind) {
    case 'all': {
      const except = selection.except.map((name) => columnOf(name, schema, `model "${model.name}"`));
      return schema.filter((column) => isFeature(column) && !except.includes(column));
    }
    case 'columns':
      return [
        ...new Set(selection.columns.map((name) => columnOf(name, schema, `model "${model.name}"`))),
      ].filter(isFeature);
  }
}

function columnOf(name: string, schema: Schema, asker: string): Column {
  const column = findColumn(schema, name);
  if (column !== undefined) return column;
  throw new EverviewError(
    'unknown-column',
    `${asker} names "${name}", which the training set does not have`,
    {
      hint: nearestHint(name, columnNames(schema)),
    },
  );
}

function measured(column: Column, model: ModelDefinition): MeasuredFeature {
  const source: FeatureSource = { kind: 'column', column: column.name };
  if (column.type === 'BOOLEAN') return { name: column.name, source, kind: 'boolean' };
  if (numericKindOf(column.type) !== null) return { name: column.name, source, kind: 'numeric' };
  throw new EverviewError(
    'invalid-definition',
    `model "${model.name}" cannot use feature "${column.name}" of type ${column.type}`,
    { hint: typeHint(column) },
  );
}

function typeHint(column: Column): string {
  const { name, type } = column;
  const leaveOut = `or leave it out: SELECT * EXCLUDE (${name})`;
  if (/^(DATE|TIMESTAMP)/.test(type)) {
    return `say what matters in it, as expand = (hour(${name}), weekday(${name}), elapsed(${name})), ${leaveOut}`;
  }
  if (type === 'INTERVAL' || type.startsWith('TIME'))
    return `make it a number with epoch(${name}), ${leaveOut}`;
  if (isNested(type)) return `select its parts as columns of their own, ${leaveOut}`;
  return `cast it to DOUBLE or VARCHAR, or list it in categorical, ${leaveOut}`;
}

function categorical(column: Column, model: ModelDefinition): CategoricalFeature {
  const { name, type } = column;
  if (!isNested(type) && type !== 'BLOB') return { name, source: { kind: 'column', column: name }, type };
  throw new EverviewError(
    'invalid-definition',
    `model "${model.name}" cannot take "${column.name}" of type ${column.type} as a category`,
    { hint: typeHint(column) },
  );
}

/** Columns that a prediction needs, each once. */
export function inputColumns({ measured: numbers, categorical: categories }: FeaturePlan): string[] {
  return [...new Set([...numbers, ...categories].flatMap((feature) => sourceColumns(feature.source)))];
}

/** Columns of the training set that a model reads, each once. */
export function planColumns(plan: FeaturePlan): string[] {
  return [
    ...new Set([...inputColumns(plan), plan.label, ...plan.furtherLabels, ...weightColumns(plan.weighting)]),
  ];
}

export function isText(type: string): boolean {
  return type === 'VARCHAR' || type.startsWith('ENUM(');
}

function isNested(type: string): boolean {
  return /\]$|^(STRUCT|MAP|UNION|VARIANT)\b/.test(type);
}
