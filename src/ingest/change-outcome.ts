import { EverviewError } from '../core/errors.ts';
import type { Version } from '../core/version.ts';
import type { RuleKind } from '../declare/definition.ts';

/** What the writer says about the update a statement is part of; `version` is the one it will make. */
export type UpdateContext = {
  readonly updateId: number;
  readonly version: Version;
  /** Up to here nobody asks for changes any more. */
  readonly horizon: Version;
  /** The update's moment, from the engine's clock. */
  readonly nowMs: number;
  /** Tables, in lower case, that earlier statements of the update were about; absent: not known. */
  readonly touched?: ReadonlySet<string>;
  /** Rows of a table before the update; absent: not known. */
  readonly rowsOf?: (table: string) => number;
};

/** One row that breaks one constraint. */
export type Violation = {
  readonly table: string;
  /** Number of the row in its batch, from 1. */
  readonly row: number;
  /** The row as JSON. */
  readonly content: string;
  readonly constraint: string;
  readonly kind: RuleKind;
  /** For people: `delay = 5400 breaks CHECK (delay BETWEEN -120 AND 2000)`. */
  readonly reason: string;
};

export type ViolationCount = {
  readonly table: string;
  readonly constraint: string;
  readonly kind: RuleKind;
  readonly rows: number;
};

/** What one statement did to one table. An update counts as a delete and an insert. */
export type ChangeOutcome = {
  readonly inserted: number;
  readonly deleted: number;
  /** Rows set aside (each counts once, however many constraints it breaks). */
  readonly quarantined: number;
  /** One line per constraint broken, for `on_violation = warn`. */
  readonly warnings: readonly string[];
  /** What else people are to be told: columns that came and that nobody takes. */
  readonly notices: readonly string[];
  /** The first violations, at most `violationSample`; `counts` has them all. */
  readonly violations: readonly Violation[];
  readonly counts: readonly ViolationCount[];
};

export const violationSample = 20;

export const nothingDone: ChangeOutcome = {
  inserted: 0,
  deleted: 0,
  quarantined: 0,
  warnings: [],
  notices: [],
  violations: [],
  counts: [],
};

/** What is left on the stage after the check may be written. */
export type Verdict = {
  readonly rows: number;
  readonly quarantined: number;
  readonly warnings: readonly string[];
  readonly violations: readonly Violation[];
  readonly counts: readonly ViolationCount[];
};

export function outcomeOf(
  { quarantined, warnings, violations, counts }: Verdict,
  { inserted, deleted }: { readonly inserted: number; readonly deleted: number },
): ChangeOutcome {
  return { inserted, deleted, quarantined, warnings, notices: [], violations, counts };
}

/** Rows of a refused statement, as the quarantine keeps them (law 4). */
export type RejectedRows = {
  readonly table: string;
  readonly rows: readonly RejectedRow[];
};

export type RejectedRow = {
  /** The row as JSON. */
  readonly content: string;
  /** The first constraint broken; `update-rejected` for rows that are only in bad company. */
  readonly constraint: string;
  readonly kind: RuleKind | 'update-rejected';
  readonly reason: string;
};

/**
 * `constraint-violation`, or `replayed-batch`: the update cannot be taken. `data` holds `violations` (a sample) and `counts`. The engine
 * rolls back, then writes `rejected` with `recordRejected` in a transaction of its own.
 */
export class UpdateRejected extends EverviewError {
  readonly rejected: RejectedRows;
  readonly violations: readonly Violation[];
  readonly counts: readonly ViolationCount[];

  constructor(
    violations: readonly Violation[],
    counts: readonly ViolationCount[],
    rejected: RejectedRows,
    hint: string,
  ) {
    super(rejectionCode(violations), rejectionMessage(rejected.table, violations, counts), {
      hint,
      data: { violations, counts },
    });
    // Not enumerable: whoever prints the error does not print the batch.
    for (const name of ['rejected', 'violations', 'counts'])
      Object.defineProperty(this, name, { enumerable: false });
    this.rejected = rejected;
    this.violations = violations;
    this.counts = counts;
  }
}

function rejectionCode(violations: readonly Violation[]): 'constraint-violation' | 'replayed-batch' {
  return violations[0]?.kind === 'replayed-batch' ? 'replayed-batch' : 'constraint-violation';
}

function rejectionMessage(
  table: string,
  violations: readonly Violation[],
  counts: readonly ViolationCount[],
): string {
  const first = violations[0];
  if (first === undefined) return 'rows break a constraint';
  if (first.kind === 'replayed-batch') return `the update of "${table}": ${first.reason}`;
  const total = counts.reduce((sum, count) => sum + count.rows, 0);
  const more = total > 1 ? ` (and ${total - 1} more ${total === 2 ? 'violation' : 'violations'})` : '';
  return `row ${first.row} of the update of "${table}": ${first.reason}${more}`;
}
