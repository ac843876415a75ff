import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { sameName } from '../core/schema.ts';
import type { ColumnDefinition, Constraint, ConstraintKind } from './definition.ts';
import type { DraftConstraint, DraftName } from './definition-draft.ts';
import { expressionText } from './sql-text.ts';

type Unnamed = Constraint extends infer C ? (C extends Constraint ? Omit<C, 'name'> : never) : never;

type Resolved = { readonly constraint: Unnamed; readonly name: DraftName | null; readonly base: string };

const order = [
  'not-null',
  'primary-key',
  'unique',
  'references',
  'check',
] as const satisfies readonly ConstraintKind[];

/** The columns a constraint names; a check's are inside its expression. */
export function constraintColumns(constraint: Unnamed): readonly string[] {
  switch (constraint.kind) {
    case 'not-null':
      return [constraint.column];
    case 'unique':
    case 'primary-key':
    case 'references':
      return constraint.columns;
    case 'check':
      return [];
  }
}

/** The name a constraint has when the user gives none and it is free. */
export function defaultConstraintName(table: string, constraint: Unnamed): string {
  const names = constraintColumns(constraint).join('_');
  switch (constraint.kind) {
    case 'not-null':
      return `${table}_${names}_not_null`;
    case 'primary-key':
      return `${table}_pkey`;
    case 'unique':
      return `${table}_${names}_key`;
    case 'references':
      return `${table}_${names}_fkey`;
    case 'check':
      return `${table}_check`;
  }
}

/**
 * The constraints of a table in canonical order (by kind, then column), each with a name, and with the NOT NULLs that
 * a primary key implies.
 * @throws EverviewError `unknown-column` or `invalid-definition`.
 */
export function resolveConstraints(
  table: string,
  columns: readonly ColumnDefinition[],
  drafts: readonly DraftConstraint[],
): readonly Constraint[] {
  const resolved = drafts.flatMap((draft) => resolve(table, columns, draft));
  assertOneKey(table, drafts);
  assertNullable(table, drafts, resolved);
  const seen = new Set<string>();
  const kept = resolved.filter(({ constraint }) => {
    if (constraint.kind !== 'not-null') return true;
    const repeated = seen.has(constraint.column);
    seen.add(constraint.column);
    return !repeated;
  });
  return nameAll(table, sortCanonically(kept, columns));
}

function resolve(table: string, columns: readonly ColumnDefinition[], draft: DraftConstraint): Resolved[] {
  const known = (given: DraftName) => knownColumn(table, columns, given);
  const one = (constraint: Unnamed, base = defaultConstraintName(table, constraint)): Resolved => ({
    constraint,
    name: draft.name,
    base,
  });
  switch (draft.kind) {
    case 'nullable':
      known(draft.column);
      return [];
    case 'not-null':
      return [one({ kind: 'not-null', column: known(draft.column) })];
    case 'check': {
      const expression = expressionText(`a CHECK of table "${table}"`, draft.expression);
      const base = draft.column === null ? `${table}_check` : `${table}_${draft.column.name}_check`;
      return [one({ kind: 'check', expression }, base)];
    }
    case 'unique':
      return [one({ kind: 'unique', columns: knownList(table, columns, draft.columns) })];
    case 'primary-key': {
      const key = knownList(table, columns, draft.columns);
      const notNulls = key.map((column) => ({ ...one({ kind: 'not-null', column }), name: null }));
      return [one({ kind: 'primary-key', columns: key }), ...notNulls];
    }
    case 'references':
      return [one(resolveReference(table, columns, draft))];
  }
}

