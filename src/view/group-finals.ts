import { stateColumns } from '../algebra/group.ts';
import { type MomentPart, momentColumn } from '../algebra/moments.ts';
import type { AggregateName, FinalAggregate, MomentAggregate } from '../plan/lower-group.ts';
import type { GroupPlan } from '../plan/view-plan.ts';
import type { TypedGroup, TypedMoments } from './group-arguments.ts';

/** The aggregates as expressions over the state, and the central moments they are made of. */
export function finalsOf(
  finals: readonly FinalAggregate[],
  typed: TypedGroup,
): Pick<GroupPlan, 'layers' | 'finals'> {
  const layers = [0, 1, 2].map((depth) =>
    typed.moments.flatMap((moments, place) => centralMoments(moments, place)[depth] ?? []),
  );
  return {
    layers: layers.filter((layer) => layer.length > 0),
    finals: finals.map((final) => ({
      name: final.name,
      expression:
        final.kind === 'argument'
          ? overArgument(final.aggregate, final.argument)
          : overMoments(final.aggregate, final.moments),
    })),
  };
}

type Layer = GroupPlan['finals'];

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

/** The whole number near the mean of an exact column, and what n times that lacks of the sum. */
function near(axis: 'x' | 'y', place: number): string {
  return `__ev_w${axis}${place}`;
}

function rest(axis: 'x' | 'y', place: number): string {
  return `__ev_r${axis}${place}`;
}

const square = { x: 'xx', y: 'yy' } as const;

/** Layers of columns, each over those before it. */
function centralMoments(moments: TypedMoments, place: number): readonly Layer[] {
  const axes = moments.y === null ? (['x'] as const) : (['x', 'y'] as const);
  if (moments.kind === 'exact') return exactMoments(moments, axes, place);
  const own = (part: CentralPart) => momentColumn(part, place);
  const layer = axes.flatMap((axis) => [
    { name: central(axis, place), expression: own(axis) },
    { name: central(square[axis], place), expression: `greatest(${own(square[axis])}, 0)` },
  ]);
  return [moments.y === null ? layer : [...layer, { name: central('xy', place), expression: own('xy') }]];
}

function exactMoments(moments: TypedMoments, axes: readonly ('x' | 'y')[], place: number): readonly Layer[] {
  const of = (part: MomentPart) => momentColumn(part, place);
  const n = of('n');
  const unit = { x: `1e${moments.xScale}`, y: `1e${moments.yScale}` };
  /** Σ(a − ā)(b − b̄) in the units of the arguments. */
  const about = (a: 'x' | 'y', b: 'x' | 'y', products: string) => {
    const exact = `${products} - ${near(a, place)} * ${of(b)} - ${near(b, place)} * ${rest(a, place)}`;
    const left = `${rest(a, place)}::DOUBLE * ${rest(b, place)}::DOUBLE / ${n}`;
    return `((${exact})::DOUBLE - ${left}) / ${unit[a]} / ${unit[b]}`;
  };
  const centrals = axes.flatMap((axis) => [
    {
      name: central(axis, place),
      expression: `CASE WHEN ${n} > 0 THEN ${of(axis)}::DOUBLE / ${n} / ${unit[axis]} END`,
    },
    {
      name: central(square[axis], place),
      expression: `greatest(${about(axis, axis, of(square[axis]))}, 0)`,
    },
  ]);
  if (moments.y !== null)
    centrals.push({ name: central('xy', place), expression: about('x', 'y', of('xy')) });
  return [
    axes.map((axis) => ({
      name: near(axis, place),
      expression: `CASE WHEN ${n} > 0 THEN (2 * ${of(axis)} + sign(${of(axis)}) * ${n}) // (2 * ${n}) END`,
    })),
    axes.map((axis) => ({
      name: rest(axis, place),
      expression: `${of(axis)} - ${near(axis, place)} * ${n}`,
    })),
    centrals,
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
