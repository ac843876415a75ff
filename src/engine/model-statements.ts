import type { Statement } from '../declare/statement.ts';
import { compareVersions } from './compare-versions.ts';
import type { EngineCore } from './engine-core.ts';
import { exportModel, shownExport } from './export-model.ts';
import { holdModel, promoteModel } from './promotions.ts';
import { comparisonMessage, shownComparison } from './show-comparison.ts';
import type { Shown } from './show-objects.ts';
import { shownWeights, weightsOfModel } from './weights-of-model.ts';
import { writeWholeFile } from './write-whole-file.ts';

export type ModelStatement = Extract<
  Statement,
  { kind: 'export-model' | 'weights' | 'compare' | 'promotion' }
>;

export type ModelAnswer = { readonly shown: Shown; readonly message: string | null };

/** EXPORT MODEL, WEIGHTS and COMPARE: what there is to tell of a model's versions. */
export async function answerModelStatement(
  core: EngineCore,
  statement: ModelStatement,
): Promise<ModelAnswer> {
  const { name } = statement;
  switch (statement.kind) {
    case 'export-model': {
      const exported = await exportModel(core, name.name);
      await writeWholeFile(statement.path, exported.bytes, statement.pathAt);
      const size = exported.bytes.length.toLocaleString('en-US');
      return {
        shown: shownExport(exported),
        message: `version ${exported.modelVersion} of model "${name.name}" written to "${statement.path}" (${size} bytes)`,
      };
    }
    case 'weights': {
      const asked = statement.version;
      const found = await weightsOfModel(core, name.name, asked?.version ?? null, asked?.at);
      const part = found.isQuadratic ? '; its scores are quadratic, and these are their linear part' : '';
      return {
        shown: shownWeights(found),
        message: `version ${found.version} of model "${found.model}"${part}`,
      };
    }
    case 'promotion': {
      const { action, version, by, because } = statement;
      const decision = { who: by, why: because };
      const shown = { columns: [], rows: [] };
      if (action === 'hold') {
        await holdModel(core, name.name, decision);
        return { shown, message: `model "${name.name}" is held: what answers stays until PROMOTE MODEL` };
      }
      const how = action === 'promote' ? 'promoted' : 'rolled-back';
      const answering = await promoteModel(core, name.name, version, how, decision);
      const held = action === 'rollback' ? ', and the model is held until PROMOTE MODEL' : '';
      return { shown, message: `version ${answering} of model "${name.name}" answers${held}` };
    }
    case 'compare': {
      const { before, after, tolerance } = statement;
      const comparison = await compareVersions(core, name.name, before, after, tolerance);
      return { shown: shownComparison(comparison), message: comparisonMessage(comparison) };
    }
  }
}
