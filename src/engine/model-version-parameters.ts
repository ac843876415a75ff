import { EverviewError, type TextPlace } from '../core/errors.ts';
import type { Session } from '../core/session.ts';
import type { ModelParameters } from '../model/scorer.ts';
import { findModelVersion } from '../promote/model-version-at.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { answeringModel, noModelVersion } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';

export type VersionParameters = { readonly version: number; readonly parameters: ModelParameters };

/** @throws EverviewError `no-model-version` */
export async function answeringParameters(
  session: Session,
  state: EngineState,
  entry: ModelEntry,
  nowMs: number,
): Promise<VersionParameters> {
  const promoted = answeringModel(state, nameOf(entry));
  if (promoted === null) throw await noModelVersion(session, state, nameOf(entry), nowMs);
  return { version: promoted.modelVersion, parameters: promoted.parameters };
}

/**
 * Any version of a model: also one that was superseded, or that failed its gate.
 * @throws EverviewError `no-model-version`, `unsupported` for one that another release wrote
 */
export async function parametersOfVersion(
  session: Session,
  entry: ModelEntry,
  version: number,
  at?: TextPlace,
): Promise<VersionParameters> {
  const name = nameOf(entry);
  const found = await findModelVersion(session, name, version);
  if (found.kind === 'unknown') {
    throw new EverviewError('no-model-version', `model "${name}" has no version ${version}`, {
      at,
      hint: knownVersions(found.known),
    });
  }
  if (found.parameters !== null) return { version, parameters: found.parameters };
  throw new EverviewError(
    'unsupported',
    `version ${version} of model "${name}" was written by another release`,
    {
      at,
      hint: `REFRESH ${name} FULL fits a version of this one`,
    },
  );
}

function knownVersions(known: readonly number[]): string {
  if (known.length === 0) return 'it was never fitted: REFRESH fits it';
  const shown = known.slice(-12).join(', ');
  return `it has ${known.length > 12 ? '…, ' : ''}${shown}; everview.model_versions tells more`;
}
