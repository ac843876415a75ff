import { type GroupMoments, type MomentPart, momentColumn, momentParts } from '../algebra/moments.ts';
import { type SignedBag, signedMomentColumn } from '../store/render-moments.ts';

/** Items of the step's SELECT over the kept state `s` and the change `d`, and of the SELECT around it. */
export type MomentStep = { readonly inner: readonly string[]; readonly outer: readonly string[] };

/**
 * The parts of kept moments ⊕ the signed moments of a change, by the formulas of `GroupMoments`.
 *
 * @param oldPrefix what the names of the old parts start with in the SELECT around
 */
export function advancedMoments(moments: GroupMoments, place: number, oldPrefix: string): MomentStep {
  if (moments.kind === 'float') return advancedFloatMoments(moments, place, oldPrefix);
  const inner = momentParts(moments).map((part) => {
    const column = momentColumn(part, place);
    return `coalesce(s.${column}, 0) + d.${column} AS ${column}`;
  });
  return { inner, outer: [] };
}

/** Count and means inside, what is around them outside. */
function advancedFloatMoments({ y }: GroupMoments, place: number, oldPrefix: string): MomentStep {
  const of = (part: MomentPart) => momentColumn(part, place);
  const axes = y === null ? (['x'] as const) : (['x', 'y'] as const);
  const inside = bagsOf(
    (part) => `s.${of(part)}`,
    (part, bag) => `d.${signedMomentColumn(part, place, bag)}`,
  );
  const bags = bagsOf(
    (part) => `${oldPrefix}${of(part)}`,
    (part, bag) => signedMomentColumn(part, place, bag),
  );
  const count = `(${inside.map(({ sign, part }) => `${sign} coalesce(${part('n')}, 0)`).join(' ')})`;
  const ofChange = momentParts({ x: '', y, kind: 'float' })
    .filter((part) => part !== 'ex' && part !== 'ey')
    .flatMap((part) => (['in', 'out'] as const).map((bag) => `d.${signedMomentColumn(part, place, bag)}`));
  const spread = (bag: Bag, a: 'x' | 'y', b: 'x' | 'y') =>
    `coalesce(${bag.part('n')} * (${bag.part(a)} - ${of(a)}) * (${bag.part(b)} - ${of(b)}), 0)`;
  const ofAny = (terms: readonly string[]) => `CASE WHEN ${of('n')} > 0 THEN ${terms.join(' ')} ELSE 0 END`;
  const moment = (part: 'xx' | 'yy' | 'xy', a: 'x' | 'y', b: 'x' | 'y') => {
    const terms = bags.map((bag) => `${bag.sign} (coalesce(${bag.part(part)}, 0) + ${spread(bag, a, b)})`);
    return `${ofAny(terms)} AS ${of(part)}`;
  };
  const ever = (part: 'ex' | 'ey', second: 'xx' | 'yy', a: 'x' | 'y') => {
    const terms = bags.map((bag) => {
      const own = bag.name === 'kept' ? bag.part(part) : bag.part(second);
      return `+ coalesce(${own}, 0) + ${spread(bag, a, a)}`;
    });
    return `${ofAny(terms)} AS ${of(part)}`;
  };
  return {
    inner: [
      ...ofChange,
      `${count} AS ${of('n')}`,
      ...axes.map((axis) => `${commonMean(inside, axis, count)} AS ${of(axis)}`),
    ],
    outer: [
      ...[moment('xx', 'x', 'x'), ever('ex', 'xx', 'x')],
      ...(y === null ? [] : [moment('yy', 'y', 'y'), ever('ey', 'yy', 'y'), moment('xy', 'x', 'y')]),
    ],
  };
}

type Bag = {
  readonly name: 'kept' | SignedBag;
  readonly sign: '+' | '-';
  readonly part: (part: MomentPart) => string;
};

function bagsOf(
  kept: (part: MomentPart) => string,
  ofChange: (part: MomentPart, bag: SignedBag) => string,
): readonly Bag[] {
  return [
    { name: 'kept', sign: '+', part: kept },
    { name: 'in', sign: '+', part: (part) => ofChange(part, 'in') },
    { name: 'out', sign: '-', part: (part) => ofChange(part, 'out') },
  ];
}

function commonMean(bags: readonly Bag[], axis: 'x' | 'y', count: string): string {
  const first = `coalesce(${bags.map((bag) => bag.part(axis)).join(', ')})`;
  const moved = bags.map(
    (bag) => `${bag.sign} coalesce(${bag.part('n')} * (${bag.part(axis)} - ${first}), 0)`,
  );
  return `CASE WHEN ${count} > 0 THEN ${first} + (${moved.join(' ')}) / ${count} END`;
}

/** Conditions under which moments of a NaN, an infinity or the like cannot be told from the rest. */
export function nonFiniteMoments({ kind, y }: GroupMoments, place: number): string[] {
  if (kind === 'exact') return [];
  const parts: readonly MomentPart[] = y === null ? ['xx'] : ['xx', 'yy', 'xy'];
  return [`NOT (${parts.map((part) => `isfinite(${momentColumn(part, place)})`).join(' AND ')})`];
}

/** Roundings of one addition to a second moment, in units of ε: its terms are products of rounded differences. */
const roundings = 8;

/** Rounding done so far, at most 8ε · ever, against what it is to be small beside. */
export function spentMoments({ kind, y }: GroupMoments, place: number, tolerance: number): string[] {
  if (kind === 'exact') return [];
  const spent = (ever: MomentPart, second: MomentPart) =>
    `${roundings * Number.EPSILON} * ${momentColumn(ever, place)} > ${tolerance} * ${momentColumn(second, place)}`;
  return [spent('ex', 'xx'), ...(y === null ? [] : [spent('ey', 'yy')])];
}

/**
 * Values so far from zero, beside how far they are from each other, that DuckDB's own result is not settled to the
 * tolerance: its relative error is of the order of ε√(n x̄² / M), by Chan, Golub and LeVeque. Then only DuckDB's
 * computation over the rows gives what DuckDB gives.
 */
export function unsettledMoments({ kind, y }: GroupMoments, place: number, tolerance: number): string[] {
  if (kind === 'exact') return [];
  const unsettled = (mean: MomentPart, second: MomentPart) => {
    const [n, m] = [momentColumn('n', place), momentColumn(second, place)];
    const error = `${Number.EPSILON ** 2} * ${n} * ${momentColumn(mean, place)} ** 2`;
    return `(${m} > 0 AND isfinite(${m}) AND ${error} > ${tolerance ** 2} * ${m})`;
  };
  return [unsettled('x', 'xx'), ...(y === null ? [] : [unsettled('y', 'yy')])];
}
