import type { Compilable } from 'kysely';
import { EverviewError } from '../core/errors.ts';
import type { Row } from '../core/value.ts';
import type { ReplayResponse } from './arrival-rules.ts';
import type { AnyColumn, ColumnValue, IsOptional } from './column-builder.ts';
import { define } from './define.ts';
import type {
  Definition,
  FeatureSelection,
  IncidentBound,
  ModelDefinition,
  RefreshMode,
  StaleReadResponse,
  TableDefinition,
  TrainingSetDefinition,
  ViewDefinition,
  ViolationResponse,
} from './definition.ts';
import type { DraftConstraint, DraftOption } from './definition-draft.ts';
import type { Method, methodTable } from './methods.ts';
import { inlineParameters } from './sql-literal.ts';

declare const rowType: unique symbol;

/** A definition with its name and the type of its rows known to the compiler. */
export type Declaration<Name extends string = string, R = unknown, D extends Definition = Definition> = {
  readonly name: Name;
  readonly definition: D;
  readonly [rowType]?: R;
};

/** The rows of a declared table, view or training set. */
export type RowOf<D> = D extends Declaration<string, infer R, Definition> ? R : never;

type Flat<T> = { [K in keyof T]: T[K] };

/** The database that Kysely sees: rows by name. Models are not read by name, so they are left out. */
export type DatabaseOf<Declared extends readonly Declaration[]> = {
  [D in Declared[number] as D['definition'] extends ModelDefinition ? never : D['name']]: RowOf<D>;
};

/** A length of time such as `10 minutes`, `1 day 12 hours`, or 0. */
export type DurationInput = string | 0;

export type ColumnsInput = { readonly [name: string]: AnyColumn };

export type RowOfColumns<C extends ColumnsInput> = { [K in keyof C]: ColumnValue<C[K]> };

declare const insertType: unique symbol;

export type TableDeclaration<Name extends string, C extends ColumnsInput> = Declaration<
  Name,
  RowOfColumns<C>,
  TableDefinition
> & { readonly [insertType]?: InsertOfColumns<C> };

type InsertOfColumns<C extends ColumnsInput> = Flat<
  { [K in keyof C as IsOptional<C[K]> extends true ? never : K]: ColumnValue<C[K]> } & {
    [K in keyof C as IsOptional<C[K]> extends true ? K : never]?: ColumnValue<C[K]>;
  }
>;

/** What an insert into a declared table gives: columns that may be NULL or have a default can be left out. */
export type InsertOf<D> = D extends { readonly [insertType]?: infer I } ? I : never;

export type TableOptions<Column extends string> = {
  readonly eventTime?: Column;
  readonly onViolation?: ViolationResponse;
  readonly heartbeat?: DurationInput | null;
  /** The column that says which source a row came from. */
  readonly source?: Column;
  readonly eventTimeOrder?: 'none' | 'ascending' | 'strict';
  /** How far a new row may be behind the newest event time that the table holds. */
  readonly allowedLateness?: DurationInput | null;
  /** How far an event time may be ahead of the engine's clock. */
  readonly maxFuture?: DurationInput | null;
  /** What becomes of the very rows of an earlier insert that come again. */
  readonly onReplay?: ReplayResponse;
  /** Whether updates are judged by what accepted ones were like. */
  readonly profile?: 'on' | 'off';
  /** How many false alarms a month may be expected of the judgement; null: the table's share of the database's. */
  readonly falseAlarms?: number | null;
  /** What becomes of an update that the judgement blocks. */
  readonly onFinding?: 'warn' | 'quarantine' | 'ask' | 'hold_refresh' | 'reject';
  /** `6 hours then accept_marked` */
  readonly hold?: string;
  /** Constraints over several columns: `check`, `unique`, `primaryKey`, `foreignKey`. */
  readonly constraints?: readonly DraftConstraint[];
};

/** Declares a base table. @throws EverviewError of category `declaration`. */
export function table<const Name extends string, C extends ColumnsInput>(
  name: Name,
  columns: C,
  options: TableOptions<Extract<keyof C, string>> = {},
): TableDeclaration<Name, C> {
  const { constraints = [], ...rest } = options;
  const drafts = Object.entries(columns).map(([column, builder]) => builder.draft(column));
  const definition = define({
    kind: 'table',
    name: { name },
    columns: drafts.map((draft) => draft.column),
    constraints: [...drafts.flatMap((draft) => draft.constraints), ...constraints],
    options: optionDrafts(rest),
  });
  return Object.freeze({ name, definition });
}

