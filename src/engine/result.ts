import type { Reason } from '../core/reasons.ts';
import type { Column } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Version } from '../core/version.ts';
import type { StatementKind } from '../declare/statement.ts';
import type { Provenance } from '../query/answer.ts';

/** What became of an update. */
export type UpdateResult = {
  /** `repeated`: the idempotency key was seen before and nothing was done. */
  readonly status: 'accepted' | 'partial' | 'repeated' | 'unchanged';
  readonly reason: Reason;
  /** The version the update made, or, when it made none, the current one. */
  readonly version: Version;
  readonly inserted: number;
  readonly deleted: number;
  readonly quarantined: number;
  readonly warnings: readonly string[];
  /** Of each table whose option `profile` is on. */
  readonly verdicts: readonly Verdict[];
};

/** What one statement gave: rows for those that have any, and for all of them what the answer rests on. */
export type StatementResult = Provenance & {
  /** 1 for the first statement of the text. */
  readonly statement: number;
  readonly kind: StatementKind;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** One line for people: `3 rows inserted into "flights", version 7`. */
  readonly message: string | null;
  readonly update: UpdateResult | null;
};
