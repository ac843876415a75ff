/** Points as they are clustered: one array of coordinates each. */
export type Points = readonly (readonly number[])[];

export type PlainClusters = {
  readonly centroids: Points;
  readonly assigned: readonly number[];
  readonly inertia: number;
};

export function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, j) => sum + (value - (b[j] ?? 0)) ** 2, 0);
}

function nearest(point: readonly number[], centroids: Points): number {
  const distances = centroids.map((centroid) => squaredDistance(point, centroid));
  return distances.indexOf(Math.min(...distances));
}

/** Lloyd's algorithm as the textbooks have it, until no point changes its centroid. */
export function plainLloyd(points: Points, start: Points, most = 25): PlainClusters {
  let centroids = start;
  let assigned = points.map((point) => nearest(point, centroids));
  for (let step = 1; step < most; step++) {
    centroids = meansOf(points, assigned, centroids);
    const next = points.map((point) => nearest(point, centroids));
    if (next.every((k, i) => k === assigned[i])) break;
    assigned = next;
  }
  const served = meansOf(points, assigned, centroids);
  const inertia = points.reduce((sum, point, i) => {
    return sum + squaredDistance(point, served[assigned[i] ?? 0] ?? []);
  }, 0);
  return { centroids: served, assigned, inertia };
}

function meansOf(points: Points, assigned: readonly number[], before: Points): Points {
  return before.map((centroid, k) => {
    const own = points.filter((_, i) => assigned[i] === k);
    if (own.length === 0) return centroid;
    return centroid.map((_, j) => own.reduce((sum, point) => sum + (point[j] ?? 0), 0) / own.length);
  });
}
