import { type GroupMoments, type MomentPart, momentColumn, momentParts } from '../algebra/moments.ts';
import { quoteIdentifier, weightColumn } from '../core/identifier.ts';

const weight = quoteIdentifier(weightColumn);

/** The rows of a change that came, and those that went. */
export type SignedBag = 'in' | 'out';

/** Of floating-point moments a signed state has the parts of both bags, but for `ex` and `ey`. */
export function signedMomentColumn(part: MomentPart, place: number, bag: SignedBag): string {
  return `${momentColumn(part, place)}_${bag}`;
}

/** The parts of moments over unsigned rows, as items of a grouped SELECT. */
export function momentItems(moments: GroupMoments, place: number): string[] {
  const expressions = moments.kind === 'exact' ? exactParts(moments, '1') : floatParts(moments, null);
  return momentParts(moments).map((part) => `${expressions[part]} AS ${momentColumn(part, place)}`);
}

/** The same over signed rows; of weight 1 or −1 where the moments are of floating-point numbers. */
export function signedMomentItems(moments: GroupMoments, place: number): string[] {
  if (moments.kind === 'exact') {
    const expressions = exactParts(moments, weight);
    return momentParts(moments).map((part) => `${expressions[part]} AS ${momentColumn(part, place)}`);
  }
  const bags = { in: `${weight} > 0`, out: `${weight} < 0` } as const;
  const parts = momentParts(moments).filter((part) => part !== 'ex' && part !== 'ey');
  return (['in', 'out'] as const).flatMap((bag) => {
    const expressions = floatParts(moments, bags[bag]);
    return parts.map((part) => `${expressions[part]} AS ${signedMomentColumn(part, place, bag)}`);
  });
}

type Parts = Readonly<Record<MomentPart, string>>;

function exactParts({ x: nameOfX, y: nameOfY }: GroupMoments, factor: string): Parts {
  const x = quoteIdentifier(nameOfX);
  const y = quoteIdentifier(nameOfY ?? nameOfX);
  const sum = (term: string) =>
    `coalesce(sum(${factor === '1' ? term : `(${term})::HUGEINT * ${factor}`}), 0)::HUGEINT`;
  return {
    n: factor === '1' ? `count(${x})` : `coalesce(sum(${factor}) FILTER (${x} IS NOT NULL), 0)::BIGINT`,
    x: sum(x),
    xx: sum(`${x} * ${x}`),
    y: sum(y),
    yy: sum(`${y} * ${y}`),
    xy: sum(`${x} * ${y}`),
    ex: '0',
    ey: '0',
  };
}

/** A larger number has a square that may not be one; DuckDB's own aggregates stop with an error then. */
const greatest = '1e150';

/**
 * Means and central moments by DuckDB's own aggregates, which are Welford's. Over equal values the mean is that
 * value, to the last bit. A NaN, an infinity or a number beyond `greatest` makes all moments NaN.
 */
function floatParts({ x: nameOfX, y: nameOfY }: GroupMoments, bag: string | null): Parts {
  const x = quoteIdentifier(nameOfX);
  const y = quoteIdentifier(nameOfY ?? nameOfX);
  const over = (condition: string | null) => {
    const all = [bag, condition].filter((one) => one !== null);
    return all.length === 0 ? '' : ` FILTER (${all.join(' AND ')})`;
  };
  const magnitude = nameOfY === null ? `abs(${x})` : `greatest(abs(${x}), abs(${y}))`;
  const tame = over(`${magnitude} <= ${greatest}`);
  const isWild = `count(${x})${over(`${magnitude} > ${greatest}`)} > 0`;
  const n = `count(${x})${over(null)}`;
  const second = (moment: string) =>
    `CASE WHEN ${isWild} THEN 'nan'::DOUBLE ELSE coalesce(${n} * ${moment}${tame}, 0) END`;
  const mean = (column: string) =>
    `CASE WHEN NOT ${isWild} AND var_pop(${column})${tame} = 0 THEN any_value(${column})${over(null)} ` +
    `ELSE avg(${column})${over(null)} END`;
  const xx = second(`var_pop(${x})`);
  const yy = second(`var_pop(${y})`);
  return { n, x: mean(x), xx, ex: xx, y: mean(y), yy, ey: yy, xy: second(`covar_pop(${y}, ${x})`) };
}
