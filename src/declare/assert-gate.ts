import { EverviewError } from '../core/errors.ts';
import { type Metric, metricsOf, metricTable, type OutputKind } from '../core/metric.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn, type Schema } from '../core/schema.ts';
import type { ModelDefinition } from './definition.ts';
import type { FlipsCondition, GateCondition, ThresholdCondition } from './gate-condition.ts';
import { methodSpec } from './methods.ts';

/**
 * Checks that a model's gate can be judged: metrics of its kind of prediction, slices that are there.
 * @param schema the training set's
 * @throws EverviewError `invalid-option`, `unknown-column`
 */
export function assertGate(definition: ModelDefinition, schema: Schema): void {
  const { task } = methodSpec(definition.method);
  if (task !== 'none') assertConditions(definition, schema, task);
  else if (definition.gate.length > 0) {
    throw new EverviewError(
      'invalid-option',
      `model "${definition.name}" predicts no label, so its gate has nothing to judge`,
      { hint: `leave out gate: method ${definition.method} describes the features alone` },
    );
  }
}

function assertConditions(definition: ModelDefinition, schema: Schema, kind: OutputKind): void {
  for (const condition of definition.gate) {
    const metric = metricOf(condition);
    if (metric !== null && metricTable[metric].of !== kind) throw wrongMetric(definition, metric, kind);
    if (condition.kind === 'threshold') assertReachable(definition, condition);
    if (condition.kind === 'negative-flips') assertTolerance(definition, condition.tolerance, kind);
  }
  const sliced = definition.gate.flatMap(({ per }) => (per === null ? [] : [per]));
  for (const column of [...definition.slices, ...sliced]) {
    if (findColumn(schema, column) !== undefined) continue;
    throw new EverviewError(
      'unknown-column',
      `the gate of model "${definition.name}" asks for slices by "${column}", which "${definition.trainingSet}" lacks`,
      { hint: nearestHint(column, columnNames(schema)) },
    );
  }
}

function metricOf(condition: GateCondition): Metric | null {
  return condition.kind === 'negative-flips' ? null : condition.metric;
}

/**
 * Conditions that can be judged, and say nothing. Files of older builds have such ones.
 *
 * @throws EverviewError `invalid-option`
 */
export function assertSensibleGate(definition: ModelDefinition): void {
  for (const condition of definition.gate) {
    if (condition.kind === 'threshold') assertDirection(definition, condition);
    if (condition.kind === 'negative-flips') assertBudget(definition, condition);
  }
}

/** Lower is better of some metrics and higher of others: a bound on the other side keeps out good models alone. */
function assertDirection({ name }: ModelDefinition, { metric, operator, text }: ThresholdCondition): void {
  const { better } = metricTable[metric];
  if ((better === 'lower') === operator.startsWith('<')) return;
  throw new EverviewError(
    'invalid-option',
    `the gate of model "${name}" asks for ${text}, which lets only bad models pass: ${better} is better of ${metric}`,
    { hint: `state a bound on how bad it may be, as ${metric} ${better === 'lower' ? '<=' : '>='} …` },
  );
}

/** A gate that nothing can pass would keep the model from ever answering. */
function assertReachable({ name }: ModelDefinition, condition: ThresholdCondition): void {
  const { metric, operator, factor, relative, text } = condition;
  if (relative) return;
  const [least, most] = metricTable[metric].range;
  const best = operator === '<' || operator === '<=' ? least : most;
  const isStrict = operator === '<' || operator === '>';
  const isBeyond = best === least ? factor < best : factor > best;
  if (!isBeyond && !(isStrict && factor === best)) return;
  throw new EverviewError(
    'invalid-option',
    `the gate of model "${name}" asks for ${text}, which no model can reach: ${metric} is at ${best === least ? 'least' : 'most'} ${best}`,
    { hint: `leave the condition out, or state a bound ${best === least ? 'above' : 'below'} ${best}` },
  );
}

function wrongMetric({ name }: ModelDefinition, metric: Metric, kind: OutputKind): EverviewError {
  const made = kind === 'number' ? 'a number' : 'a class';
  return new EverviewError(
    'invalid-option',
    `the gate of model "${name}" asks for ${metric}, and the model predicts ${made}`,
    { hint: `metrics of ${made} are ${metricsOf(kind).join(', ')}` },
  );
}

function assertTolerance({ name }: ModelDefinition, tolerance: number | null, kind: OutputKind): void {
  if ((kind === 'number') === (tolerance !== null)) return;
  throw new EverviewError(
    'invalid-option',
    kind === 'number'
      ? `the gate of model "${name}" counts negative flips of a number without saying which error is still right`
      : `the gate of model "${name}" states a tolerance for classes, which are right or wrong`,
    {
      hint:
        kind === 'number'
          ? 'as negative_flips(tolerance = 15) <= 0.02, in units of the label'
          : 'as negative_flips <= 0.02',
    },
  );
}

/** Flips are counted as a share of the rows, which lies between 0 and 1. */
function assertBudget({ name }: ModelDefinition, { operator, budget, text }: FlipsCondition): void {
  const isStrict = operator === '<';
  const problem =
    budget < 0 || (isStrict && budget === 0)
      ? 'which no model can reach'
      : budget > 1 || (!isStrict && budget === 1)
        ? 'which keeps out no model'
        : null;
  if (problem === null) return;
  throw new EverviewError('invalid-option', `the gate of model "${name}" asks for ${text}, ${problem}`, {
    hint: 'negative flips are a share of the rows, 0 to 1: negative_flips <= 0.02 allows two in a hundred',
  });
}
