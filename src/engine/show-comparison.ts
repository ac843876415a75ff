import type { Schema } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { ModelComparison } from './compare-versions.ts';
import type { Shown } from './show-objects.ts';

const columns: Schema = [
  ...['part', 'name', 'score', 'level', 'kind'].map((name) => ({ name, type: 'VARCHAR' })),
  ...['before', 'after', 'difference'].map((name) => ({ name, type: 'DOUBLE' })),
];

/** One row a figure: `rows`, then `metric`, `flips`, `moves`, `weight`. */
export function shownComparison(comparison: ModelComparison): Shown {
  const { rows, metrics, flips, moves, weights } = comparison;
  const isScored = metrics.length > 0;
  return {
    columns,
    rows: [
      ...(isScored ? [figure('rows', 'scored', { before: rows, after: rows })] : []),
      ...metrics.map(({ metric, ...of }) => figure('metric', metric, of)),
      ...flips.flatMap(({ tolerance, negative, positive }) => {
        const within = tolerance === null ? '' : `, tolerance ${tolerance}`;
        return [
          figure('flips', `negative${within}`, { difference: negative }),
          figure('flips', `positive${within}`, { difference: positive }),
        ];
      }),
      ...(moves === null
        ? []
        : [
            figure('moves', 'rows', {
              before: moves.answered,
              after: moves.answered,
              difference: moves.moved,
            }),
            ...(moves.meanMove === null ? [] : [figure('moves', 'mean', { difference: moves.meanMove })]),
            ...(moves.largestMove === null
              ? []
              : [figure('moves', 'largest', { difference: moves.largestMove })]),
          ]),
      ...weights.map(({ score, feature, level, kind, ...of }) => ({
        ...figure('weight', feature, of),
        score,
        level,
        kind,
      })),
    ],
  };
}

type Figure = {
  readonly before?: number | null;
  readonly after?: number | null;
  readonly difference?: number | null;
};

function figure(part: string, name: string | null, { before, after, difference }: Figure): Row {
  return {
    part,
    name,
    score: null,
    level: null,
    kind: null,
    before: before ?? null,
    after: after ?? null,
    difference: difference ?? null,
  };
}

export function comparisonMessage(comparison: ModelComparison): string {
  const { model, before, after, dataVersion, rows, note } = comparison;
  const what = `model "${model}": version ${before} before, version ${after} after`;
  if (note !== null) return `${what}; ${note}`;
  return `${what}, on ${rows} ${rows === 1 ? 'row' : 'rows'} of the hold-out as of data version ${dataVersion}`;
}
