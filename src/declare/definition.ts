import type { Schema } from '../core/schema.ts';
import type { ArrivalRuleKind, ArrivalRules } from './arrival-rules.ts';
import type { Expansion } from './expansion.ts';
import type { GateCondition } from './gate-condition.ts';
import type { Method } from './methods.ts';
import type { HoldTerm, PredictionFallback, StalenessPrice } from './option-kind.ts';

/** What a user states, frozen once declared. A change of any field changes the definition's hash. */
export type Definition = TableDefinition | ViewDefinition | TrainingSetDefinition | ModelDefinition;

export type ViolationResponse = 'reject' | 'quarantine' | 'warn';

export type ColumnDefinition = {
  readonly name: string;
  /** As written (`DECIMAL(10, 2)`); once declared, as DuckDB spells it. */
  readonly type: string;
  /** SQL text of the DEFAULT expression. */
  readonly default: string | null;
};

export type Constraint =
  | { readonly kind: 'not-null'; readonly name: string; readonly column: string }
  | {
      readonly kind: 'check';
      readonly name: string;
      readonly expression: string;
      /** What people are told that it says, where `expression` has a moment for the clock; absent: `expression`. */
      readonly declaredAs?: string | undefined;
    }
  | { readonly kind: 'unique' | 'primary-key'; readonly name: string; readonly columns: readonly string[] }
  | {
      readonly kind: 'references';
      readonly name: string;
      readonly columns: readonly string[];
      readonly table: string;
      /** Empty: the other table's primary key. */
      readonly targetColumns: readonly string[];
      /** The least share of an update's references that must be found; absent: all of them. */
      readonly matchRate?: number | undefined;
    };

export type ConstraintKind = Constraint['kind'];

/** What a row can break: a constraint, or a rule about its arrival. */
export type RuleKind = ConstraintKind | ArrivalRuleKind;

export type TableDefinition = {
  readonly kind: 'table';
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  /** Primary-key columns carry a `not-null` constraint each, too. */
  readonly constraints: readonly Constraint[];
  readonly eventTime: string | null;
  readonly onViolation: ViolationResponse;
  /** Rows are expected to come at least this often. */
  readonly heartbeatMs: number | null;
  readonly arrival: ArrivalRules;
  /** Updates are judged by the learned profile. */
  readonly isProfiled: boolean;
  /** Expected per month, of the judgement of this table; null: its share of the database's. */
  readonly falseAlarms: number | null;
  /** To an update that the judgement blocks. */
  readonly onFinding: 'warn' | 'quarantine' | 'ask' | 'hold_refresh' | 'reject';
  /** How long `ask` and `hold_refresh` wait, and what then. */
  readonly hold: HoldTerm;
};

export type RefreshMode = 'immediate' | 'auto' | 'on_read' | 'manual' | 'incremental' | 'full';

/** A model has no contents to add a change to: `compensate` is for views. */
export type StaleReadResponse = 'refresh' | 'compensate' | 'serve' | 'fail';

export type RefreshPolicy = {
  readonly refresh: RefreshMode;
  /** Null: unlimited. */
  readonly maxStalenessMs: number | null;
  /** Rows of unreflected base change; null: unlimited. */
  readonly maxRows: number | null;
  /** Null: staleness within the bounds costs nothing. */
  readonly stalenessPrice: StalenessPrice | null;
  readonly onStaleRead: StaleReadResponse;
};

/** What one query asks of the freshness of what it reads, over what that declares. */
export type QueryPolicy = {
  /** In place of every bound that is declared; null: as declared. */
  readonly bounds: Pick<RefreshPolicy, 'maxStalenessMs' | 'maxRows'> | null;
  /** Null: as declared. */
  readonly onStaleRead: StaleReadResponse | null;
};

