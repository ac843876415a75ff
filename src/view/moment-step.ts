import { type GroupMoments, type MomentPart, momentColumn, momentParts } from '../algebra/moments.ts';
import { type SignedBag, signedMomentColumn } from '../store/render-moments.ts';

/** The parts of kept moments `s` ⊕ the signed moments `d` of a change, by the formulas of `GroupMoments`. */
export function advancedMoments(moments: GroupMoments, place: number): string[] {
  if (moments.kind === 'float') return advancedFloatMoments(moments, place);
  return momentParts(moments).map((part) => {
    const column = momentColumn(part, place);
    return `coalesce(s.${column}, 0) + d.${column} AS ${column}`;
  });
}

function advancedFloatMoments({ y }: GroupMoments, place: number): string[] {
  const of = (part: MomentPart) => momentColumn(part, place);
  const bags = bagsOf(place);
  const count = `(${bags.map(({ sign, part }) => `${sign} coalesce(${part('n')}, 0)`).join(' ')})`;
  /** Σ± of what each bag has of a part and adds to it by its distance from the common mean. */
  const around = (part: 'xx' | 'yy' | 'xy', signed: boolean) => {
    const [a, b] =
      part === 'xy' ? (['x', 'y'] as const) : part === 'xx' ? (['x', 'x'] as const) : (['y', 'y'] as const);
    const terms = bags.map((bag) => {
      const spread = `coalesce(${bag.part('n')} * (${bag.part(a)} - ${meanOf(a, place)}) * (${bag.part(b)} - ${meanOf(b, place)}), 0)`;
      const ever = part === 'xx' ? 'ex' : 'ey';
      const own = !signed && bag.name === 'kept' ? bag.part(ever) : bag.part(part);
      return `${signed ? bag.sign : '+'} (coalesce(${own}, 0) + ${spread})`;
    });
    return `CASE WHEN ${count} > 0 THEN ${terms.join(' ')} ELSE 0 END`;
  };
  const axis = (a: 'x' | 'y', second: 'xx' | 'yy', ever: 'ex' | 'ey') => [
    `${commonMean(a, place, count)} AS ${meanOf(a, place)}`,
    `${meanOf(a, place)} AS ${of(a)}`,
    `${around(second, true)} AS ${of(second)}`,
    `${around(second, false)} AS ${of(ever)}`,
  ];
  return [
    `${count} AS ${of('n')}`,
    ...axis('x', 'xx', 'ex'),
    ...(y === null ? [] : [...axis('y', 'yy', 'ey'), `${around('xy', true)} AS ${of('xy')}`]),
  ];
}

type Bag = {
  readonly name: 'kept' | SignedBag;
  readonly sign: '+' | '-';
  readonly part: (part: MomentPart) => string;
};

function bagsOf(place: number): readonly Bag[] {
  const ofChange = (name: SignedBag, sign: '+' | '-'): Bag => ({
    name,
    sign,
    part: (part) => `d.${signedMomentColumn(part, place, name)}`,
  });
  return [
    { name: 'kept', sign: '+', part: (part) => `s.${momentColumn(part, place)}` },
    ofChange('in', '+'),
    ofChange('out', '-'),
  ];
}

/** A name of its own: within the step the kept mean has the other. */
function meanOf(axis: 'x' | 'y', place: number): string {
  return `__ev_p${axis}${place}`;
}

function commonMean(axis: 'x' | 'y', place: number, count: string): string {
  const bags = bagsOf(place);
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
