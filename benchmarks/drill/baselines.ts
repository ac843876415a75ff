import type { TableHistory } from '../../src/ingest/judge/table-history.ts';
import type { BatchProfile } from '../../src/ingest/profile/batch-profile.ts';
import { measureNames } from '../../src/ingest/profile/column-profile.ts';

/** Whether a batch is called bad, by what those before it were like. */
export type Detector = {
  readonly name: string;
  readonly isBad: (profile: BatchProfile, history: TableHistory) => boolean;
};

/** The statistics that the simple detectors look at: of every column, as one vector. */
function vectorOf({ rows, columns }: BatchProfile): number[] {
  return [
    rows,
    ...columns.flatMap((column) => {
      const places: readonly string[] = measureNames[column.kind];
      const measure = (name: string) => column.measures[places.indexOf(name)] ?? Number.NaN;
      const all = column.present + column.nulls;
      const isNumber = column.kind === 'number';
      return [
        column.nulls / Math.max(1, all),
        ...(isNumber ? [column.least, column.greatest, measure('median'), measure('spread')] : []),
        measure('distinct'),
        (column.top[0]?.[1] ?? 0) / Math.max(1, column.present),
      ];
    }),
  ];
}

function past(history: TableHistory): number[][] {
  return history.units.map(({ profile }) => vectorOf(profile));
}

/** Any statistic outside of all that history had. */
export const minMax: Detector = {
  name: 'historical minimum and maximum',
  isBad: (profile, history) => {
    const vectors = past(history);
    return vectorOf(profile).some((value, place) => {
      const known = vectors.map((vector) => vector[place] ?? Number.NaN).filter(Number.isFinite);
      return (
        Number.isFinite(value) &&
        known.length > 0 &&
        (value < Math.min(...known) || value > Math.max(...known))
      );
    });
  },
};

/** Any statistic more than three standard deviations from its mean. */
export const threeSigma: Detector = {
  name: 'any statistic beyond 3 σ',
  isBad: (profile, history) => {
    const vectors = past(history);
    return vectorOf(profile).some((value, place) => {
      const { mean, deviation } = momentsAt(vectors, place);
      return Number.isFinite(value) && Math.abs(value - mean) > 3 * deviation + 1e-12;
    });
  },
};

function momentsAt(vectors: readonly (readonly number[])[], place: number) {
  const known = vectors.map((vector) => vector[place] ?? Number.NaN).filter(Number.isFinite);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, known.length - 1)) };
}

/**
 * Mean distance to the five nearest batches of history, statistics standardized; bad beyond the 99th percentile of what
 * those of history have among themselves (which is what such a detector is usually set to).
 */
export const nearestNeighbours: Detector = {
  name: 'k nearest neighbours (k = 5)',
  isBad: (profile, history) => {
    const vectors = past(history);
    const length = vectors[0]?.length ?? 0;
    const scales = Array.from({ length }, (_, place) => momentsAt(vectors, place));
    const standard = (vector: readonly number[]) =>
      vector.map((value, place) => {
        const { mean = 0, deviation = 0 } = scales[place] ?? {};
        return deviation > 0 && Number.isFinite(value) ? (value - mean) / deviation : 0;
      });
    const points = vectors.map(standard);
    const scoreOf = (point: readonly number[], others: readonly (readonly number[])[]) =>
      others
        .map((other) =>
          Math.sqrt(other.reduce((sum, value, place) => sum + (value - (point[place] ?? 0)) ** 2, 0)),
        )
        .sort((a, b) => a - b)
        .slice(0, 5)
        .reduce((sum, distance) => sum + distance / 5, 0);
    const own = points
      .map((point, index) => scoreOf(point, points.toSpliced(index, 1)))
      .sort((a, b) => a - b);
    return scoreOf(standard(vectorOf(profile)), points) > (own[Math.floor(own.length * 0.99)] ?? 0);
  },
};

export const baselines: readonly Detector[] = [minMax, threeSigma, nearestNeighbours];