function resolveReference(
  table: string,
  columns: readonly ColumnDefinition[],
  draft: Extract<DraftConstraint, { kind: 'references' }>,
): Unnamed {
  const targets = draft.targetColumns.map(({ name }) => name);
  if (targets.length > 0 && targets.length !== draft.columns.length) {
    throw new EverviewError(
      'invalid-definition',
      `a reference of table "${table}" names ${draft.columns.length} columns and ${targets.length} of "${draft.table.name}"`,
      { at: draft.table.at, hint: 'name as many columns on both sides' },
    );
  }
  const own = knownList(table, columns, draft.columns);
  const { matchRate = 1 } = draft;
  if (!(matchRate > 0 && matchRate <= 1)) {
    throw new EverviewError('invalid-definition', `a MATCH RATE of table "${table}" is ${matchRate}`, {
      at: draft.table.at,
      hint: 'it is the least share of references that must be found: above 0, and at most 1',
    });
  }
  const share = matchRate === 1 ? {} : { matchRate };
  return { kind: 'references', columns: own, table: draft.table.name, targetColumns: targets, ...share };
}

function knownColumn(table: string, columns: readonly ColumnDefinition[], given: DraftName): string {
  const found = columns.find((column) => sameName(column.name, given.name));
  if (found !== undefined) return found.name;
  const names = columns.map((column) => column.name);
  throw new EverviewError('unknown-column', `table "${table}" has no column "${given.name}"`, {
    at: given.at,
    hint: nearestHint(given.name, names),
  });
}

function knownList(
  table: string,
  columns: readonly ColumnDefinition[],
  given: readonly DraftName[],
): string[] {
  const names = given.map((one) => knownColumn(table, columns, one));
  const repeated = given.find((_, index) => names.indexOf(names[index] ?? '') < index);
  if (repeated === undefined && names.length > 0) return names;
  throw new EverviewError(
    'invalid-definition',
    `a constraint of table "${table}" ${repeated === undefined ? 'names no column' : `names "${repeated.name}" twice`}`,
    { at: repeated?.at },
  );
}

function assertOneKey(table: string, drafts: readonly DraftConstraint[]): void {
  const second = drafts.filter((draft) => draft.kind === 'primary-key')[1];
  if (second === undefined || second.kind !== 'primary-key') return;
  throw new EverviewError('invalid-definition', `table "${table}" has two primary keys`, {
    at: second.columns[0]?.at,
    hint: 'a key over several columns is written PRIMARY KEY (a, b)',
  });
}

function assertNullable(
  table: string,
  drafts: readonly DraftConstraint[],
  resolved: readonly Resolved[],
): void {
  for (const draft of drafts) {
    if (draft.kind !== 'nullable') continue;
    const { column } = draft;
    const strict = resolved.some(
      ({ constraint }) => constraint.kind === 'not-null' && sameName(constraint.column, column.name),
    );
    if (!strict) continue;
    throw new EverviewError(
      'invalid-definition',
      `column "${column.name}" of table "${table}" is NULL and NOT NULL`,
      {
        at: column.at,
        hint: 'a primary key is NOT NULL',
      },
    );
  }
}

function sortCanonically(constraints: readonly Resolved[], columns: readonly ColumnDefinition[]): Resolved[] {
  const rank = ({ constraint }: Resolved): number => {
    const [first, ...more] = constraintColumns(constraint);
    const column = columns.findIndex((one) => one.name === first);
    const wide = more.length > 0 ? columns.length : 0;
    return order.indexOf(constraint.kind) * 2 * (columns.length + 1) + wide + column;
  };
  return constraints.toSorted((a, b) => rank(a) - rank(b));
}

function nameAll(table: string, constraints: readonly Resolved[]): Constraint[] {
  const taken = new Set<string>();
  for (const { name } of constraints) {
    if (name === null) continue;
    if (taken.has(name.name.toLowerCase())) {
      throw new EverviewError('invalid-definition', `table "${table}" has two constraints "${name.name}"`, {
        at: name.at,
      });
    }
    taken.add(name.name.toLowerCase());
  }
  return constraints.map(({ constraint, name, base }) => {
    if (name !== null) return { ...constraint, name: name.name };
    let free = base;
    for (let n = 1; taken.has(free.toLowerCase()); n += 1) free = `${base}${n}`;
    taken.add(free.toLowerCase());
    return { ...constraint, name: free };
  });
}