function named(name: string | undefined) {
  return name === undefined ? null : { name };
}

function names(columns: readonly string[]) {
  return columns.map((name) => ({ name }));
}

/** @param condition SQL, over the columns of a row. */
export function check(condition: string, name?: string): DraftConstraint {
  return { kind: 'check', name: named(name), expression: condition, column: null };
}

export function unique(columns: readonly string[], name?: string): DraftConstraint {
  return { kind: 'unique', name: named(name), columns: names(columns) };
}

export function primaryKey(columns: readonly string[], name?: string): DraftConstraint {
  return { kind: 'primary-key', name: named(name), columns: names(columns) };
}

/**
 * @param targetColumns the other table's primary key when empty.
 * @param matchRate the least share, above 0 and at most 1, of an update's references that must be found.
 */
export function foreignKey(
  columns: readonly string[],
  target: string,
  targetColumns: readonly string[] = [],
  name?: string,
  matchRate?: number,
): DraftConstraint {
  const sides = { columns: names(columns), targetColumns: names(targetColumns) };
  return { kind: 'references', name: named(name), table: { name: target }, ...sides, matchRate };
}

/** SQL text whose rows the caller vouches for. */
export type TypedSelect<R> = { readonly sql: string; readonly [rowType]?: R };

/** A SELECT in SQL, with the type of its rows. */
export function select<R = Row>(sql: string): TypedSelect<R> {
  return Object.freeze({ sql });
}

/** SQL text, `select<Row>('…')`, or a Kysely query. */
export type QueryInput = string | TypedSelect<unknown> | Compilable<unknown>;

export type RowOfQuery<Q> = Q extends string
  ? Row
  : Q extends Compilable<infer O>
    ? O
    : Q extends TypedSelect<infer R>
      ? R
      : never;

function queryOf(query: QueryInput): string {
  if (typeof query === 'string') return query;
  if ('sql' in query) return query.sql;
  const { sql, parameters } = query.compile();
  return inlineParameters(sql, parameters);
}

export type PolicyOptions<Response extends StaleReadResponse = StaleReadResponse> = {
  readonly refresh?: RefreshMode;
  /** Null: no bound. */
  readonly maxStaleness?: DurationInput | null;
  readonly maxRows?: number | null;
  /** `'0.02 per share'`, `'0.001 per second'` or `'1e-6 per row'`; null: staleness within the bounds costs nothing. */
  readonly stalenessPrice?: string | null;
  readonly onStaleRead?: Response;
};

export type MaterializedViewOptions = PolicyOptions & {
  readonly tolerance?: number;
  /** In units of the prediction. */
  readonly predictionTolerance?: number;
  /** The share of keys, 0 to 1, computed again in idle time after each refresh. */
  readonly audit?: number;
};

/** Declares a view that is a name for its query. */
export function view<const Name extends string, Q extends QueryInput>(
  name: Name,
  query: Q,
): Declaration<Name, RowOfQuery<Q>, ViewDefinition> {
  const definition = define({
    kind: 'view',
    name: { name },
    materialized: false,
    query: queryOf(query),
    options: [],
  });
  return Object.freeze({ name, definition });
}

/** Declares a view whose rows are kept, as fresh as the options say. */
export function materializedView<const Name extends string, Q extends QueryInput>(
  name: Name,
  options: MaterializedViewOptions,
  query: Q,
): Declaration<Name, RowOfQuery<Q>, ViewDefinition> {
  const definition = define({
    kind: 'view',
    name: { name },
    materialized: true,
    query: queryOf(query),
    options: optionDrafts(options),
  });
  return Object.freeze({ name, definition });
}

export type TrainingSetOptions<Column extends string> = {
  readonly label: Column;
  readonly eventTime?: Column | null;
  readonly labelDelay?: DurationInput;
  readonly window?: DurationInput | null;
  readonly holdout?: DurationInput;
  readonly tolerance?: number;
};

