/**
 * Which state of a relation is read, for a change in the versions (from, to]: its rows at `to`, its rows at `from`,
 * or the signed rows of its log in between. old = new ∪ −change, as a signed bag.
 */
export type Snapshot = 'new' | 'old' | 'change';

/**
 * The rows of a stored relation: a base table, or the contents of a kept view.
 *
 * Schema: `columns`. Change: the relation's log, or nothing when the relation has not changed.
 */
export interface ScanNode {
  readonly kind: 'scan';
  readonly relation: string;
  readonly source: 'table' | 'kept';
  readonly columns: readonly string[];
  /** Whether it can change without a new version, as time passes. */
  readonly isClocked: boolean;
  readonly snapshot: Snapshot;
}

export function createScan(
  relation: string,
  source: ScanNode['source'],
  columns: readonly string[],
  isClocked = false,
): ScanNode {
  return Object.freeze({ kind: 'scan', relation, source, columns, isClocked, snapshot: 'new' });
}

export function changeOfScan(node: ScanNode, changed: ReadonlySet<string>): ScanNode | null {
  return changed.has(node.relation) ? Object.freeze({ ...node, snapshot: 'change' }) : null;
}

export function oldOfScan(node: ScanNode, changed: ReadonlySet<string>): ScanNode {
  return changed.has(node.relation) ? Object.freeze({ ...node, snapshot: 'old' }) : node;
}
