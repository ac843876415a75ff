import type { ModelVersions } from '../core/prediction.ts';
import type { Reason } from '../core/reasons.ts';
import { modelVersionOf, type Version } from '../core/version.ts';
import type { ModelDefinition } from '../declare/definition.ts';
import { hashGate } from '../declare/definition-hash.ts';
import { type Cursor, type FitOutcome, type RefreshRecord, recordRefresh } from '../log/cursor-log.ts';
import type { ModelState } from '../model/model-state.ts';
import { encodeModelState } from '../model/model-state-codec.ts';
import type { Evaluation } from '../model/score-holdout.ts';
import type { ModelParameters } from '../model/scorer.ts';
import { writeModelCost } from '../plan/cost-state.ts';
import type { ModelCost, ModelRefreshDecision } from '../plan/model-refresh-decision.ts';
import { judgeGate } from '../promote/gate.ts';
import type { GateVerdict } from '../promote/gate-result.ts';
import {
  type PromotedModel,
  recordGate,
  recordModelVersion,
  saveModelState,
  supersede,
} from '../promote/model-versions.ts';
import { recordPromotion } from '../promote/promotion-log.ts';
import { versionMetrics } from '../promote/version-metrics.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { candidateHold } from './candidate-hold.ts';
import { withEntry, withoutEntries } from './engine-state.ts';
import { withState } from './kept-states.ts';
import { noteSuperseded } from './shown-models.ts';
import type { WriteDraft } from './write-draft.ts';

/** A fit that has not been judged yet. */
export type Candidate = {
  readonly kind: 'incremental' | 'full';
  readonly reason: Reason;
  readonly decision: ModelRefreshDecision;
  readonly state: ModelState;
  /** Training rows. */
  readonly trainingRows: number;
  /** Null: too few rows to fit. */
  readonly parameters: ModelParameters | null;
  /** Null: no hold-out, nothing was fitted, or nothing that can be right or wrong. */
  readonly evaluation: Evaluation | null;
  readonly nextBoundaryMs: number | null;
  /** The same, or when the hold-out has a row more, whichever comes first. */
  readonly nextJudgedMs: number | null;
  /** Of the predictions that it learned from. */
  readonly models: ModelVersions;
  readonly version: Version;
  readonly nowMs: number;
  readonly rowsRead: number;
  readonly durationMs: number;
  readonly cost: ModelCost;
};

/** Keeps what was fitted, judges it, and lets it answer if it passes and nothing else speaks against it. */
export async function settleCandidate(
  draft: WriteDraft,
  entry: ModelEntry,
  candidate: Candidate,
  trigger: Reason,
): Promise<RefreshRecord> {
  const name = nameOf(entry);
  const { definition, hash } = entry.declared;
  const previous = draft.state.cursors.get(name);
  const encoded = encodeModelState(candidate.state);
  const refreshId = draft.state.lastRefreshId + 1;
  saveModelState(draft.tx, name, candidate.version, candidate.nowMs, hash, encoded, refreshId);
  const verdict = candidate.parameters === null ? null : judgeGate(definition, candidate.evaluation);
  const cursor: Cursor = {
    version: candidate.version,
    asOfMs: candidate.nowMs,
    hash,
    rows: candidate.trainingRows,
    // What failed on too few rows may pass on more, which the clock alone brings once their labels count.
    nextBoundaryMs: verdict?.passed === false ? candidate.nextJudgedMs : candidate.nextBoundaryMs,
    costState: writeModelCost(candidate.cost),
    models: candidate.models,
    outcome: outcomeOf(definition, verdict),
  };
  draft.update({
    cursors: withEntry(draft.state.cursors, name, cursor),
    modelStates: withState(draft.state.modelStates, name, cursor, candidate.state, encoded.length),
  });
  if (candidate.parameters === null || verdict === null) {
    // No row is left to learn from, so what was learned from rows that are gone may not answer either (law 8).
    supersede(draft.tx, name);
    noteSuperseded(draft, name);
    draft.update({ promoted: withoutEntries(draft.state.promoted, [name]) });
  } else {
    judge(draft, entry, candidate, candidate.parameters, verdict);
  }
  const record: RefreshRecord = {
    refreshId,
    name,
    objectKind: 'model',
    kind: candidate.kind,
    reason: candidate.parameters === null ? 'too-few-rows' : candidate.reason,
    trigger,
    fromVersion: previous?.hash === hash ? previous.version : null,
    toVersion: candidate.version,
    rows: candidate.rowsRead,
    rung: null,
    predictedMs: { ...candidate.decision.predictedMs, algebraic: null, domain: null },
    actualMs: candidate.durationMs,
    regretMs: null,
    refreshedAtMs: candidate.nowMs,
  };
  draft.update({ lastRefreshId: record.refreshId });
  await recordRefresh(draft.tx, record, cursor);
  return record;
}

function outcomeOf(definition: ModelDefinition, verdict: GateVerdict | null): FitOutcome {
  if (verdict === null) return { kind: 'too-few-rows' };
  return verdict.passed ? { kind: 'passed' } : { kind: 'failed', gate: hashGate(definition) };
}

function judge(
  draft: WriteDraft,
  entry: ModelEntry,
  candidate: Candidate,
  parameters: ModelParameters,
  verdict: GateVerdict,
): void {
  const name = nameOf(entry);
  const { definition, hash } = entry.declared;
  const hold = candidateHold(draft.state, entry);
  const version = modelVersionOf((draft.state.lastModelVersion.get(name) ?? 0) + 1);
  recordModelVersion(draft.tx, {
    model: name,
    version,
    status: !verdict.passed ? 'failed' : hold === null ? 'promoted' : 'held',
    dataVersion: candidate.version,
    asOfMs: candidate.nowMs,
    definitionHash: hash,
    method: definition.method,
    hyperparameters: definition.options,
    parameters,
    metrics: versionMetrics(candidate.evaluation, verdict),
    refreshKind: candidate.kind,
    durationMs: candidate.durationMs,
    rows: parameters.rows,
    createdAtMs: candidate.nowMs,
  });
  recordGate(draft.tx, name, version, verdict.results, candidate.nowMs);
  draft.update({ lastModelVersion: withEntry(draft.state.lastModelVersion, name, version) });
  if (!verdict.passed) return;
  if (hold !== null) {
    recordPromotion(draft.tx, {
      model: name,
      version,
      action: 'candidate-held',
      reason: hold.reason,
      who: 'everview',
      why: hold.incident?.detail ?? null,
      incidentId: hold.incident?.incidentId ?? null,
      decidedAtMs: draft.nowMs,
    });
    return;
  }
  noteSuperseded(draft, name);
  const promoted: PromotedModel = {
    modelVersion: version,
    dataVersion: candidate.version,
    asOfMs: candidate.nowMs,
    definitionHash: hash,
    parameters,
  };
  draft.update({ promoted: withEntry(draft.state.promoted, name, promoted) });
}
