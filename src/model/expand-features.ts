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
import { type Expansion, expandedColumns, formatExpansion } from '../declare/expansion.ts';
import type { CategoricalFeature, MeasuredFeature } from './feature-plan.ts';
import { accepts, type FeatureSource, sourceType, wantedType } from './feature-source.ts';
import { splineBases } from './source/spline-source.ts';

export type ExpandedFeatures = {
  readonly measured: readonly MeasuredFeature[];
  readonly categorical: readonly CategoricalFeature[];
  /** Columns that are features only by what was made of them: times and hashed texts. */
  readonly consumed: readonly string[];
};

/**
 * The features that the model's `expand` makes.
 * @throws EverviewError `unknown-column`, or `invalid-option` for a column of the wrong type.
 */
export function expandFeatures(
  model: ModelDefinition,
  trainingSet: TrainingSetDefinition,
  schema: Schema,
): ExpandedFeatures {
  const measured: MeasuredFeature[] = [];
  const categorical: CategoricalFeature[] = [];
  const consumed: string[] = [];
  for (const expansion of expansionsOf(model, trainingSet)) {
    const columns = expandedColumns(expansion).map((name) => columnOf(name, expansion, trainingSet, schema));
    const made = featuresOf(expansion, columns, model);
    measured.push(...made.measured);
    categorical.push(...made.categorical);
    if (expansion.kind !== 'interaction' && expansion.kind !== 'spline')
      consumed.push(...columns.map(({ name }) => name));
  }
  return { measured, categorical, consumed };
}

/** Seasonal means without a season of their own go by weekday and hour of the event time. */
function expansionsOf(
  { method, options }: ModelDefinition,
  { eventTime }: TrainingSetDefinition,
): readonly Expansion[] {
  const isSeasonal = method === 'seasonal_means' && !options.expand.some(({ kind }) => kind === 'season');
  if (!isSeasonal || eventTime === null) return options.expand;
  return [...options.expand, { kind: 'season', column: eventTime, parts: ['weekday', 'hour'] }];
}

function columnOf(
  name: string,
  expansion: Expansion,
  trainingSet: TrainingSetDefinition,
  schema: Schema,
): Column {
  const column = findColumn(schema, name);
  if (column === undefined) {
    throw new EverviewError(
      'unknown-column',
      `expand names "${name}", which training set "${trainingSet.name}" does not have`,
      { hint: nearestHint(name, columnNames(schema)) },
    );
  }
  if (!sameName(column.name, trainingSet.label)) return column;
  throw new EverviewError(
    'invalid-option',
    `${formatExpansion(expansion)} makes a feature of the label "${column.name}"`,
    {
      hint: 'the label is what is to be predicted: no feature may know it',
    },
  );
}

type Made = Pick<ExpandedFeatures, 'measured' | 'categorical'>;

function featuresOf(expansion: Expansion, columns: readonly Column[], model: ModelDefinition): Made {
  const [first] = columns;
  if (first === undefined) return { measured: [], categorical: [] };
  const text = formatExpansion(expansion);
  const measured = (sources: readonly (readonly [name: string, source: FeatureSource])[]): Made => ({
    measured: sources.map(([name, source]) => {
      assertAccepted(source, columns, text);
      return { name, source, kind: 'numeric' };
    }),
    categorical: [],
  });
  const category = (source: FeatureSource): Made => {
    assertAccepted(source, columns, text);
    return { measured: [], categorical: [{ name: text, source, type: sourceType(source, first.type) }] };
  };
  const column = first.name;
  switch (expansion.kind) {
    case 'part':
      return category({ kind: 'part', column, part: expansion.part });
    case 'season':
      return category({ kind: 'season', column, parts: expansion.parts });
    case 'cycle': {
      const { period } = expansion;
      return measured(
        (['sin', 'cos'] as const).map((wave) => [`${wave} ${text}`, { kind: 'cycle', column, period, wave }]),
      );
    }
    case 'elapsed':
      return measured([[text, { kind: 'elapsed', column }]]);
    case 'spline':
      return measured(
        splineBases(expansion.shape, expansion.knots).map((basis, index) => [
          `${text}[${index + 1}]`,
          { kind: 'spline', column, basis },
        ]),
      );
    case 'hash': {
      const { buckets } = expansion;
      return measured(
        Array.from({ length: buckets }, (_, bucket) => [
          `${text}[${bucket}]`,
          { kind: 'bucket', column, bucket, buckets },
        ]),
      );
    }
    case 'interaction':
      return isPair(columns, model)
        ? category({ kind: 'pair', columns: columns.map(({ name }) => name) })
        : measured([[text, { kind: 'product', columns: columns.map(({ name }) => name) }]]);
  }
}

/** Categories make pairs of levels: text columns, and those that the model lists as categorical. */
function isPair(columns: readonly Column[], model: ModelDefinition): boolean {
  const isCategory = ({ name, type }: Column) =>
    numericKindOf(type) === null && type !== 'BOOLEAN'
      ? true
      : model.options.categorical.some((one) => sameName(one, name));
  return columns.some(isCategory);
}

function assertAccepted(source: FeatureSource, columns: readonly Column[], text: string): void {
  const wrong = columns.find(({ type }) => !accepts(source, type));
  if (wrong === undefined) return;
  throw new EverviewError('invalid-option', `${text} cannot read "${wrong.name}", which is ${wrong.type}`, {
    hint: `it wants ${wantedType(source)}: cast the column in the training set's SELECT`,
  });
}
