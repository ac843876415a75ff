import type { TextPlace } from '../core/errors.ts';
import type { ModelVersion } from '../core/version.ts';
import { type ExportedModel, exportOnnx } from '../model/export-onnx.ts';
import { nameOf } from '../query/catalog.ts';
import { answeringModel, noModelVersion, trainingSetOf } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { namedModel } from './named-model.ts';
import type { Shown } from './show-objects.ts';

/**
 * The version of a model that answers, as an ONNX file; nothing is refreshed for it.
 * @throws EverviewError `unknown-relation`, `wrong-kind`, `no-model-version`, `unsupported`
 */
export function exportModel(
  core: EngineCore,
  name: string,
  at?: TextPlace,
): Promise<ExportedModel & { readonly modelVersion: ModelVersion }> {
  return core.store.read<ExportedModel & { readonly modelVersion: ModelVersion }, EngineState>(
    () => core.state,
    async (session, state) => {
      const entry = namedModel(state, name, at);
      const promoted = answeringModel(state, nameOf(entry));
      if (promoted === null) throw await noModelVersion(session, state, nameOf(entry), core.clock.nowMs());
      const { modelVersion, dataVersion, definitionHash, asOfMs, parameters } = promoted;
      const { schema } = trainingSetOf(entry, state.catalog).declared;
      const { method } = entry.declared.definition;
      const origin = { model: nameOf(entry), modelVersion, dataVersion, definitionHash, method };
      const exported = exportOnnx(parameters.scorer, schema, { ...origin, trainedAtMs: asOfMs });
      return { ...exported, modelVersion };
    },
  );
}

/** The file's inputs and outputs. */
export function shownExport({ values }: ExportedModel): Shown {
  return {
    columns: ['role', 'name', 'type', 'meaning'].map((name) => ({ name, type: 'VARCHAR' })),
    rows: values.map(({ role, name, type, meaning }) => ({ role, name, type, meaning })),
  };
}
