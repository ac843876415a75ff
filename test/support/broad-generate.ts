import { deepestQuery, drawBlock } from './broad-block.ts';
import { drawCondition } from './broad-expression.ts';
import { drawTable, TableDraft } from './broad-generate-update.ts';
import type { BroadChange, BroadHistory, BroadStep, BroadView } from './broad-history.ts';
import { fromBlock } from './broad-input.ts';
import { type Block, Pen, type Relation } from './broad-pen.ts';
import { blockOf, selectOver } from './broad-rows.ts';
import { drawPolicy, type PolicyMood } from './draw-policy.ts';
import { Random } from './random.ts';

const deepestView = 4;
const mostViews = 4;

/** A history of about `length` steps, the declarations among them. The same seed gives the same history. */
export function generateBroadHistory(seed: number, length: number): BroadHistory {
  const writer = new BroadHistoryWriter(seed);
  writer.declareAll();
  while (writer.length < length) writer.step();
  return writer.history();
}

type ViewDraft = { readonly view: BroadView; readonly block: Block; readonly relation: Relation };

class BroadHistoryWriter {
  readonly #seed: number;
  readonly #random: Random;
  readonly #mood: PolicyMood;
  readonly #forced: BroadHistory['forced'];
  readonly #historyVersions: number | null;
  readonly #isOdd: boolean;
  readonly #storage: BroadHistory['storage'];
  readonly #steps: BroadStep[] = [];
  readonly #tables: TableDraft[] = [];
  readonly #views = new Map<string, ViewDraft>();
  #nextView = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#mood = this.#random.weighted({ eager: 6, lazy: 2, mixed: 3 });
    const way = this.#random.weighted({ auto: 2, incremental: 2, algebraic: 3, domain: 5, full: 0.5 });
    this.#forced = way === 'auto' ? null : way;
    this.#historyVersions = this.#random.chance(0.3) ? this.#random.pick([0, 1, 3]) : null;
    this.#isOdd = this.#random.chance(0.2);
    this.#storage = this.#random.chance(0.08) ? 'file' : 'memory';
  }

  get length(): number {
    return this.#steps.length;
  }

  history(): BroadHistory {
    return {
      seed: this.#seed,
      storage: this.#storage,
      forced: this.#forced,
      historyVersions: this.#historyVersions,
      steps: this.#steps,
    };
  }

  declareAll(): void {
    for (let count = this.#random.int(2, 3); count > 0; count--) {
      const table = drawTable(this.#random, `t${this.#tables.length}`);
      this.#tables.push(new TableDraft(this.#random, table, this.#isOdd));
      this.#steps.push({ kind: 'create-table', table });
    }
    const filled = this.#tables.filter(() => this.#random.chance(0.85));
    if (filled.length > 0) {
      this.#steps.push({ kind: 'update', changes: filled.map((one) => one.insert(this.#random.int(4, 12))) });
    }
    for (let count = this.#random.int(2, mostViews); count > 0; count--) this.#createView();
  }

  step(): void {
    this.#random.perform([
      [72, () => this.#update()],
      [12, () => this.#refresh()],
      [6, () => this.#advance()],
      [this.#historyVersions === null ? 4 : 12, () => this.#steps.push({ kind: 'tick' })],
      [4, () => this.#createView()],
      [3, () => this.#replaceView()],
      [1.5, () => this.#dropView()],
      [this.#storage === 'file' ? 8 : 0, () => this.#steps.push({ kind: 'reopen' })],
    ]);
  }

  #advance(): void {
    const ms = this.#random.pick([1, 500, 30_000, 90_000, 86_400_000, 20 * 86_400_000]);
    this.#steps.push({ kind: 'advance', ms });
  }

  #update(): void {
    const changes = this.#random.list(this.#random.pick([1, 1, 1, 2, 2, 3, 4]), (): BroadChange => {
      const table = this.#random.pick(this.#tables);
      return (this.#random.chance(0.04) ? table.rekey() : null) ?? table.change();
    });
    this.#steps.push({ kind: 'update', changes });
  }

  #refresh(): void {
    const names = [...this.#views.values()]
      .filter(({ view }) => view.isMaterialized)
      .map(({ view }) => view.name);
    if (names.length === 0) return;
    const how = this.#random.weighted({ incremental: 6, auto: 2, full: 2 });
    this.#steps.push({ kind: 'refresh', name: this.#random.pick(names), how });
  }

  #relations(): Relation[] {
    const tables = this.#tables.map(
      ({ table }): Relation => ({ ...table, rows: 12, depth: 0, top: 'table' }),
    );
    return [...tables, ...[...this.#views.values()].map((one) => one.relation)];
  }

  #createView(): void {
    const relations = this.#relations().filter((one) => one.depth < deepestView);
    if (this.#views.size >= mostViews) return;
    const block = drawBlock(new Pen(this.#random, relations), this.#levels());
    if (block === null) return;
    this.#declare(`v${this.#nextView++}`, block, { orReplace: false });
  }

  /** Of queries inside a view; the pairs of operators come from views over views as well. */
  #levels(): number {
    return this.#random.pick([0, 0, 0, 1, 1, deepestQuery]);
  }

  #declare(name: string, block: Block, { orReplace }: { orReplace: boolean }): void {
    const old = this.#views.get(name)?.view;
    const view: BroadView = {
      name,
      isMaterialized: old?.isMaterialized ?? this.#random.chance(0.92),
      policy: old?.policy ?? drawPolicy(this.#random, this.#mood, { strict: true }),
      query: block.query,
      operators: block.operators,
      pairs: block.pairs,
    };
    const depths = [...this.#views.values()].map((one) =>
      reads(view, one.view.name) ? one.relation.depth : 0,
    );
    const depth = 1 + Math.max(0, ...depths);
    const relation: Relation = { ...block, name, depth };
    this.#views.set(name, { view, block, relation });
    this.#steps.push({ kind: 'create-view', view, orReplace });
  }

  /** The same columns from fewer rows; where nothing is over it, anything. */
  #replaceView(): void {
    const views = [...this.#views.values()];
    if (views.length === 0) return;
    const { view, block, relation } = this.#random.pick(views);
    const isRead = views.some((one) => reads(one.view, view.name));
    if (!isRead && this.#random.chance(0.6)) {
      const relations = this.#relations().filter((one) => one.depth < relation.depth);
      const other = drawBlock(new Pen(this.#random, relations), this.#levels());
      if (other !== null) this.#declare(view.name, other, { orReplace: true });
      return;
    }
    const from = fromBlock(new Pen(this.#random, []), block, false);
    const where = [drawCondition(this.#random, from.columns)];
    const outputs = from.columns.map((column) => ({ ...column }));
    const marks = from.marks.under('filter');
    const narrowed = blockOf({ ...selectOver(from), where }, outputs, marks, {
      rows: block.rows,
      key: block.key,
    });
    if (JSON.stringify(narrowed.query).length < 12_000)
      this.#declare(view.name, narrowed, { orReplace: true });
  }

  #dropView(): void {
    const views = [...this.#views.keys()];
    if (views.length < 3) return;
    const name = this.#random.pick(views);
    this.#steps.push({ kind: 'drop-view', name });
    const gone = new Set([name]);
    for (const { view } of this.#views.values()) {
      if ([...gone].some((one) => reads(view, one))) gone.add(view.name);
    }
    for (const one of gone) this.#views.delete(one);
    this.#createView();
  }
}

/** Whether the view's text names the relation. */
function reads(view: BroadView, name: string): boolean {
  return JSON.stringify(view.query).match(new RegExp(`\\b${name}\\b`)) !== null;
}
