/** What accepted updates have shown of a column: what is outside of it is new. */
export type KnownColumn = {
  readonly least: number;
  readonly greatest: number;
  /** Null: it has many values, so that a new one says nothing. */
  readonly values: ReadonlySet<string> | null;
  readonly patterns: ReadonlySet<string> | null;
  /** First, middle and last moment of the update before; null for other kinds. */
  readonly latest: { readonly first: number; readonly median: number; readonly last: number } | null;
};
