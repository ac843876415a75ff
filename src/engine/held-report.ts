import { fresh, type StalenessReport } from '../core/staleness.ts';
import { type Version, versionOf } from '../core/version.ts';
import { standingOf, withinPolicy } from '../plan/staleness.ts';
import { type DerivedEntry, nameOf } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';
import { boundsOf, servedStanding } from './standings.ts';

/**
 * How far behind the newest version an entry is that is read at an older one, against what it declares: a view is as
 * of that version, a model of the rows it has learned from.
 */
export function heldReport(
  state: EngineState,
  entry: DerivedEntry,
  version: Version,
  nowMs: number,
): StalenessReport {
  const ofModel = entry.kind === 'model' ? servedStanding(entry, state, nowMs) : null;
  const position = { version, nextBoundaryMs: null };
  const standing = ofModel ?? standingOf(position, entry.bases, state.changes, state.version, nowMs);
  const asOf = versionOf(Math.min(version, standing.asOf));
  const name = nameOf(entry);
  return standing.sinceMs === null
    ? { ...fresh, name, asOf: version, policyMet: true }
    : { ...standing.staleness, name, asOf, policyMet: withinPolicy(standing, boundsOf(entry)) };
}
