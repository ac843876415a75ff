import { sameName } from '../core/schema.ts';
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
  /** The definition with `momentMark` for the clock; null where no DEFAULT or CHECK asks for the time. */
  readonly clocked: TableDefinition | null;
  /** When the name was first declared. */
  readonly createdAtMs: number;
};

type QueryEntry = {
  /** The query's tree, as the user wrote it. */
  readonly tree: SqlNode;
  /** Names it refers to directly. */
  readonly reads: readonly string[];
  /** Base tables its rows are made of, through everything between. */
  readonly bases: readonly string[];
  /** Models whose predictions are in its rows, through everything between but other models. */
  readonly models: readonly string[];
};

export type ViewEntry = QueryEntry & {
  readonly kind: 'view';
  readonly declared: Declared<ViewDefinition>;
  /** Null for a view that is not kept. */
  readonly handle: ViewHandle | null;
};

export type TrainingSetEntry = QueryEntry & {
  readonly kind: 'training-set';
  readonly declared: Declared<TrainingSetDefinition>;
  readonly handle: ViewHandle;
};

export type ModelEntry = {
  readonly kind: 'model';
  readonly declared: Declared<ModelDefinition>;
  readonly reads: readonly [trainingSet: string];
  readonly bases: readonly string[];
  /** Models whose predictions it learns from. */
  readonly models: readonly string[];
  readonly plan: FeaturePlan;
};

export type DerivedEntry = ViewEntry | TrainingSetEntry | ModelEntry;

export type CatalogEntry = TableEntry | DerivedEntry;

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

  /** Views, training sets and models that are made from `name`, directly or not, each after what it reads. */
  derivedFrom(name: string): DerivedEntry[] {
    const affected = new Set([name.toLowerCase()]);
    return this.entries().filter((entry): entry is DerivedEntry => {
      if (entry.kind === 'table' || !entry.reads.some((read) => affected.has(read.toLowerCase())))
        return false;
      affected.add(nameOf(entry).toLowerCase());
      return true;
    });
  }

  /** As `derivedFrom`, but not what rests on a model alone: that is reached by the version that is promoted. */
  fedBy(name: string): DerivedEntry[] {
    const affected = new Set([name.toLowerCase()]);
    return this.derivedFrom(name).filter((entry) => {
      const isFed = entry.reads.some((read) => affected.has(read.toLowerCase()));
      if (isFed && entry.kind !== 'model') affected.add(nameOf(entry).toLowerCase());
      return isFed;
    });
  }

  /** Whatever cannot be without `name`: what is made from it, tables that reference it, and what is made from those. */
  dependentsOf(name: string): CatalogEntry[] {
    const affected = new Set([name.toLowerCase()]);
    return this.entries().filter((entry) => {
      if (!inputsOf(entry).some((input) => affected.has(input.toLowerCase()))) return false;
      affected.add(nameOf(entry).toLowerCase());
      return true;
    });
  }
}

/** Names an entry is defined over: what it reads, or the other tables it references. */
export function inputsOf(entry: CatalogEntry): readonly string[] {
  if (entry.kind !== 'table') return entry.reads;
  const { name, constraints } = entry.declared.definition;
  return constraints.flatMap((constraint) =>
    constraint.kind === 'references' && !sameName(constraint.table, name) ? [constraint.table] : [],
  );
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
