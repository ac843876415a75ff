import { stateColumns } from '../algebra/group.ts';
import { type MomentPart, momentColumn } from '../algebra/moments.ts';
import type { AggregateName, FinalAggregate, MomentAggregate } from '../plan/lower-group.ts';
import type { GroupPlan } from '../plan/view-plan.ts';
import type { TypedGroup, TypedMoments } from './group-arguments.ts';

/**
 * The aggregates as expressions over the state, after the central moments they are made of: a later one may refer to
 * an earlier one by name.
 */
export function finalsOf(finals: readonly FinalAggregate[], typed: TypedGroup): GroupPlan['finals'] {
  return [
    ...typed.moments.flatMap(centralMoments),
    ...finals.map((final) => ({
      name: final.name,
      expression:
        final.kind === 'argument'
          ? overArgument(final.aggregate, final.argument)
          : overMoments(final.aggregate, final.moments),
    })),
  ];
}

function overArgument(aggregate: AggregateName, argument: number | null): string {
  if (argument === null) return stateColumns.rows;
  const count = stateColumns.count(argument);
  const sum = stateColumns.sum(argument);
  switch (aggregate) {
    case 'count':
      return count;
    case 'sum':
      return `CASE WHEN ${count} > 0 THEN ${sum} END`;
    case 'avg':
      return `CASE WHEN ${count} > 0 THEN ${sum}::DOUBLE / ${count} END`;
    case 'min':
      return stateColumns.min(argument);
    case 'max':
      return stateColumns.max(argument);
    case 'bool_and':
      return `CASE WHEN ${count} > 0 THEN ${sum} = ${count} END`;
    case 'bool_or':
      return `CASE WHEN ${count} > 0 THEN ${sum} > 0 END`;
  }
}

type CentralPart = Exclude<MomentPart, 'n' | 'ex' | 'ey'>;

/** Mean (`x`, `y`) and central moments (`xx`, `yy`, `xy`), in the units of the arguments. */
function central(part: CentralPart, place: number): string {
  return `__ev_z${part}${place}`;
}

const square = { x: 'xx', y: 'yy' } as const;

/** The whole number near the mean of an exact column. */
function near(axis: 'x' | 'y', place: number): string {
  return `__ev_w${axis}${place}`;
}

function centralMoments(moments: TypedMoments, place: number): GroupPlan['finals'] {
  const axes = moments.y === null ? (['x'] as const) : (['x', 'y'] as const);
  if (moments.kind === 'exact') {
    return [...axes.flatMap((axis) => exactAxis(moments, axis, place)), ...exactCross(moments, place)];
  }
  const own = (part: CentralPart) => momentColumn(part, place);
  return [
    ...axes.flatMap((axis) => [
      { name: central(axis, place), expression: own(axis) },
      { name: central(square[axis], place), expression: `greatest(${own(square[axis])}, 0)` },
    ]),
    ...(moments.y === null ? [] : [{ name: central('xy', place), expression: own('xy') }]),
  ];
}

function exactAxis(moments: TypedMoments, axis: 'x' | 'y', place: number): GroupPlan['finals'] {
  const n = momentColumn('n', place);
  const sum = momentColumn(axis, place);
  const squares = momentColumn(square[axis], place);
  const q = near(axis, place);
  const rest = `(${sum} - ${q} * ${n})`;
  const unit = 10 ** (axis === 'x' ? moments.xScale : moments.yScale);
  return [
    {
      name: q,
      expression: `CASE WHEN ${n} > 0 THEN (2 * ${sum} + sign(${sum}) * ${n}) // (2 * ${n}) END`,
    },
    { name: central(axis, place), expression: `CASE WHEN ${n} > 0 THEN ${sum}::DOUBLE / ${n} / ${unit} END` },
    {
      name: central(square[axis], place),
      expression:
        `greatest((${squares} - ${q} * ${sum} - ${q} * ${rest})::DOUBLE - ` +
        `${rest}::DOUBLE * ${rest}::DOUBLE / ${n}, 0) / ${unit}::DOUBLE / ${unit}`,
    },
  ];
}

function exactCross({ y, xScale, yScale }: TypedMoments, place: number): GroupPlan['finals'] {
  if (y === null) return [];
  const of = (part: MomentPart) => momentColumn(part, place);
  const [qx, qy] = [near('x', place), near('y', place)];
  const restX = `(${of('x')} - ${qx} * ${of('n')})`;
  const restY = `(${of('y')} - ${qy} * ${of('n')})`;
  return [
    {
      name: central('xy', place),
      expression:
        `((${of('xy')} - ${qx} * ${of('y')} - ${qy} * ${restX})::DOUBLE - ` +
        `${restX}::DOUBLE * ${restY}::DOUBLE / ${of('n')}) / ${10 ** xScale}::DOUBLE / ${10 ** yScale}`,
    },
  ];
}

/** As DuckDB has them for constant columns: no slope is NaN, no intercept NULL; all of y explained is 1. */
function overMoments(aggregate: MomentAggregate, place: number): string {
  const n = momentColumn('n', place);
  const [x, y] = [central('x', place), central('y', place)];
  const [xx, yy, xy] = [central('xx', place), central('yy', place), central('xy', place)];
  const ofAny = (expression: string) => `CASE WHEN ${n} > 0 THEN ${expression} END`;
  const ofSample = (expression: string) => `CASE WHEN ${n} > 1 THEN ${expression} / (${n} - 1) END`;
  const nan = `'nan'::DOUBLE`;
  switch (aggregate) {
    case 'var_pop':
      return ofAny(`${xx} / ${n}`);
    case 'var_samp':
      return ofSample(xx);
    case 'stddev_pop':
      return ofAny(`sqrt(${xx} / ${n})`);
    case 'stddev_samp':
      return `sqrt(${ofSample(xx)})`;
    case 'covar_pop':
      return ofAny(`${xy} / ${n}`);
    case 'covar_samp':
      return ofSample(xy);
    case 'corr':
      return ofAny(
        `CASE WHEN ${xx} = 0 OR ${yy} = 0 THEN ${nan} ELSE ${xy} / (sqrt(${xx}) * sqrt(${yy})) END`,
      );
    case 'regr_count':
      return `${n}::UINTEGER`;
    case 'regr_avgx':
      return x;
    case 'regr_avgy':
      return y;
    case 'regr_sxx':
      return ofAny(xx);
    case 'regr_syy':
      return ofAny(yy);
    case 'regr_sxy':
      return ofAny(xy);
    case 'regr_slope':
      return ofAny(`CASE WHEN ${xx} = 0 THEN ${nan} ELSE ${xy} / ${xx} END`);
    case 'regr_intercept':
      return `CASE WHEN ${n} > 0 AND ${xx} <> 0 THEN ${y} - ${xy} / ${xx} * ${x} END`;
    case 'regr_r2':
      return `CASE WHEN ${n} = 0 OR ${xx} = 0 THEN NULL WHEN ${yy} = 0 THEN 1 ELSE ${xy} * ${xy} / (${xx} * ${yy}) END`;
  }
}
