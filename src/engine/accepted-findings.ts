import {
  type Finding,
  type FindingSeverity,
  type FoundCause,
  subjectOf,
  type Verdict,
  worstSeverity,
} from '../core/verdict.ts';
import type { EngineState } from './engine-state.ts';
import { liveIncident } from './replace-incident.ts';

/** A person has accepted what the finding says as the new normal, and that has not expired. */
export function isAccepted(
  state: EngineState,
  finding: FoundCause & Pick<Finding, 'table'>,
  nowMs: number,
): boolean {
  const live = liveIncident(state, { kind: 'finding', name: finding.table, subject: subjectOf(finding) });
  return live?.state === 'accepted' && (live.expiresAtMs === null || live.expiresAtMs > nowMs);
}

/** The worst of what speaks against an update and nobody has accepted; null: nothing does. */
export function severityLeft(
  state: EngineState,
  { findings }: Verdict,
  nowMs: number,
): FindingSeverity | null {
  return worstSeverity(findings.filter((finding) => !isAccepted(state, finding, nowMs)));
}
