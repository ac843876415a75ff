import type { TextPlace } from '../core/errors.ts';
import type { FeatureSelection } from './definition.ts';

/**
 * What SQL and the typed builder both end in before defaults are filled in and anything is checked. Places are given
 * where the draft comes from a text.
 */
export type DraftName = { readonly name: string; readonly at?: TextPlace | undefined };

/** An option as given: SQL text, or a JavaScript value. `valueAt` is the value's place, `at` the name's. */
export type DraftOption = DraftName & {
  readonly valueAt?: TextPlace | undefined;
  readonly value: { readonly sql: string } | { readonly js: unknown };
};

export type DraftColumn = DraftName & { readonly type: string; readonly default: string | null };

/** `name` null: the engine names it. `column`: the column it was written at. */
export type DraftConstraint = { readonly name: DraftName | null } & (
  | { readonly kind: 'not-null' | 'nullable'; readonly column: DraftName }
  | { readonly kind: 'check'; readonly expression: string; readonly column: DraftName | null }
  | { readonly kind: 'unique' | 'primary-key'; readonly columns: readonly DraftName[] }
  | {
      readonly kind: 'references';
      readonly columns: readonly DraftName[];
      readonly table: DraftName;
      readonly targetColumns: readonly DraftName[];
      readonly matchRate?: number | undefined;
    }
);

export type TableDraft = {
  readonly kind: 'table';
  readonly name: DraftName;
  readonly columns: readonly DraftColumn[];
  readonly constraints: readonly DraftConstraint[];
  readonly options: readonly DraftOption[];
};

export type ViewDraft = {
  readonly kind: 'view';
  readonly name: DraftName;
  readonly materialized: boolean;
  readonly query: string;
  readonly options: readonly DraftOption[];
};

export type TrainingSetDraft = {
  readonly kind: 'training-set';
  readonly name: DraftName;
  readonly query: string;
  readonly options: readonly DraftOption[];
};

export type ModelDraft = {
  readonly kind: 'model';
  readonly name: DraftName;
  readonly trainingSet: string;
  readonly features: FeatureSelection;
  readonly options: readonly DraftOption[];
};

export type DefinitionDraft = TableDraft | ViewDraft | TrainingSetDraft | ModelDraft;
