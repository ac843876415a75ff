import { sameName } from '../core/schema.ts';
import { define } from './define.ts';
import { usualRetentionMs } from './define-model.ts';
import { usualHold } from './define-table.ts';
import type {
  Constraint,
  Definition,
  ModelDefinition,
  RefreshPolicy,
  TableDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from './definition.ts';
import type { DefinitionDraft, DraftConstraint, DraftOption } from './definition-draft.ts';
import { type OptionSpec, optionTables } from './options.ts';
import { draftOptions } from './read-options.ts';
import { usualStalenessMs } from './refresh-policy.ts';
import type { RawOption } from './statement.ts';

/** An option that differs from its default, as SQL. */
export type GivenOption = { readonly name: string; readonly sql: string };

function unless<T>(isDefault: boolean, name: string, spec: OptionSpec<T>, value: T): GivenOption[] {
  return isDefault ? [] : [{ name, sql: spec.kind.toSql(value) }];
}

/** The options that make this definition out of one without any: those that differ from their defaults. */
export function givenOptions(definition: Definition): readonly GivenOption[] {
  switch (definition.kind) {
    case 'table':
      return givenForTable(definition);
    case 'view':
      return definition.materialized ? givenForView(definition) : [];
    case 'training-set':
      return givenForTrainingSet(definition);
    case 'model':
      return givenForModel(definition);
  }
}

function givenForTable(table: TableDefinition): GivenOption[] {
  const { eventTime, onViolation, heartbeatMs, arrival, isProfiled, falseAlarms, onFinding, hold } = table;
  const specs = optionTables.table;
  const usual = usualHold(onFinding);
  const { source, eventTimeOrder, allowedLatenessMs, maxFutureMs, onReplay } = arrival;
  return [
    ...unless(eventTime === null, 'event_time', specs.event_time, eventTime),
    ...unless(onViolation === 'reject', 'on_violation', specs.on_violation, onViolation),
    ...unless(heartbeatMs === null, 'heartbeat', specs.heartbeat, heartbeatMs),
    ...unless(source === null, 'source', specs.source, source),
    ...unless(eventTimeOrder === 'none', 'event_time_order', specs.event_time_order, eventTimeOrder),
    ...unless(allowedLatenessMs === null, 'allowed_lateness', specs.allowed_lateness, allowedLatenessMs),
    ...unless(maxFutureMs === null, 'max_future', specs.max_future, maxFutureMs),
    ...unless(onReplay === 'accept', 'on_replay', specs.on_replay, onReplay),
    ...unless(!isProfiled, 'profile', specs.profile, isProfiled ? 'on' : 'off'),
    ...unless(onFinding === 'warn', 'on_finding', specs.on_finding, onFinding),
    ...unless(hold.forMs === usual.forMs && hold.onDeadline === usual.onDeadline, 'hold', specs.hold, hold),
    ...unless(falseAlarms === null, 'false_alarms', specs.false_alarms, falseAlarms),
  ];
}

function givenForPolicy(policy: RefreshPolicy, maxEffect: number | null): GivenOption[] {
  const specs = optionTables['materialized-view'];
  const { refresh, maxStalenessMs, maxRows, stalenessPrice, onStaleRead } = policy;
  const usual = usualStalenessMs(policy, maxEffect);
  return [
    ...unless(maxStalenessMs === usual, 'max_staleness', specs.max_staleness, maxStalenessMs),
    ...unless(maxRows === null, 'max_rows', specs.max_rows, maxRows),
    ...unless(stalenessPrice === null, 'staleness_price', specs.staleness_price, stalenessPrice),
    ...unless(refresh === 'auto', 'refresh', specs.refresh, refresh),
    ...unless(onStaleRead === 'refresh', 'on_stale_read', specs.on_stale_read, onStaleRead),
  ];
}

function givenForView({ policy, tolerance, predictionTolerance, audit }: ViewDefinition): GivenOption[] {
  const specs = optionTables['materialized-view'];
  return [
    ...givenForPolicy(policy, null),
    ...unless(tolerance === 1e-9, 'tolerance', specs.tolerance, tolerance),
    ...unless(
      predictionTolerance === 0,
      'prediction_tolerance',
      specs.prediction_tolerance,
      predictionTolerance,
    ),
    ...unless(audit === 0, 'audit', specs.audit, audit),
  ];
}

function givenForTrainingSet(set: TrainingSetDefinition): GivenOption[] {
  const specs = optionTables['training-set'];
  return [
    ...unless(false, 'label', specs.label, set.label),
    ...unless(set.eventTime === null, 'event_time', specs.event_time, set.eventTime),
    ...unless(set.labelDelayMs === 0, 'label_delay', specs.label_delay, set.labelDelayMs),
    ...unless(set.windowMs === null, 'window', specs.window, set.windowMs),
    ...unless(set.holdoutMs === 0, 'holdout', specs.holdout, set.holdoutMs),
    ...unless(set.tolerance === 1e-9, 'tolerance', specs.tolerance, set.tolerance),
  ];
}

function givenForModel(model: ModelDefinition): GivenOption[] {
  const specs = optionTables.model;
  const {
    l2,
    l1,
    standardize,
    labels,
    components,
    clusters,
    smoothing,
    regularization,
    delta,
    weight,
    decayMs,
    categorical,
    expand,
    rareRows,
    missing,
  } = model.options;
  return [
    ...unless(false, 'method', specs.method, model.method),
    ...unless(l2 === 1, 'l2', specs.l2, l2),
    ...unless(l1 === 1, 'l1', specs.l1, l1),
    ...unless(standardize, 'standardize', specs.standardize, standardize),
    ...unless(labels.length === 0, 'labels', specs.labels, labels),
    ...unless(weight === null, 'weight', specs.weight, weight),
    ...unless(decayMs === null, 'decay', specs.decay, decayMs),
    ...unless(components === 2, 'components', specs.components, components),
    ...unless(clusters === 8, 'clusters', specs.clusters, clusters),
    ...unless(smoothing === null, 'smoothing', specs.smoothing, smoothing),
    ...unless(regularization === 0, 'regularization', specs.regularization, regularization),
    ...unless(delta === 1, 'delta', specs.delta, delta),
    ...unless(categorical.length === 0, 'categorical', specs.categorical, categorical),
    ...unless(expand.length === 0, 'expand', specs.expand, expand),
    ...unless(rareRows === 0, 'rare', specs.rare, rareRows),
    ...unless(missing === 'impute', 'missing', specs.missing, missing),
    ...givenForPolicy(model.policy, model.maxEffect),
    ...unless(model.maxEffect === null, 'max_effect', specs.max_effect, model.maxEffect),
    ...unless(model.gate.length === 0, 'gate', specs.gate, model.gate),
    ...unless(model.slices.length === 0, 'slices', specs.slices, model.slices),
    ...unless(model.windows === 3, 'windows', specs.windows, model.windows),
    ...unless(model.holdOn === 'block', 'hold_on', specs.hold_on, model.holdOn),
    ...unless(model.pauseOn === 'never', 'pause_on', specs.pause_on, model.pauseOn),
    ...unless(model.fallback === null, 'fallback', specs.fallback, model.fallback),
    ...unless(
      model.logPredictions.length === 0,
      'log_predictions',
      specs.log_predictions,
      model.logPredictions,
    ),
    ...unless(
      model.predictionRetentionMs === usualRetentionMs,
      'prediction_retention',
      specs.prediction_retention,
      model.predictionRetentionMs,
    ),
    ...unless(model.onFailure === 'keep_current', 'on_failure', specs.on_failure, model.onFailure),
  ];
}

/**
 * The definition with options set anew, as ALTER … SET does; options not named stay, and one that has its default
 * value counts as not given (so `refresh = manual` lifts the default bound of a view that declared none).
 * @throws EverviewError as `define` does.
 */
export function applyOptions(definition: Definition, options: readonly RawOption[]): Definition {
  const changed = draftOptions(options);
  const kept = givenOptions(definition)
    .filter(({ name }) => !changed.some((option) => sameName(option.name, name)))
    .map(({ name, sql }): DraftOption => ({ name, value: { sql } }));
  return define(draftOf(definition, [...kept, ...changed]));
}

function draftOf(definition: Definition, options: readonly DraftOption[]): DefinitionDraft {
  const name = { name: definition.name };
  switch (definition.kind) {
    case 'table':
      return {
        kind: 'table',
        name,
        columns: definition.columns,
        constraints: definition.constraints.map(draftConstraint),
        options,
      };
    case 'view':
      return { kind: 'view', name, materialized: definition.materialized, query: definition.query, options };
    case 'training-set':
      return { kind: 'training-set', name, query: definition.query, options };
    case 'model':
      return {
        kind: 'model',
        name,
        trainingSet: definition.trainingSet,
        features: definition.features,
        options,
      };
  }
}

function draftConstraint(constraint: Constraint): DraftConstraint {
  const name = { name: constraint.name };
  switch (constraint.kind) {
    case 'not-null':
      return { kind: 'not-null', name, column: { name: constraint.column } };
    case 'check':
      return { kind: 'check', name, expression: constraint.expression, column: null };
    case 'unique':
    case 'primary-key':
      return { kind: constraint.kind, name, columns: names(constraint.columns) };
    case 'references': {
      const { columns, targetColumns, table, matchRate } = constraint;
      const sides = { columns: names(columns), targetColumns: names(targetColumns) };
      return { kind: 'references', name, table: { name: table }, ...sides, matchRate };
    }
  }
}

function names(columns: readonly string[]) {
  return columns.map((name) => ({ name }));
}
