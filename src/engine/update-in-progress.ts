import { EverviewError } from '../core/errors.ts';
import type {
  ChangeOutcome,
  RejectedRows,
  UpdateContext,
  Violation,
  ViolationCount,
} from '../ingest/change-outcome.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import type { LetIn } from './judge-update.ts';
import { targetAt } from './table-clock.ts';
import type { WriteDraft } from './write-draft.ts';

/** What the statements of one update have done so far. */
export type Tally = {
  /** Rows that came with it for the first time, whatever became of them. */
  readonly arrived: number;
  readonly inserted: number;
  readonly deleted: number;
  readonly quarantined: number;
  /** Of those, all but replays. */
  readonly setAside: number;
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
  readonly counts: readonly ViolationCount[];
  readonly violations: readonly Violation[];
};

/** Where the rows of a statement come from: with it; out of the table, where it changes them; or from where they were kept. */
export type RowOrigin = 'arriving' | 'present' | LetIn;

/** One update being made: its statements run in turn inside one write transaction. */
export class UpdateInProgress {
  readonly draft: WriteDraft;
  readonly context: UpdateContext;
  /** Rows of a rejected update that are only in bad company. */
  readonly companions: RejectedRows[] = [];
  /** What the result is to say beside the warnings about rows. */
  readonly notes: string[] = [];
  readonly #byTable = new Map<string, Tally>();
  readonly #letIn = new Map<string, LetIn | null>();
  readonly #touched = new Set<string>();
  #arriving: string | null = null;

  constructor(draft: WriteDraft, context: Omit<UpdateContext, 'touched'>) {
    this.draft = draft;
    this.context = { ...context, touched: this.#touched };
  }

  tableEntry(name: string): TableEntry {
    const { catalog } = this.draft.state;
    const entry = catalog.get(name);
    if (entry?.kind === 'table') return { ...entry, target: targetAt(entry, this.context.nowMs) };
    throw notATable(
      name,
      entry?.kind,
      catalog
        .entries()
        .filter((known) => known.kind === 'table')
        .map(nameOf),
    );
  }

  /** Runs one statement on one table and adds up what it did. */
  async apply(
    table: string,
    work: (entry: TableEntry) => Promise<ChangeOutcome>,
    origin: RowOrigin,
  ): Promise<ChangeOutcome> {
    const entry = this.tableEntry(table);
    const name = nameOf(entry);
    if (origin === 'arriving') this.#arriving = name;
    const outcome = await work(entry);
    this.#arriving = null;
    const letIn = origin === 'arriving' || origin === 'present' ? null : origin;
    if (outcome.inserted > 0) this.#letIn.set(name, bothLetIn(this.#letIn.get(name), letIn));
    this.#touched.add(name.toLowerCase());
    const before = this.#byTable.get(name) ?? nothing;
    const setAside = setAsideBy(outcome);
    this.#byTable.set(name, {
      arrived: before.arrived + (origin === 'arriving' ? outcome.inserted + setAside : 0),
      inserted: before.inserted + outcome.inserted,
      deleted: before.deleted + outcome.deleted,
      quarantined: before.quarantined + outcome.quarantined,
      setAside: before.setAside + setAside,
      warnings: [...before.warnings, ...outcome.warnings],
      notices: [...before.notices, ...outcome.notices],
      counts: [...before.counts, ...outcome.counts],
      violations: [...before.violations, ...outcome.violations],
    });
    return outcome;
  }

  /** Rows of the table that were taken are set aside after all. */
  setAside(table: string, rows: number): void {
    const tally = this.#byTable.get(table);
    if (tally === undefined || rows === 0) return;
    this.#byTable.set(table, {
      ...tally,
      inserted: tally.inserted - rows,
      quarantined: tally.quarantined + rows,
      setAside: tally.setAside + rows,
    });
  }

  /** What the judgement says of rows that are let in does not keep them out. Null: some of the table's came by themselves. */
  letInTo(table: string): LetIn | null {
    return this.#letIn.get(table) ?? null;
  }

  /** The table to which the statement brought rows that runs, or that has failed; null: it brought none. */
  get arriving(): string | null {
    return this.#arriving;
  }

  /**
   * The tables to which rows came that have taken none: all were set aside, or the update is refused. Rows that came
   * before, and again, are none of those that the next update goes on from.
   */
  keptOut(fate: 'accepted' | 'refused' | 'refused-replay'): readonly string[] {
    const tables = new Set<string>();
    if (this.#arriving !== null && fate !== 'refused-replay') tables.add(this.#arriving);
    for (const [table, { arrived, inserted }] of this.#byTable)
      if (arrived > 0 && (fate !== 'accepted' || inserted === 0)) tables.add(table);
    return [...tables];
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  get tallies(): ReadonlyMap<string, Tally> {
    return this.#byTable;
  }
}

function setAsideBy({ quarantined, counts }: ChangeOutcome): number {
  // A replay that is set aside is so whole.
  return counts.some(({ kind }) => kind === 'replayed-batch') ? 0 : quarantined;
}

function bothLetIn(before: LetIn | null | undefined, now: LetIn | null): LetIn | null {
  if (before === undefined || before === now) return now;
  return before === null || now === null ? null : 'as-it-came';
}

const nothing: Tally = {
  arrived: 0,
  inserted: 0,
  deleted: 0,
  quarantined: 0,
  setAside: 0,
  warnings: [],
  notices: [],
  counts: [],
  violations: [],
};

function notATable(name: string, kind: string | undefined, tables: readonly string[]): EverviewError {
  if (kind === undefined) {
    return new EverviewError('unknown-relation', `there is no table "${name}"`, {
      hint: tables.length === 0 ? 'CREATE TABLE makes one' : `tables: ${tables.slice(0, 12).join(', ')}`,
    });
  }
  return new EverviewError('wrong-kind', `"${name}" is a ${kind}; only base tables take updates`, {
    hint: `update the tables that "${name}" is defined over, and it will follow`,
  });
}
