export type { Clock, CostMeter } from './core/clock.ts';
export { rowCostMeter, SimulatedClock, systemClock, wallCostMeter } from './core/clock.ts';
export { formatDurationMs, tryParseDurationMs } from './core/duration.ts';
export type { ErrorCode, TextPlace } from './core/errors.ts';
export { EverviewError, errorTable } from './core/errors.ts';
export type { IncidentNotice } from './core/incident.ts';
export { nearestHint } from './core/nearest.ts';
export type { Notifier } from './core/notifier.ts';
export type { Reason } from './core/reasons.ts';
export { reasonTable } from './core/reasons.ts';
export type { Column, Schema } from './core/schema.ts';
export type { Staleness, StalenessReport } from './core/staleness.ts';
export type { Row, SqlParameter, SqlValue } from './core/value.ts';
export type { CatalogueCause, Evidence, Finding, FindingSeverity, Verdict } from './core/verdict.ts';
export { catalogueCauses } from './core/verdict.ts';
export type { ModelVersion, Version } from './core/version.ts';
export type {
  ColumnsInput,
  DatabaseOf,
  Declaration,
  InsertOf,
  MaterializedViewOptions,
  ModelOptions,
  PolicyOptions,
  QueryInput,
  RowOf,
  RowOfQuery,
  TableDeclaration,
  TableOptions,
  TrainingSetOptions,
  TypedSelect,
} from './declare/builder.ts';
export {
  check,
  foreignKey,
  materializedView,
  model,
  primaryKey,
  select,
  table,
  trainingSet,
  unique,
  view,
} from './declare/builder.ts';
export type { AnyColumn, ColumnBuilder } from './declare/column-builder.ts';
export { t } from './declare/column-builder.ts';
export type {
  Definition,
  ModelDefinition,
  RefreshPolicy,
  TableDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from './declare/definition.ts';
export type { DraftConstraint } from './declare/definition-draft.ts';
export { formatSqlDuration } from './declare/duration.ts';
export { formatDefinition } from './declare/format-statement.ts';
export { readDeclarations } from './declare/read-declarations.ts';
export { formatName } from './declare/sql-name.ts';
export { placeInScript, StatementReader, splitStatements } from './declare/statement-reader.ts';
export type { ModelComparison, Moves } from './engine/compare-versions.ts';
export type { DecisionOptions } from './engine/decision-call.ts';
export type { DrillOptions, DrillProgress, TableDrill } from './engine/drill-table.ts';
export { Everview } from './engine/everview.ts';
export type { IncidentAction } from './engine/incident-statements.ts';
export type { InsertInput } from './engine/insert-input.ts';
export type { LivePerformance } from './engine/live-performance.ts';
export type { CompareOptions, PerformanceOptions, WeightsOptions } from './engine/model-call.ts';
export type { OpenOptions } from './engine/open-options.ts';
export type { ProfiledColumn, TableProfile } from './engine/profile-table.ts';
export type { StatementResult, UpdateResult } from './engine/result.ts';
export type { StreamedAnswer } from './engine/stream-answer.ts';
export type { TableChange, TableChanges } from './engine/table-changes.ts';
export type { InsertOptions, UpdateBuilder } from './engine/update-builder.ts';
export type { WebhookOptions } from './engine/webhook.ts';
export type { VersionWeights } from './engine/weights-of-model.ts';
export type { DrillLine } from './ingest/drill/run-drill.ts';
export { seededRandom } from './ingest/drill/seeded-random.ts';
export type { InputRow } from './ingest/row-source.ts';
export type { HeldUpdate, MarkedUpdate } from './log/held-log.ts';
export type { HeadValues } from './model/head-row.ts';
export type { Flips } from './model/metrics/flips.ts';
export type { Compared, ComparedMetric, ComparedWeight } from './model/model-comparison.ts';
export type { ModelWeight } from './model/model-weights.ts';
export { readParameters } from './model/parameters-json.ts';
export { createRowPredictor } from './model/predict-row.ts';
export type { Head, ModelParameters, Scorer } from './model/scorer.ts';
export type { Answer, Provenance, ReadPath, StandIn } from './query/answer.ts';
export { toArrow, toArrowBatches } from './query/arrow-out.ts';
