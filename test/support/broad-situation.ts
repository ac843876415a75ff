import type { BroadHistory, BroadStep, BroadTable, BroadView } from './broad-history.ts';
import { renderQuery } from './broad-query.ts';
import type { TextRow } from './broad-reference.ts';

/** What a history can bring about that published systems got wrong, and kinds of values that are easily lost. */
export const situations = [
  'both sides at once',
  'group empties and returns',
  'null key',
  'duplicate rows',
  'update of a key',
  'decimal',
  'timestamp',
  'timestamptz',
  'nan',
  'negative zero',
  'infinity',
  'empty input',
  'table emptied',
  'wide row',
  'four deep',
  'diamond',
  'definition changed',
  'definition changed below a view',
  'compacted between refreshes',
  'incremental and full in turn',
  'reopened',
] as const;

export type Situation = (typeof situations)[number];

/** Columns of a row that is wide. */
const wideColumns = 20;

/** What can be seen in a history without playing it. */
export function situationsOf(history: BroadHistory): Set<Situation> {
  const scan = new SituationScan(history.historyVersions !== null);
  for (const step of history.steps) scan.step(step);
  return scan.found;
}

class SituationScan {
  readonly found = new Set<Situation>();
  readonly #isCompacting: boolean;
  readonly #tables = new Map<string, BroadTable>();
  readonly #filled = new Set<string>();
  /** What each view reads, directly. */
  readonly #reads = new Map<string, readonly string[]>();
  readonly #views = new Map<string, BroadView>();
  #isPending = false;
  #isCompacted = false;

  constructor(isCompacting: boolean) {
    this.#isCompacting = isCompacting;
  }

  step(step: BroadStep): void {
    switch (step.kind) {
      case 'create-table':
        this.#tables.set(step.table.name, step.table);
        return;
      case 'create-view':
        this.#declare(step.view, step.orReplace);
        return;
      case 'drop-view':
        this.#reads.delete(step.name);
        return;
      case 'update':
        this.#update(step);
        return;
      case 'tick':
        this.#isCompacted ||= this.#isCompacting && this.#isPending;
        return;
      case 'refresh':
        if (this.#isCompacted) this.found.add('compacted between refreshes');
        this.#isPending = false;
        this.#isCompacted = false;
        return;
      case 'reopen':
        this.found.add('reopened');
        return;
      case 'advance':
        return;
    }
  }

  #declare(view: BroadView, orReplace: boolean): void {
    if (orReplace) {
      this.found.add('definition changed');
      if ([...this.#reads.values()].some((names) => names.includes(view.name))) {
        this.found.add('definition changed below a view');
      }
    }
    const text = renderQuery(view.query);
    const known = [...this.#tables.keys(), ...this.#reads.keys()];
    const names = known.filter((name) => name !== view.name && new RegExp(`\\b${name}\\b`).test(text));
    this.#reads.set(view.name, names);
    this.#views.set(view.name, view);
    if (this.#depthOf(view.name) >= 4) this.found.add('four deep');
    if (isDiamond(names.map((name) => [name, ...this.#under(name)]))) this.found.add('diamond');
    if (names.some((name) => this.#tables.has(name) && !this.#filled.has(name)))
      this.found.add('empty input');
    if (view.query.kind === 'select' && view.query.items.length >= wideColumns) this.found.add('wide row');
    for (const [type, column] of typedColumns) {
      if (new RegExp(`\\.${column}\\b`).test(text)) this.found.add(type);
    }
  }

  #update({ changes }: Extract<BroadStep, { kind: 'update' }>): void {
    this.#isPending = true;
    const touched = [...new Set(changes.map((change) => change.table))];
    for (const [name, view] of this.#views) {
      const below = this.#under(name);
      const isJoin = view.operators.some((operator) => operator.endsWith('-join'));
      if (isJoin && touched.filter((table) => below.includes(table)).length > 1) {
        this.found.add('both sides at once');
      }
    }
    for (const change of changes) {
      const text = change.kind === 'statement' ? change.sql : JSON.stringify(change.rows);
      for (const [situation, pattern] of patterns) if (pattern.test(text)) this.found.add(situation);
      if (change.kind !== 'insert') continue;
      this.#filled.add(change.table);
      const key = this.#tables.get(change.table)?.columns.findIndex((column) => column.name === 'k') ?? -1;
      if (change.rows.some((row) => row[key] === 'NULL')) this.found.add('null key');
      const rows = change.rows.map((row) => row.join());
      if (new Set(rows).size < rows.length) this.found.add('duplicate rows');
    }
  }

  /** All the view is over, tables too. */
  #under(name: string): string[] {
    return (this.#reads.get(name) ?? []).flatMap((one) => [one, ...this.#under(one)]);
  }

  #depthOf(name: string): number {
    const reads = this.#reads.get(name);
    return reads === undefined ? 0 : 1 + Math.max(0, ...reads.map((one) => this.#depthOf(one)));
  }
}

const typedColumns = [
  ['decimal', 'd'],
  ['timestamp', 'ts'],
  ['timestamptz', 'tz'],
] as const satisfies readonly (readonly [Situation, string])[];

const patterns = [
  ['nan', /'NaN'/],
  ['negative zero', /'-0'/],
  ['infinity', /'-?Infinity'/],
  ['update of a key', /^UPDATE \w+ SET id = /],
  ['table emptied', /^DELETE FROM \w+$/],
] as const satisfies readonly (readonly [Situation, RegExp])[];

/** Whether two of the things read rest on the same. */
function isDiamond(reads: readonly (readonly string[])[]): boolean {
  return reads.some((one, place) =>
    reads.slice(place + 1).some((two) => one.some((name) => two.includes(name))),
  );
}

/** Whether a group was there, was gone and was there again: the contents of a view at one moment after the other. */
export function hasReturnedGroup(view: BroadView, contents: readonly (readonly TextRow[])[]): boolean {
  const { query } = view;
  const isByFirst = query.kind === 'select' && query.groupBy?.split(', ')[0] === query.items[0]?.expression;
  if (!isByFirst) return false;
  const gone = new Set<string | null>();
  let before = new Set<string | null>();
  for (const rows of contents) {
    const now = new Set(rows.map((row) => row[0] ?? null));
    if ([...now].some((key) => gone.has(key))) return true;
    for (const key of before) if (!now.has(key)) gone.add(key);
    before = now;
  }
  return false;
}
