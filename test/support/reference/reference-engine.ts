import type { Change, Step, TableShape, UpdateStep, ViewShape } from '../history.ts';
import { evaluateView } from './evaluate-view.ts';
import { applyChange, type Effect, type TableState } from './reference-table.ts';
import type { RefColumn, RefRelation } from './value.ts';
import { columnsOf, relationsOf, type ViewQuery } from './view-query.ts';

export type UpdateOutcome =
  | { readonly kind: 'rejected' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'applied'; readonly effect: Effect; readonly tables: ReadonlyMap<string, TableState> };

/**
 * Tables as arrays of rows, one set of them for each version; views are evaluated anew each time. What it is asked
 * twice about one version and one state of the definitions it remembers.
 */
export class ReferenceEngine {
  #version = 0;
  #tables = new Map<string, TableState>();
  #views = new Map<string, ViewShape>();
  readonly #past = new Map<number, ReadonlyMap<string, TableState>>([[0, new Map()]]);
  readonly #keys = new Set<string>();
  #evaluated = new Map<string, RefRelation>();

  get version(): number {
    return this.#version;
  }

  tables(): readonly TableState[] {
    return [...this.#tables.values()];
  }

  views(): readonly ViewShape[] {
    return [...this.#views.values()];
  }

  table(name: string): TableState | undefined {
    return this.#tables.get(name);
  }

  view(name: string): ViewShape | undefined {
    return this.#views.get(name);
  }

  /** Whether every object the step speaks of is there, as it speaks of it (and, for a new one, its name is free). */
  allows(step: Step): boolean {
    switch (step.kind) {
      case 'create-table':
        return !this.#tables.has(step.table.name) && !this.#views.has(step.table.name);
      case 'create-view': {
        const { name, query } = step.view;
        const isFree = step.orReplace ? this.#views.has(name) : !this.#views.has(name);
        return isFree && relationsOf(query).every((one) => one !== name && this.#has(one));
      }
      case 'alter-table':
        return this.#tables.has(step.name);
      case 'alter-view':
      case 'refresh':
        return this.#views.get(step.name)?.materialized ?? false;
      case 'drop':
        return this.#has(step.name);
      case 'update':
        return step.statements.every((change) => this.#fits(change, this.#isRepeated(step)));
      case 'quarantine':
        return this.#tables.has(step.table);
      case 'query':
        return relationsOf(step.query).every((one) => this.#has(one));
      case 'advance':
      case 'tick':
      case 'reopen':
        return true;
    }
  }

  /** A batch may come again when its table has become another: what is known by its key is not looked at. */
  #fits(change: Change, isRepeated: boolean): boolean {
    const table = this.#tables.get(change.table);
    if (table === undefined || isRepeated || change.kind !== 'insert') return table !== undefined;
    const known = ({ columns, primaryKey }: TableShape) =>
      [...columns.map(({ name, sqlType }) => `${name} ${sqlType}`), 'key', ...primaryKey].join();
    return known(table.shape) === known(change.shape);
  }

  #isRepeated({ idempotencyKey }: UpdateStep): boolean {
    return idempotencyKey !== null && this.#keys.has(idempotencyKey);
  }

  #has(name: string): boolean {
    return this.#tables.has(name) || this.#views.has(name);
  }

  /** What the update must come to; `commit` makes it so. */
  tryUpdate(step: UpdateStep): UpdateOutcome {
    if (this.#isRepeated(step)) return { kind: 'repeated' };
    const tables = new Map(this.#tables);
    const effect = { inserted: 0, deleted: 0, quarantined: 0 };
    for (const statement of step.statements) {
      const table = tables.get(statement.table);
      if (table === undefined) return { kind: 'rejected' };
      const result = applyChange(table, statement);
      if (result.kind === 'rejected') return result;
      tables.set(statement.table, result.table);
      effect.inserted += result.effect.inserted;
      effect.deleted += result.effect.deleted;
      effect.quarantined += result.effect.quarantined;
    }
    return { kind: 'applied', effect, tables };
  }

  commit(
    tables: ReadonlyMap<string, TableState>,
    version: number,
    idempotencyKey: string | null = null,
  ): void {
    this.#tables = new Map(tables);
    this.#version = version;
    if (idempotencyKey !== null) this.#keys.add(idempotencyKey);
    this.#keepVersion();
  }

  #keepVersion(): void {
    this.#past.set(this.#version, new Map(this.#tables));
    this.#evaluated = new Map();
  }

  createTable(state: Omit<TableState, 'since'>): void {
    this.#tables.set(state.shape.name, { ...state, since: this.#version });
    this.#keepVersion();
  }

  setTable(state: TableState): void {
    this.#tables.set(state.shape.name, state);
    this.#keepVersion();
  }

  setView(view: ViewShape): void {
    // A replaced view stays where it was in the order of declaration.
    this.#views.set(view.name, view);
    this.#evaluated = new Map();
  }

  /** Names of the views that rest on `name`, in the order of declaration. */
  dependentsOf(name: string): string[] {
    const affected = new Set([name]);
    for (const view of this.#views.values()) {
      if (relationsOf(view.query).some((one) => affected.has(one))) affected.add(view.name);
    }
    return [...affected].filter((one) => one !== name);
  }

  drop(name: string): void {
    for (const dependent of this.dependentsOf(name)) this.#views.delete(dependent);
    this.#views.delete(name);
    this.#tables.delete(name);
    this.#keepVersion();
  }

  /** Base tables a relation rests on. */
  basesOf(name: string): string[] {
    const view = this.#views.get(name);
    if (view === undefined) return [name];
    return [...new Set(relationsOf(view.query).flatMap((one) => this.basesOf(one)))];
  }

  columnsOf(name: string): readonly RefColumn[] {
    const view = this.#views.get(name);
    return view === undefined ? (this.#tables.get(name)?.shape.columns ?? []) : columnsOf(view.query);
  }

  /** The oldest version at which every table the relation rests on was there. */
  firstVersionOf(name: string): number {
    return Math.max(...this.basesOf(name).map((base) => this.#tables.get(base)?.since ?? 0));
  }

  /** Whether any base table of the relation has another bag of rows now than at `version`. */
  hasChangedSince(name: string, version: number): boolean {
    const past = this.#past.get(version);
    return this.basesOf(name).some((base) => past?.get(base)?.rows !== this.#tables.get(base)?.rows);
  }

  relationAt(name: string, version: number): RefRelation {
    const key = `${version} ${name}`;
    const known = this.#evaluated.get(key);
    if (known !== undefined) return known;
    const view = this.#views.get(name);
    const relation = view === undefined ? this.#tableAt(name, version) : this.queryAt(view.query, version);
    this.#evaluated.set(key, relation);
    return relation;
  }

  queryAt(query: ViewQuery, version: number): RefRelation {
    return evaluateView(query, (name) => this.relationAt(name, version));
  }

  #tableAt(name: string, version: number): RefRelation {
    const now = this.#tables.get(name);
    if (now === undefined) throw new RangeError(`no relation ${name}`);
    const past = this.#past.get(version)?.get(name);
    return {
      columns: now.shape.columns,
      rows: past !== undefined && past.since === now.since ? past.rows : [],
    };
  }
}
