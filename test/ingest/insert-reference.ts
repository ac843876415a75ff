/** Rows of `node`: a key, a second unique pair, a checked value, a reference to `kind` and one to `node` itself. */
export type NodeRow = {
  readonly id: number | null;
  readonly a: number | null;
  readonly b: number | null;
  readonly v: number | null;
  readonly kind: number | null;
  readonly up: number | null;
};

export type Accepted = { readonly kept: readonly NodeRow[]; readonly bad: readonly NodeRow[] };

const pair = ({ a, b }: NodeRow): string | null => (a === null || b === null ? null : `${a},${b}`);

/** What is wrong with a row by itself, given the rows that stand and those that came with it. */
function hasOwnFault(
  row: NodeRow,
  data: readonly NodeRow[],
  batch: readonly NodeRow[],
  kinds: readonly number[],
): boolean {
  const known = [...data, ...batch];
  return (
    row.id === null ||
    data.some((other) => other.id === row.id) ||
    (pair(row) !== null && data.some((other) => pair(other) === pair(row))) ||
    (row.v !== null && row.v > 3) ||
    (row.kind !== null && !kinds.includes(row.kind)) ||
    (row.up !== null && !known.some((other) => other.id === row.up))
  );
}

function repeats(rows: readonly NodeRow[], keyOf: (row: NodeRow) => number | string | null): Set<NodeRow> {
  const seen = new Set<number | string>();
  return new Set(
    rows.filter((row) => {
      const key = keyOf(row);
      if (key === null) return false;
      if (seen.has(key)) return true;
      seen.add(key);
      return false;
    }),
  );
}

/** The rule of `on_violation = quarantine`, row by row in plain JavaScript. */
export function acceptRows(
  batch: readonly NodeRow[],
  data: readonly NodeRow[],
  kinds: readonly number[],
): Accepted {
  let kept = [...batch];
  for (;;) {
    const own = new Set(kept.filter((row) => hasOwnFault(row, data, kept, kinds)));
    const repeated = own.size > 0 ? own : repeats(kept, (row) => row.id);
    const bad = repeated.size > 0 ? repeated : repeats(kept, pair);
    if (bad.size === 0) return { kept, bad: batch.filter((row) => !kept.includes(row)) };
    kept = kept.filter((row) => !bad.has(row));
  }
}

/** Whether every declared constraint holds over the whole table: what a view may rely on (law 4). */
export function isConsistent(data: readonly NodeRow[], kinds: readonly number[]): boolean {
  return (
    repeats(data, (row) => row.id).size === 0 &&
    repeats(data, pair).size === 0 &&
    data.every(
      (row) =>
        row.id !== null &&
        (row.v === null || row.v <= 3) &&
        (row.kind === null || kinds.includes(row.kind)) &&
        (row.up === null || data.some((other) => other.id === row.up)),
    )
  );
}
