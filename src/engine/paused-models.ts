import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { LiveIncident } from '../core/incident.ts';
import type { Session } from '../core/session.ts';
import { type ModelVersion, modelVersionOf } from '../core/version.ts';
import { constantScorer } from '../model/constant-scorer.ts';
import type { ModelParameters } from '../model/scorer.ts';
import type { StandIn } from '../query/answer.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import type { QueryReads } from '../query/query-reads.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';
import { incidentAgainst } from './model-incidents.ts';
import { parametersOfVersion } from './model-version-parameters.ts';

type PausedAnswer = StandIn & {
  readonly parameters: ModelParameters;
  /** Of the paused model; null where it is not it that answers. */
  readonly version: ModelVersion | null;
};

export type PausedAnswers = ReadonlyMap<string, PausedAnswer>;

/**
 * What answers for the models of a query that incidents pause, as `fallback` says. Kept contents hold the predictions of
 * the version that answered: nothing can stand for these.
 *
 * @throws EverviewError `predictions-paused`
 */
export async function pausedAnswers(
  session: Session,
  state: EngineState,
  { models, predicted }: QueryReads,
): Promise<PausedAnswers> {
  const answers = new Map<string, PausedAnswer>();
  if (state.incidents.length === 0) return answers;
  for (const name of models) {
    const entry = state.catalog.get(name);
    if (entry?.kind !== 'model') continue;
    const incident = incidentAgainst(state, entry, entry.declared.definition.pauseOn);
    if (incident === undefined) continue;
    const answer = predicted.includes(name)
      ? await answerOf(session, state, entry, incident)
      : noAnswer('what is kept holds predictions of the model itself');
    if ('because' in answer) throw paused(entry, incident, answer);
    answers.set(name, answer);
  }
  return answers;
}

/** What answers told that it does: without its parameters. */
export function standInsOf(answers: PausedAnswers): { readonly standIns?: readonly StandIn[] } {
  if (answers.size === 0) return {};
  return { standIns: [...answers.values()].map(({ model, incidentId, by }) => ({ model, incidentId, by })) };
}

/** Why what `fallback` names does not answer. */
type NoAnswer = { readonly because: string };

function noAnswer(because: string): NoAnswer {
  return { because };
}

async function answerOf(
  session: Session,
  state: EngineState,
  entry: ModelEntry,
  incident: LiveIncident,
): Promise<PausedAnswer | NoAnswer> {
  const { incidentId } = incident;
  const { fallback } = entry.declared.definition;
  const promoted = answeringModel(state, nameOf(entry));
  const told = { model: nameOf(entry), incidentId };
  if (fallback === null) return noAnswer('none is declared');
  if (promoted === null) return noAnswer('no version of the model answers that it could stand for');
  switch (fallback.kind) {
    case 'previous': {
      const version = await newestBefore(session, state, entry, incident);
      if (version === null)
        return noAnswer('every version that answered has learned from what the incident is about');
      const { parameters } = await parametersOfVersion(session, entry, version);
      return { ...told, by: `version ${version}`, parameters, version };
    }
    case 'value': {
      const scorer = constantScorer(promoted.parameters.scorer, fallback.value);
      const by = `the value ${fallback.value}`;
      return scorer === null
        ? noAnswer(`the model cannot predict ${fallback.value}`)
        : { ...told, by, parameters: { ...promoted.parameters, scorer }, version: null };
    }
    case 'model':
      return answerOfOther(state, fallback.name, told);
  }
}

function answerOfOther(
  state: EngineState,
  name: string,
  told: Pick<PausedAnswer, 'model' | 'incidentId'>,
): PausedAnswer | NoAnswer {
  const other = state.catalog.get(name);
  if (other?.kind !== 'model') return noAnswer(`there is no model "${name}"`);
  const answering = answeringModel(state, name);
  if (answering === null) return noAnswer(`no version of model "${name}" answers`);
  const incident = incidentAgainst(state, other, other.declared.definition.pauseOn);
  if (incident !== undefined) return noAnswer(`incident ${incident.incidentId} pauses model "${name}" too`);
  return { ...told, by: `model "${nameOf(other)}"`, parameters: answering.parameters, version: null };
}

/** Of the versions that answered, the newest whose rows are older than what the incident is about. */
async function newestBefore(
  session: Session,
  { held }: EngineState,
  { declared }: ModelEntry,
  { incidentId, name }: LiveIncident,
): Promise<ModelVersion | null> {
  const waiting = held.filter(({ what, table }) => what === 'refresh' && table === name);
  const since = waiting.length === 0 ? 'NULL' : String(Math.min(...waiting.map(({ version }) => version)));
  const [row] = await session.rows(
    `SELECT max(v.version)::INTEGER AS version FROM everview.model_versions v,
       (SELECT *, coalesce(least(taken_version, ${since}), version) AS came FROM everview.incidents) i
     WHERE v.model = $1 AND v.definition_hash = $2 AND v.promoted_at IS NOT NULL AND i.incident_id = $3
       AND (v.data_version < i.came OR (i.update_id IS NULL AND v.data_version = i.came))`,
    [declared.definition.name, declared.hash, incidentId],
  );
  return row?.['version'] === null || row === undefined ? null : modelVersionOf(Number(row['version']));
}

function paused(
  { declared }: ModelEntry,
  { incidentId, detail }: LiveIncident,
  { because }: NoAnswer,
): EverviewError {
  const { name, fallback } = declared.definition;
  const altered = `ALTER MODEL ${quoteIdentifier(name)} SET`;
  const ways =
    fallback === null
      ? `${altered} (pause_on = never) answers all the same, (fallback = previous) by an earlier version`
      : `its fallback does not answer: ${because}; ${altered} (pause_on = never, fallback = NULL) answers all the same`;
  return new EverviewError(
    'predictions-paused',
    `predictions of model "${name}" are paused by incident ${incidentId}: ${detail}`,
    {
      hint: `EXPLAIN INCIDENT ${incidentId}, then ACCEPT or RESOLVE it; ${ways}`,
      data: { model: name, incident: incidentId },
    },
  );
}
