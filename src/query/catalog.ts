import { findColumn } from '../core/schema.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import type {
  Declared,
  ModelDefinition,
  TableDefinition,
  TrainingSetDefinition,
  ViewDefinition,
} from '../declare/definition.ts';
import type { IngestTarget } from '../ingest/ingest-target.ts';
import type { FeaturePlan } from '../model/feature-plan.ts';
import type { ViewHandle } from '../view/refresher.ts';

export type TableEntry = {
  readonly kind: 'table';
  readonly declared: Declared<TableDefinition>;
  readonly target: IngestTarget;
};

type DerivedEntry = {
  /** The query's tree, as the user wrote it. */
  readonly tree: SqlNode;
  /** Names it refers to directly. */
  readonly reads: readonly string[];
  /** Base tables it rests on, through everything between. */
  readonly bases: readonly string[];
};

export type ViewEntry = DerivedEntry & {
  readonly kind: 'view';
  readonly declared: Declared<ViewDefinition>;
  /** Null for a view that is not kept. */
  readonly handle: ViewHandle | null;
};

export type TrainingSetEntry = DerivedEntry & {
  readonly kind: 'training-set';
  readonly declared: Declared<TrainingSetDefinition>;
  readonly handle: ViewHandle;
};

export type ModelEntry = {
  readonly kind: 'model';
  readonly declared: Declared<ModelDefinition>;
  readonly reads: readonly [trainingSet: string];
  readonly bases: readonly string[];
  readonly plan: FeaturePlan;
};

export type CatalogEntry = TableEntry | ViewEntry | TrainingSetEntry | ModelEntry;

/** Everything declared, at one moment. Immutable: a declaration makes a new one. Names compare without case. */
export class Catalog {
  readonly #entries: ReadonlyMap<string, CatalogEntry>;

  constructor(entries: Iterable<CatalogEntry> = []) {
    this.#entries = new Map(
      [...entries].map((entry) => [entry.declared.definition.name.toLowerCase(), entry]),
    );
  }

  get(name: string): CatalogEntry | undefined {
    return this.#entries.get(name.toLowerCase());
  }

  /** In the order of declaration: what an entry reads comes before it. */
  entries(): CatalogEntry[] {
    return [...this.#entries.values()];
  }

  names(): string[] {
    return this.entries().map((entry) => entry.declared.definition.name);
  }

  /** Whether any declared relation has a column of the name. */
  hasColumn(name: string): boolean {
    return this.entries().some((entry) => findColumn(entry.declared.schema, name) !== undefined);
  }

  /** Entries that rest on `name`, directly or not, each after what it reads. */
  dependentsOf(name: string): CatalogEntry[] {
    const affected = new Set([name.toLowerCase()]);
    return this.entries().filter((entry) => {
      if (entry.kind === 'table') {
        const parents = entry.target.parents.map((reference) => reference.parentTable.toLowerCase());
        return parents.some((parent) => parent === name.toLowerCase()) && !sameEntry(entry, name);
      }
      if (!entry.reads.some((read) => affected.has(read.toLowerCase()))) return false;
      affected.add(entry.declared.definition.name.toLowerCase());
      return true;
    });
  }
}

function sameEntry(entry: CatalogEntry, name: string): boolean {
  return entry.declared.definition.name.toLowerCase() === name.toLowerCase();
}

export function nameOf(entry: CatalogEntry): string {
  return entry.declared.definition.name;
}

/** Whether the entry has contents of its own that refreshes move. */
export function isMaintained(
  entry: CatalogEntry,
): entry is TrainingSetEntry | ModelEntry | (ViewEntry & { readonly handle: ViewHandle }) {
  return (
    entry.kind === 'training-set' ||
    entry.kind === 'model' ||
    (entry.kind === 'view' && entry.handle !== null)
  );
}
