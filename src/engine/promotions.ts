import { EverviewError, type TextPlace } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Decision } from '../core/incident.ts';
import type { Session } from '../core/session.ts';
import { type ModelVersion, modelVersionOf, versionOf } from '../core/version.ts';
import { reasonOfLastFit } from '../log/cursor-log.ts';
import { readParameters } from '../model/parameters-json.ts';
import { type PromotedModel, promoteVersion } from '../promote/model-versions.ts';
import { recordPromotion } from '../promote/promotion-log.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import { withEntry } from './engine-state.ts';
import { namedModel } from './named-model.ts';
import { refreshImmediate } from './refresh-immediate.ts';
import { noteSuperseded } from './shown-models.ts';
import { WriteDraft } from './write-draft.ts';

/** A version of a model by its number, and where that stood. */
export type AskedVersion = { readonly version: number; readonly at?: TextPlace };

/**
 * HOLD MODEL: what answers stays until PROMOTE MODEL, whatever the candidates.
 * @returns the version that answers; null: none does
 */
export async function holdModel(
  core: EngineCore,
  name: string,
  decision: Decision,
): Promise<ModelVersion | null> {
  return core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const model = nameOf(namedModel(state, name));
    const version = answeringModel(state, model)?.modelVersion ?? null;
    await decide(core, draft, { model, version, action: 'held', reason: 'held-by-person' }, decision);
    return draft.committed(version);
  });
}

/**
 * PROMOTE MODEL: the version answers from now on, and candidates come to answer by themselves again. ROLLBACK MODEL: it
 * answers, and none does until PROMOTE MODEL.
 * @param asked null: the newest that passed its gate and is newer than what answers, or else what answers already
 * @returns the version that answers
 * @throws EverviewError `no-model-version`, or `not-promotable` for a version that failed its gate (law 5) or belongs to
 *   another definition
 */
export async function promoteModel(
  core: EngineCore,
  name: string,
  asked: AskedVersion | null,
  action: 'promoted' | 'rolled-back',
  decision: Decision,
): Promise<ModelVersion> {
  return core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const entry = namedModel(state, name);
    const model = nameOf(entry);
    const found = await findPromotable(draft, entry, asked);
    if (answeringModel(state, model)?.modelVersion !== found.modelVersion) {
      noteSuperseded(draft, model);
      await promoteVersion(tx, model, found.modelVersion, draft.nowMs);
      draft.update({ promoted: withEntry(draft.state.promoted, model, found) });
      await refreshImmediate(core, draft, model);
    }
    const reason = action === 'promoted' ? 'promoted-by-person' : 'rolled-back';
    await decide(core, draft, { model, version: found.modelVersion, action, reason }, decision);
    return draft.committed(found.modelVersion);
  });
}

type Decided = {
  readonly model: string;
  readonly version: ModelVersion | null;
  readonly action: 'promoted' | 'held' | 'rolled-back';
  readonly reason: 'promoted-by-person' | 'held-by-person' | 'rolled-back';
};

async function decide(
  core: EngineCore,
  draft: WriteDraft,
  decided: Decided,
  { who, why }: Decision,
): Promise<void> {
  const record = { ...decided, who: who ?? core.user, why, incidentId: null, decidedAtMs: draft.nowMs };
  recordPromotion(draft.tx, record);
  const held = new Set(draft.state.heldModels);
  if (decided.action === 'promoted') held.delete(decided.model);
  else held.add(decided.model);
  draft.update({ heldModels: held });
}

/** The model is gone: a new one of its name is not held. */
export async function endHold(draft: WriteDraft, model: string): Promise<void> {
  if (!draft.state.heldModels.has(model)) return;
  recordPromotion(draft.tx, {
    model,
    version: null,
    action: 'dropped',
    reason: 'model-dropped',
    who: 'everview',
    why: null,
    incidentId: null,
    decidedAtMs: draft.nowMs,
  });
  const held = new Set(draft.state.heldModels);
  held.delete(model);
  draft.update({ heldModels: held });
}

/**
 * What was learned from rows that are gone may not answer (law 8), by whatever definition they were found to be gone: the
 * next fit would take it away again.
 */
async function assertLearned(tx: Session, model: string, asked: AskedVersion | null): Promise<void> {
  if ((await reasonOfLastFit(tx, model)) !== 'too-few-rows') return;
  throw new EverviewError(
    'not-promotable',
    `no version of model "${model}" may answer: its last fit found too few rows to learn from`,
    { at: asked?.at, hint: `once there are rows again, REFRESH ${quoteIdentifier(model)} fits a version` },
  );
}

async function findPromotable(
  { tx, state }: WriteDraft,
  entry: ModelEntry,
  asked: AskedVersion | null,
): Promise<PromotedModel> {
  const model = nameOf(entry);
  const { hash } = entry.declared;
  await assertLearned(tx, model, asked);
  const [row] = await tx.rows(
    asked === null
      ? `SELECT * FROM everview.model_versions
         WHERE model = $1 AND status IN ('held', 'superseded') AND definition_hash = $2
         AND version > coalesce((SELECT max(version) FROM everview.model_versions WHERE model = $1 AND status = 'promoted'), 0)
         ORDER BY version DESC LIMIT 1`
      : 'SELECT * FROM everview.model_versions WHERE model = $1 AND version = $2',
    [model, asked === null ? hash : asked.version],
  );
  if (row === undefined) {
    const answering = answeringModel(state, model);
    if (asked === null && answering !== null) return answering;
    throw new EverviewError(
      'no-model-version',
      asked === null
        ? `no version of model "${model}" waits to be promoted`
        : `model "${model}" has no version ${asked.version}`,
      {
        at: asked?.at,
        hint: `everview.model_versions lists its versions; REFRESH ${quoteIdentifier(model)} fits another`,
      },
    );
  }
  const version = Number(row.version);
  const written = quoteIdentifier(model);
  const refusal = (why: string, hint: string) =>
    new EverviewError('not-promotable', `version ${version} of model "${model}" ${why}`, {
      at: asked?.at,
      hint,
    });
  if (row.status === 'failed')
    throw refusal(
      'failed its gate, and may not answer',
      `ALTER MODEL ${written} SET (gate = …), and then REFRESH ${written}, judge anew`,
    );
  if (row.definition_hash !== hash)
    throw refusal('is of another definition', `REFRESH ${written} fits a version of the present one`);
  const parameters = readParameters(String(row.parameters));
  if (parameters === null)
    throw refusal('was written by another release', `REFRESH ${written} FULL fits a version of this one`);
  return {
    modelVersion: modelVersionOf(version),
    dataVersion: versionOf(Number(row.data_version)),
    asOfMs: Number(row.as_of),
    definitionHash: hash,
    parameters,
  };
}
