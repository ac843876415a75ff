import type { TextPlace } from '../core/errors.ts';
import type { Schema } from '../core/schema.ts';
import { type ModelWeight, modelWeights } from '../model/model-weights.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { answeringParameters, parametersOfVersion } from './model-version-parameters.ts';
import { namedModel } from './named-model.ts';
import type { Shown } from './show-objects.ts';

/** The weights of one model version. */
export type VersionWeights = {
  readonly model: string;
  readonly version: number;
  /** Scores have a quadratic part besides, which is not among the weights. */
  readonly isQuadratic: boolean;
  readonly weights: readonly ModelWeight[];
};

/**
 * @param version null: the one that answers
 * @throws EverviewError `unknown-relation`, `wrong-kind`, `no-model-version`
 */
export function weightsOfModel(
  core: EngineCore,
  name: string,
  version: number | null,
  at?: TextPlace,
): Promise<VersionWeights> {
  return core.store.read<VersionWeights, EngineState>(
    () => core.state,
    async (session, state) => {
      const entry = namedModel(state, name);
      const found =
        version === null
          ? await answeringParameters(session, state, entry, core.clock.nowMs())
          : await parametersOfVersion(session, entry, version, at);
      const { scorer, rows } = found.parameters;
      return {
        model: nameOf(entry),
        version: found.version,
        isQuadratic: scorer.quadratic !== null,
        weights: modelWeights(scorer, rows),
      };
    },
  );
}

const columns: Schema = [
  ...['score', 'feature', 'level', 'kind'].map((name) => ({ name, type: 'VARCHAR' })),
  ...['weight', 'standardized_weight', 'missing_weight', 'center', 'deviation', 'rows'].map((name) => ({
    name,
    type: 'DOUBLE',
  })),
];

export function shownWeights({ weights }: VersionWeights): Shown {
  const rows = weights.map((one) => ({
    score: one.score,
    feature: one.feature,
    level: one.level,
    kind: one.kind,
    weight: one.weight,
    standardized_weight: one.standardizedWeight,
    missing_weight: one.missingWeight,
    center: one.center,
    deviation: one.deviation,
    rows: one.rows,
  }));
  return { columns, rows };
}
