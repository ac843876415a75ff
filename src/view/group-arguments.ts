import type { GroupArgument } from '../algebra/group.ts';
import type { GroupMoments } from '../algebra/moments.ts';
import type { Relation } from '../algebra/node.ts';
import { createProject } from '../algebra/project.ts';
import { numericKindOf, type Schema } from '../core/schema.ts';
import { type LoweredArgument, type LoweredGroup, momentArgument } from '../plan/lower-group.ts';
import { argumentColumn } from '../plan/lower-query.ts';

/** What is kept of a group's arguments, and how their columns are to be cast for it. */
export type TypedGroup = {
  readonly arguments: readonly GroupArgument[];
  readonly moments: readonly TypedMoments[];
  /** By column of the input: its expression as the state wants it. */
  readonly casts: ReadonlyMap<string, (expression: string) => string>;
};

export type TypedMoments = GroupMoments & {
  /** Decimal places of exact columns: they are kept as whole numbers of their last digit. */
  readonly xScale: number;
  readonly yScale: number;
};

/**
 * The kept sums for arguments of their types, or what stands in the way.
 *
 * @param types the columns of the group's input: keys, arguments, then the columns of moments
 */
export function typedGroup(group: LoweredGroup, types: Schema): TypedGroup | string {
  const typeOf = (column: string) => types.find(({ name }) => name === column)?.type ?? '';
  const casts = new Map<string, (expression: string) => string>();
  const args: GroupArgument[] = [];
  for (const [place, argument] of group.arguments.entries()) {
    const column = argumentColumn(place);
    const typed = typedArgument(argument, column, typeOf(column));
    if (typeof typed === 'string') return typed;
    if (typeOf(column) === 'BOOLEAN' && typed.sum !== null) {
      casts.set(column, (expression) => `CAST(${expression} AS INTEGER)`);
    }
    args.push(typed);
  }
  const moments: TypedMoments[] = [];
  for (const [place, { y }] of group.moments.entries()) {
    const columns = { x: momentArgument('x', place), y: y === null ? null : momentArgument('y', place) };
    const typed = typedMoments(columns, typeOf);
    if (typeof typed === 'string') return typed;
    const isSmall = [columns.x, ...(columns.y === null ? [] : [columns.y])].every((column) =>
      hasSmallProducts(typeOf(column)),
    );
    casts.set(columns.x, momentCast(typed.kind, typed.xScale, isSmall));
    if (columns.y !== null) casts.set(columns.y, momentCast(typed.kind, typed.yScale, isSmall));
    moments.push(typed);
  }
  return { arguments: args, moments, casts };
}

/** The relation with some of its columns cast. */
export function castColumns(node: Relation, casts: TypedGroup['casts']): Relation {
  if (casts.size === 0 || node.kind !== 'project') return node;
  return createProject(
    node.input,
    node.columns.map(({ name, expression }) => ({
      name,
      expression: casts.get(name)?.(expression) ?? expression,
    })),
  );
}

const ordered =
  /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(.*\)|FLOAT|DOUBLE|VARCHAR|DATE|TIME|TIMESTAMP.*|BOOLEAN)$/;

/** The argument's kept sums, or what stands in the way. */
function typedArgument({ uses }: LoweredArgument, column: string, type: string): GroupArgument | string {
  const truth = uses.has('bool_and') || uses.has('bool_or');
  const sums = uses.has('sum') || uses.has('avg') || truth;
  const min = uses.has('min');
  const max = uses.has('max');
  if ((min || max) && !ordered.test(type)) return `min or max over ${type}`;
  if (!sums) return { column, sum: null, min, max };
  if (type === 'BOOLEAN' && !min && !max) return { column, sum: 'integer', min, max };
  if (truth) return `bool_and or bool_or over ${type}`;
  const kind = type === 'UHUGEINT' ? null : numericKindOf(type);
  return kind === null ? `sum or avg over ${type}` : { column, sum: kind, min, max };
}

function typedMoments(
  { x, y }: Pick<GroupMoments, 'x' | 'y'>,
  typeOf: (column: string) => string,
): TypedMoments | string {
  for (const column of y === null ? [x] : [x, y]) {
    if (numericKindOf(typeOf(column)) === null) return `moments over ${typeOf(column)}`;
  }
  const xScale = exactScale(typeOf(x));
  const yScale = y === null ? 0 : exactScale(typeOf(y));
  if (xScale === null || yScale === null) return { x, y, kind: 'float', xScale: 0, yScale: 0 };
  return { x, y, kind: 'exact', xScale, yScale };
}

/**
 * The decimal places of a type whose values have at most 14 digits: their squares and products have 28, so that a
 * HUGEINT holds the sums of 10¹⁰ rows. Null for the others, whose moments DuckDB as well computes over DOUBLE.
 */
function exactScale(type: string): number | null {
  if (/^(U?(TINY|SMALL)INT|U?INTEGER)$/.test(type)) return 0;
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return width !== undefined && Number(width) <= 14 ? Number(scale) : null;
}

/** Whether products of such numbers fit a BIGINT. */
function hasSmallProducts(type: string): boolean {
  if (/^(U?(TINY|SMALL)INT|INTEGER)$/.test(type)) return true;
  const [, width] = /^DECIMAL\((\d+),\d+\)$/.exec(type) ?? [];
  return width !== undefined && Number(width) <= 9;
}

function momentCast(
  kind: GroupMoments['kind'],
  scale: number,
  isSmall: boolean,
): (expression: string) => string {
  if (kind === 'float') return (expression) => `CAST(${expression} AS DOUBLE)`;
  const type = isSmall ? 'BIGINT' : 'HUGEINT';
  if (scale === 0) return (expression) => `CAST(${expression} AS ${type})`;
  return (expression) => `CAST((${expression}) * 1${'0'.repeat(scale)} AS ${type})`;
}