export type ViewDefinition = {
  readonly kind: 'view';
  readonly name: string;
  readonly materialized: boolean;
  readonly query: string;
  readonly policy: RefreshPolicy;
  /** Relative error allowed in sums of floating-point numbers. */
  readonly tolerance: number;
  /** How far a kept prediction may be from the model's, in its units. */
  readonly predictionTolerance: number;
  /** The share of its keys, 0 to 1, that is computed again in idle time after each refresh; 0: none. */
  readonly audit: number;
};

export type TrainingSetDefinition = {
  readonly kind: 'training-set';
  readonly name: string;
  readonly query: string;
  readonly label: string;
  /** Null: every row counts at once, and there is no window and no hold-out. */
  readonly eventTime: string | null;
  /** A row counts once `event_time + labelDelayMs` has passed. */
  readonly labelDelayMs: number;
  /** Only rows of the last `windowMs` before the newest counted moment; null: all. */
  readonly windowMs: number | null;
  /** The newest `holdoutMs` of the window are kept from training, for the gate; 0: no hold-out. */
  readonly holdoutMs: number;
  readonly tolerance: number;
};

/** How a model is fitted. What its method does not take (methods.ts) has its default here, and means nothing. */
export type FitOptions = {
  readonly l2: number;
  readonly l1: number;
  readonly standardize: boolean;
  /** Labels predicted beside the training set's own. */
  readonly labels: readonly string[];
  /** A column that says how much each example counts; null: all alike. */
  readonly weight: string | null;
  /** An example counts half as much when it is older by this. */
  readonly decayMs: number | null;
  readonly components: number;
  readonly clusters: number;
  /** Null: the method's own default. */
  readonly smoothing: number | null;
  readonly regularization: number;
  /** The residual, in units of the label, from which Huber loss grows linearly. */
  readonly delta: number;
  /** Columns taken as categories although they are numbers. */
  readonly categorical: readonly string[];
  /** Features made of columns: times, splines, interactions, hashed texts. */
  readonly expand: readonly Expansion[];
  /** Levels with fewer training rows count as one; 0: none does. */
  readonly rareRows: number;
  /** `impute`: the mean, beside a 0/1 column that says so. `drop`: rows with a missing feature do not train. */
  readonly missing: 'impute' | 'drop';
};

export type FeatureSelection =
  | { readonly kind: 'all'; readonly except: readonly string[] }
  | { readonly kind: 'columns'; readonly columns: readonly string[] };

export type ModelDefinition = {
  readonly kind: 'model';
  readonly name: string;
  readonly trainingSet: string;
  readonly features: FeatureSelection;
  readonly method: Method;
  readonly options: FitOptions;
  readonly policy: RefreshPolicy;
  /** Largest change of a prediction a reader bears; null: unlimited. */
  readonly maxEffect: number | null;
  readonly gate: readonly GateCondition[];
  /** Columns of the training set by whose values every condition of the gate is judged too. */
  readonly slices: readonly string[];
  /** Windows before the hold-out, each as long, in which a candidate may not be proven worse than the current model. */
  readonly windows: number;
  /** The severity from which on an open incident about rows it learns from holds a candidate. */
  readonly holdOn: IncidentBound;
  /** The severity from which on an open incident of a table it learns from has its predictions refused. */
  readonly pauseOn: IncidentBound;
  /** What answers while predictions are paused; null: they are refused. */
  readonly fallback: PredictionFallback | null;
  /** Columns that say which example a row is, by which predictions are logged and find their labels; empty: none are. */
  readonly logPredictions: readonly string[];
  /** How long a logged prediction is kept; null: for ever. */
  readonly predictionRetentionMs: number | null;
  readonly onFailure: 'keep_current';
};

/** From which severity on incidents count. */
export type IncidentBound = 'block' | 'notice' | 'never';

export type ObjectKind = Definition['kind'];

/** A definition with what the engine found out about it. */
export type Declared<D extends Definition = Definition> = {
  readonly definition: D;
  /** SHA-256 of the canonical JSON of the definition and of everything it reads. */
  readonly hash: string;
  /** Columns it offers: a table's, a view's, a training set's; a model's input features. */
  readonly schema: Schema;
};
