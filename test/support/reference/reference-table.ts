import type { Change, TableShape } from '../history.ts';
import { evaluateOnRow } from './evaluate-view.ts';
import { keyOf, type RefRow } from './value.ts';

/** A row set aside; `replacement`: the new form of a row that was to be changed. */
export type HeldRow = { readonly row: RefRow; readonly heldAs: 'insert' | 'replacement' };

export type TableState = {
  readonly shape: TableShape;
  readonly rows: readonly RefRow[];
  readonly held: readonly HeldRow[];
  /** The version at which the table was declared. */
  readonly since: number;
};

export type Effect = { readonly inserted: number; readonly deleted: number; readonly quarantined: number };

export type ChangeResult =
  | { readonly kind: 'applied'; readonly table: TableState; readonly effect: Effect }
  | { readonly kind: 'rejected' };

/** A row about to be written; `old`: the place of the row it replaces, or −1. */
type Staged = { readonly row: RefRow; readonly old: number };

/** What one statement makes of its table, by the declared constraints. */
export function applyChange(state: TableState, change: Change): ChangeResult {
  switch (change.kind) {
    case 'delete': {
      const { where } = change;
      const rows = state.rows.filter((row) => where !== null && !holds(state.shape, where, row));
      return {
        kind: 'applied',
        table: rows.length === state.rows.length ? state : { ...state, rows },
        effect: { inserted: 0, deleted: state.rows.length - rows.length, quarantined: 0 },
      };
    }
    case 'repeat':
      return write(
        state,
        state.rows.filter((row) => holds(state.shape, change.where, row)).map((row) => ({ row, old: -1 })),
      );
    case 'change': {
      const setsKey = change.set.some((one) => state.shape.primaryKey.includes(one.column));
      return write(state, withoutUnchanged(state, changedRows(state, change)), setsKey);
    }
    case 'insert':
      return write(state, withoutUnchanged(state, insertedRows(state, change)));
  }
}

/** Rows that stay as they were are no changes. */
function withoutUnchanged(state: TableState, staged: readonly Staged[]): Staged[] {
  return staged.filter((one) => {
    const old = state.rows[one.old];
    return old === undefined || keyOf(old) !== keyOf(one.row);
  });
}

type Condition = Exclude<Extract<Change, { kind: 'delete' }>['where'], null>;

function holds(shape: TableShape, condition: Condition, row: RefRow): boolean {
  return evaluateOnRow(condition, namesOf(shape), row) === true;
}

function namesOf(shape: TableShape): string[] {
  return shape.columns.map((column) => column.name);
}

function changedRows(state: TableState, change: Extract<Change, { kind: 'change' }>): Staged[] {
  const names = namesOf(state.shape);
  const { where } = change;
  return state.rows.flatMap((row, old) => {
    if (where !== null && !holds(state.shape, where, row)) return [];
    const changed = row.map((value, place) => {
      const assignment = change.set.find((one) => one.column === names[place]);
      return assignment === undefined ? value : evaluateOnRow(assignment.expression, names, row);
    });
    return [{ row: changed, old }];
  });
}

function insertedRows(state: TableState, change: Extract<Change, { kind: 'insert' }>): Staged[] {
  if (change.onConflict === 'none') return change.rows.map((row) => ({ row, old: -1 }));
  const seen = new Set<string>();
  return change.rows.flatMap((row) => {
    const key = primaryKeyOf(state.shape, row);
    const old = key === null ? -1 : state.rows.findIndex((one) => primaryKeyOf(state.shape, one) === key);
    if (change.onConflict !== 'nothing') return [{ row, old }];
    const isRepeated = key !== null && seen.has(key);
    if (key !== null) seen.add(key);
    return old >= 0 || isRepeated ? [] : [{ row, old: -1 }];
  });
}

/** Null where a part is NULL: such keys equal none. */
function primaryKeyOf(shape: TableShape, row: RefRow): string | null {
  if (shape.primaryKey.length === 0) return null;
  const names = namesOf(shape);
  const key = shape.primaryKey.map((column) => row[names.indexOf(column)] ?? null);
  return key.includes(null) ? null : keyOf(key);
}

/**
 * As the engine promises: own faults first, then repeated keys, until what is left holds together. The new form of a
 * row can only be held where the key finds the row again; otherwise the statement is rejected.
 */
function write(state: TableState, given: readonly Staged[], setsKey = false): ChangeResult {
  const { primaryKey, onViolation } = state.shape;
  let staged = given;
  const held: HeldRow[] = [];
  if (onViolation !== 'warn') {
    for (let broken = brokenRows(state, staged); broken.size > 0; broken = brokenRows(state, staged)) {
      const isLost = given.some((one) => one.old >= 0) && (setsKey || primaryKey.length === 0);
      if (onViolation === 'reject' || isLost) return { kind: 'rejected' };
      for (const one of broken) held.push({ row: one.row, heldAs: one.old < 0 ? 'insert' : 'replacement' });
      staged = staged.filter((one) => !broken.has(one));
    }
  }
  const replaced = new Map(staged.filter((one) => one.old >= 0).map((one) => [one.old, one.row]));
  const kept = state.rows.map((row, place) => replaced.get(place) ?? row);
  const added = staged.filter((one) => one.old < 0).map((one) => one.row);
  const rows = staged.length === 0 ? state.rows : [...kept, ...added];
  return {
    kind: 'applied',
    table: { ...state, rows, held: [...state.held, ...held] },
    effect: { inserted: staged.length, deleted: replaced.size, quarantined: held.length },
  };
}

function brokenRows(state: TableState, staged: readonly Staged[]): Set<Staged> {
  const replaced = new Set(staged.map((one) => one.old));
  const kept = new Set(
    state.rows.filter((_, place) => !replaced.has(place)).map((row) => primaryKeyOf(state.shape, row)),
  );
  const own = staged.filter((one) => {
    const key = primaryKeyOf(state.shape, one.row);
    return breaksRow(state.shape, one.row) || (key !== null && kept.has(key));
  });
  if (own.length > 0) return new Set(own);
  const seen = new Set<string>();
  const repeated = staged.filter((one) => {
    const key = primaryKeyOf(state.shape, one.row);
    if (key === null) return false;
    const isRepeated = seen.has(key);
    seen.add(key);
    return isRepeated;
  });
  return new Set(repeated);
}

/** Whether the row alone breaks NOT NULL (keys are NOT NULL too) or CHECK. */
export function breaksRow(shape: TableShape, row: RefRow): boolean {
  const isMissing = shape.columns.some(
    (column, place) =>
      (column.notNull || shape.primaryKey.includes(column.name)) && (row[place] ?? null) === null,
  );
  return isMissing || (shape.check !== null && evaluateOnRow(shape.check, namesOf(shape), row) === false);
}

/** What RELEASE QUARANTINE does: the rows held are checked again, and those that hold now are taken. */
export function releaseHeld(state: TableState): TableState {
  const staged = state.held.map(({ row, heldAs }) => {
    const key = primaryKeyOf(state.shape, row);
    const old =
      heldAs === 'insert' ? -1 : state.rows.findIndex((one) => primaryKeyOf(state.shape, one) === key);
    return { row, old };
  });
  const shape = { ...state.shape, onViolation: 'quarantine' as const };
  const result = write({ ...state, shape, held: [] }, staged);
  if (result.kind === 'rejected') return state;
  const stillHeld = new Set(result.table.held.map((one) => one.row));
  return { ...result.table, shape: state.shape, held: state.held.filter((one) => stillHeld.has(one.row)) };
}