/** Declares the examples a model learns from. */
export function trainingSet<const Name extends string, Q extends QueryInput>(
  name: Name,
  options: TrainingSetOptions<Extract<keyof RowOfQuery<Q>, string>>,
  query: Q,
): Declaration<Name, RowOfQuery<Q>, TrainingSetDefinition> {
  const definition = define({
    kind: 'training-set',
    name: { name },
    query: queryOf(query),
    options: optionDrafts(options),
  });
  return Object.freeze({ name, definition });
}

/** Options that some methods take. */
type FitOptions = {
  readonly l2?: number;
  readonly l1?: number;
  readonly standardize?: boolean;
  readonly labels?: readonly string[];
  readonly components?: number;
  readonly clusters?: number;
  readonly smoothing?: number | null;
  readonly regularization?: number;
  readonly delta?: number;
  readonly weight?: string | null;
  readonly decay?: DurationInput | null;
  readonly rare?: number;
};

/** A method, with the options that it takes. */
type MethodOptions = {
  [M in Method]: { readonly method: M } & Pick<FitOptions, (typeof methodTable)[M]['takes'][number]>;
}[Method];

/** Nothing compensates a stale model. */
export type ModelOptions = MethodOptions &
  PolicyOptions<Exclude<StaleReadResponse, 'compensate'>> & {
    readonly categorical?: readonly string[];
    /** `['hour(departs)', 'spline(distance, 500, 1000)']` */
    readonly expand?: readonly string[];
    readonly missing?: 'impute' | 'drop';
    readonly maxEffect?: number | null;
    /** `['rmse <= 40', 'rmse <= 1.02 * current']` */
    readonly gate?: string | readonly string[];
    /** Columns of the training set by whose values the gate is judged too. */
    readonly slices?: readonly string[];
    /** Earlier windows, each as long as the hold-out, that may speak against a candidate; 3 where there is room. */
    readonly windows?: number;
    /** From which severity on an open incident about rows it learns from holds a candidate. */
    readonly holdOn?: IncidentBound;
    /** From which severity on an open incident of a table it learns from, or of how it does, pauses its predictions. */
    readonly pauseOn?: IncidentBound;
    /** What answers while predictions are paused: `previous`, `{ value: 0 }`, or the name of a model. */
    readonly fallback?: string | number | { readonly value: number | string } | null;
    /** Columns of the training set that say which example a row is: predictions of rows that have them are logged. */
    readonly logPredictions?: readonly string[];
    /** How long a logged prediction is kept, and so how late its label may come; null: for ever. */
    readonly predictionRetention?: DurationInput | null;
    readonly onFailure?: 'keep_current';
  };

/** All columns of the training set but the label and the event time, less some; or a list. */
export type FeaturesInput = readonly string[] | { readonly except: readonly string[] };

/**
 * Declares a model over a training set.
 * @param from the training set, or its name
 * @param features columns of it
 * @throws EverviewError `invalid-definition` for a query
 */
export function model<const Name extends string>(
  name: Name,
  options: ModelOptions,
  from: string | Declaration<string, unknown, TrainingSetDefinition>,
  features: FeaturesInput = { except: [] },
): Declaration<Name, never, ModelDefinition> {
  if (typeof from === 'string' && /^\s*(select|from|with)\s/i.test(from)) {
    throw new EverviewError('invalid-definition', `model "${name}" is declared over a query`, {
      hint: `name its training set, and the features apart: model('${name}', { … }, 'examples', ['a', 'b'])`,
    });
  }
  const selection: FeatureSelection =
    'except' in features
      ? { kind: 'all', except: [...features.except] }
      : { kind: 'columns', columns: [...features] };
  const definition = define({
    kind: 'model',
    name: { name },
    trainingSet: typeof from === 'string' ? from : from.name,
    features: selection,
    options: optionDrafts(options),
  });
  return Object.freeze({ name, definition });
}

/** `{ maxStaleness: … }` as the options of SQL: the same names, in the other case. */
function optionDrafts(options: object): DraftOption[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (/[A-Z]/.test(key) || /^[a-z0-9]+$/.test(key)) {
        return {
          name: key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          value: { js: value },
        };
      }
      throw new EverviewError('unknown-option', `there is no option "${key}"`, {
        hint: 'options of the builder are written in camel case, as maxStaleness',
      });
    });
}
