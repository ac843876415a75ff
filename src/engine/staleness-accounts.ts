import type { AccountRecord } from '../log/account-log.ts';
import type { Cursor } from '../log/cursor-log.ts';
import { emptyAccount, type StalenessAccount } from '../plan/staleness-account.ts';

/**
 * What stale answers have cost since the last refresh, by object. Reads write nothing, so it is kept in memory, and in the
 * file when the engine is closed. What a crash loses is less than a refresh costs, or one would have been made: the
 * schedule costs at most one refresh more for each.
 */
export class StalenessAccounts {
  readonly #kept: Map<string, AccountRecord>;
  #onCharge: () => void = () => {};
  #isChanged = false;

  constructor(kept: Iterable<readonly [name: string, account: AccountRecord]> = []) {
    this.#kept = new Map(kept);
  }

  /** Anything was charged since the engine was opened. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** @param cursor where the last refresh left it: another one begins another account */
  of(name: string, cursor: Cursor | undefined): StalenessAccount {
    const kept = this.#kept.get(name);
    return kept === undefined || cursor === undefined || kept.since !== placeOf(cursor) ? emptyAccount : kept;
  }

  charge(name: string, cursor: Cursor, costMs: number, answers: number): void {
    const before = this.of(name, cursor);
    this.#kept.set(name, {
      since: placeOf(cursor),
      costMs: before.costMs + costMs,
      answers: before.answers + answers,
    });
    this.#isChanged = true;
    this.#onCharge();
  }

  /** Who is told of each charge. */
  watch(onCharge: () => void): void {
    this.#onCharge = onCharge;
  }

  /** Those that belong to where objects stand now. */
  records(cursors: ReadonlyMap<string, Cursor>): ReadonlyMap<string, AccountRecord> {
    return new Map(
      [...this.#kept].filter(([name, { since }]) => {
        const cursor = cursors.get(name);
        return cursor !== undefined && placeOf(cursor) === since;
      }),
    );
  }
}

function placeOf({ hash, version, asOfMs }: Cursor): string {
  return `${hash} ${version} ${asOfMs}`;
}
