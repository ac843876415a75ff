import { EverviewError, type Row } from '../../index.ts';
import { type VersionPredictor, versionPredictor } from './version-predictor.ts';
import type { WarmModel } from './warm-up.ts';

/** Parameters of a version, as `everview.model_versions` keeps them. */
export async function versionParameters({ engine, declared }: WarmModel, version: number): Promise<string> {
  const { rows } = await engine.ask(
    'SELECT parameters FROM everview.model_versions WHERE model = $1 AND version = $2',
    [declared.model.name, version],
  );
  return String(rows[0]?.parameters);
}

/**
 * What a version says that no longer answers.
 * @param sample any row that will be asked for
 * @throws EverviewError `no-model-version` where its rows cannot be predicted one at a time
 */
export async function keptPredictor(
  warm: WarmModel,
  version: number,
  sample: Row,
): Promise<VersionPredictor> {
  const parameters = await versionParameters(warm, version);
  const predict = versionPredictor(parameters, warm.reader.task, sample);
  if (predict !== null) return predict;
  throw new EverviewError(
    'no-model-version',
    `no version of model "${warm.declared.model.name}" answers any more, and the one before cannot be asked`,
    { hint: 'a longer window, or a longer warm-up, leaves it rows to learn from' },
  );
}
