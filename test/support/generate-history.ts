import { drawPolicy, type PolicyMood } from './draw-policy.ts';
import { generateGoodRow, generateTable, type ValueMood } from './generate-table.ts';
import { generateUpdate } from './generate-update.ts';
import { type Available, generateQuery, replaceCondition } from './generate-view.ts';
import type { History, Step, TableShape, ViewShape } from './history.ts';
import { Random } from './random.ts';
import { columnsOf, relationsOf } from './reference/view-query.ts';

const deepestView = 3;
const mostViews = 6;

/** A history of about `length` steps, the declarations among them. The same seed gives the same history. */
export function generateHistory(seed: number, length = 40): History {
  const writer = new HistoryWriter(seed);
  writer.declareAll();
  while (writer.length < length) writer.step();
  return writer.history();
}

class HistoryWriter {
  readonly #seed: number;
  readonly #random: Random;
  readonly #values: ValueMood;
  readonly #policies: PolicyMood;
  readonly #storage: History['storage'];
  readonly #forced: History['forced'];
  readonly #reads: History['reads'];
  readonly #steps: Step[] = [];
  readonly #tables = new Map<string, TableShape>();
  readonly #views = new Map<string, ViewShape & Available>();
  #nextId = 1;
  #nextView = 0;
  readonly #keys: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#values = { nonFinite: this.#random.chance(0.1) };
    this.#policies = this.#random.weighted({ eager: 4, lazy: 3, mixed: 4 });
    this.#storage = this.#random.chance(0.06) ? 'file' : 'memory';
    const way = this.#random.weighted({ auto: 3, incremental: 6, full: 1 });
    this.#forced = way === 'auto' ? null : way;
    this.#reads = this.#random.weighted({ one: 3, all: 1 });
  }

  get length(): number {
    return this.#steps.length;
  }

  history(): History {
    return {
      seed: this.#seed,
      storage: this.#storage,
      forced: this.#forced,
      reads: this.#reads,
      steps: this.#steps,
    };
  }

  declareAll(): void {
    const tables = this.#random.int(2, 3);
    for (let count = 0; count < tables; count++) this.#createTable(`t${count}`);
    // Most views are built over rows that are there, some over empty tables.
    for (const table of this.#tables.values()) if (this.#random.chance(0.8)) this.#feed(table);
    const views = this.#random.int(3, 6);
    for (let count = 0; count < views; count++) this.#createView();
  }

  step(): void {
    this.#random.perform([
      [62, () => this.#update()],
      [18, () => this.#refresh()],
      [5, () => this.#query()],
      [5, () => this.#push({ kind: 'advance', ms: this.#random.pick([1, 500, 1_000, 30_000, 90_000]) })],
      [4, () => this.#push({ kind: 'tick' })],
      [2, () => this.#createView()],
      [2, () => this.#replaceView()],
      [2, () => this.#alterView()],
      [1, () => this.#alterTable()],
      [2, () => this.#drop()],
      [3, () => this.#quarantine()],
      [this.#storage === 'file' ? 8 : 0, () => this.#push({ kind: 'reopen' })],
    ]);
  }

  #query(): void {
    this.#push({ kind: 'query', query: generateQuery(this.#random, this.#relations()).query });
  }

  #push(step: Step): void {
    this.#steps.push(step);
  }

  #relations(): Available[] {
    const tables = [...this.#tables.values()].map(
      (table): Available => ({ name: table.name, columns: table.columns, depth: 0, rows: 12 }),
    );
    return [...tables, ...this.#views.values()];
  }

  #createTable(name: string): void {
    const table = generateTable(this.#random, name);
    this.#tables.set(name, table);
    this.#push({ kind: 'create-table', table });
  }

  #createView(): void {
    const relations = this.#relations().filter((one) => one.depth < deepestView);
    if (this.#views.size >= mostViews || relations.length === 0) return;
    const { query, rows } = generateQuery(this.#random, relations);
    if (columnsOf(query).length === 0) return;
    const materialized = this.#random.chance(0.9);
    const name = `v${this.#nextView++}`;
    const view: ViewShape = {
      name,
      materialized,
      query,
      policy: drawPolicy(this.#random, this.#policies, { strict: false }),
    };
    this.#keepView(view, rows);
    this.#push({ kind: 'create-view', view, orReplace: false });
  }

  #keepView(view: ViewShape, rows: number): void {
    const depths = relationsOf(view.query).map((name) => this.#views.get(name)?.depth ?? 0);
    this.#views.set(view.name, {
      ...view,
      columns: columnsOf(view.query),
      depth: 1 + Math.max(...depths),
      rows,
    });
  }

  #update(): void {
    const tables = [...this.#tables.values()];
    const nextId = () => this.#nextId++;
    const source = { random: this.#random, tables, nextId, values: this.#values, keys: this.#keys };
    const again = this.#steps.filter((step) => step.kind === 'update' && step.idempotencyKey !== null);
    this.#push(
      again.length > 0 && this.#random.chance(0.05) ? this.#random.pick(again) : generateUpdate(source),
    );
  }

  #feed(table: TableShape): void {
    const made = this.#random.list(this.#random.int(4, 9), () => {
      return generateGoodRow(this.#random, table, BigInt(this.#nextId++), this.#values);
    });
    const rows = made.filter((row) => row !== null);
    const insert = {
      kind: 'insert',
      table: table.name,
      shape: table,
      rows,
      onConflict: 'none',
      typed: false,
    } as const;
    if (rows.length === 0) return;
    this.#push({ kind: 'update', statements: [insert], isTransaction: false, idempotencyKey: null });
  }

  #materialized(): (ViewShape & Available)[] {
    return [...this.#views.values()].filter((view) => view.materialized);
  }

  #refresh(): void {
    const views = this.#materialized();
    if (views.length === 0) {
      this.#createView();
      return;
    }
    const { name } = this.#random.pick(views);
    this.#push({ kind: 'refresh', name, how: this.#random.weighted({ incremental: 6, auto: 3, full: 1 }) });
  }

  #replaceView(): void {
    const views = [...this.#views.values()];
    if (views.length === 0) return;
    const old = this.#random.pick(views);
    const columns = (name: string) => this.#relations().find((one) => one.name === name)?.columns ?? [];
    const query = replaceCondition(this.#random, old.query, columns);
    const view: ViewShape = { name: old.name, materialized: old.materialized, query, policy: old.policy };
    this.#keepView(view, old.rows);
    this.#push({ kind: 'create-view', view, orReplace: true });
  }

  #alterView(): void {
    const views = this.#materialized();
    if (views.length === 0) return;
    const { name } = this.#random.pick(views);
    const policy = drawPolicy(this.#random, this.#policies, { strict: false });
    if (Object.values(policy).every((value) => value === null)) return;
    this.#push({ kind: 'alter-view', name, policy });
  }

  #alterTable(): void {
    const tables = [...this.#tables.values()].filter((table) => table.onViolation !== 'warn');
    if (tables.length === 0) return;
    const table = this.#random.pick(tables);
    const onViolation = table.onViolation === 'reject' ? 'quarantine' : 'reject';
    this.#tables.set(table.name, { ...table, onViolation });
    this.#push({ kind: 'alter-table', name: table.name, onViolation });
  }

  /** Drops something, most often a view, with what is over it; a dropped table comes back in another form. */
  #drop(): void {
    const views = [...this.#views.keys()];
    const name =
      views.length > 0 && this.#random.chance(0.8)
        ? this.#random.pick(views)
        : this.#random.pick([...this.#tables.keys()]);
    this.#push({ kind: 'drop', name, cascade: true });
    const gone = new Set([name]);
    for (const view of this.#views.values()) {
      if (relationsOf(view.query).some((one) => gone.has(one))) gone.add(view.name);
    }
    for (const one of gone) this.#views.delete(one);
    if (!this.#tables.delete(name)) return;
    this.#createTable(name);
    this.#update();
    this.#createView();
  }

  #quarantine(): void {
    const tables = [...this.#tables.values()].filter((table) => table.onViolation === 'quarantine');
    if (tables.length === 0) return;
    const { name } = this.#random.pick(tables);
    this.#push({
      kind: 'quarantine',
      action: this.#random.pick(['release', 'release', 'drop']),
      table: name,
    });
  }
}
