import { formatDurationMs } from '../core/duration.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { hashGate } from '../declare/definition-hash.ts';
import type { Cursor, FitOutcome } from '../log/cursor-log.ts';
import { eventTimeColumn, membershipCondition, trainingBoundsAt } from '../model/training-window.ts';
import type { PromotedModel } from '../promote/model-versions.ts';
import { type Catalog, type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';

/** The version of a model that answers, by its present definition; null when there is none. */
export function answeringModel(state: EngineState, name: string): PromotedModel | null {
  const promoted = state.promoted.get(name);
  return promoted?.definitionHash === state.catalog.get(name)?.declared.hash ? (promoted ?? null) : null;
}

export function trainingSetOf(entry: ModelEntry, catalog: Catalog): TrainingSetEntry {
  const found = catalog.get(entry.reads[0]);
  if (found?.kind === 'training-set') return found;
  throw new EverviewError('internal', `model "${nameOf(entry)}" lost its training set`);
}

/** Why no version answers: never fitted, too few rows, or a condition of the gate; and the way out of it. */
export async function noModelVersion(
  session: Session,
  state: EngineState,
  name: string,
  nowMs: number,
): Promise<EverviewError> {
  const entry = state.catalog.get(name);
  if (entry?.kind !== 'model') return new EverviewError('unknown-relation', `"${name}" is no model`);
  const cursor = state.cursors.get(name);
  const why =
    cursor?.hash !== entry.declared.hash
      ? `it was never fitted by its present definition: REFRESH ${quoteIdentifier(name)} fits it`
      : cursor.rows === 0
        ? await fewRows(session, state, entry, cursor, nowMs)
        : ((await heldVersion(session, name, entry)) ??
          (await failedGate(session, name, entry, cursor.outcome)));
  return new EverviewError(
    'no-model-version',
    `no version of model "${name}" was promoted, so none may answer`,
    {
      hint: why,
    },
  );
}

/** The last fit found no row to learn from: why, as the training set is now, which may have moved on since. */
async function fewRows(
  session: Session,
  state: EngineState,
  entry: ModelEntry,
  fit: Cursor,
  nowMs: number,
): Promise<string> {
  const set = trainingSetOf(entry, state.catalog);
  const { definition, schema } = set.declared;
  const { training } = trainingBoundsAt(definition, nowMs);
  const column = eventTimeColumn(definition, schema);
  const time = column === null ? 'NULL' : quoteIdentifier(column.name);
  const [row] = await session.rows(
    `SELECT count(*)::DOUBLE AS rows, max(${time})::VARCHAR AS newest, min(${time})::VARCHAR AS oldest,
       (count(*) FILTER (WHERE ${membershipCondition(training, column) ?? 'true'}))::DOUBLE AS members
     FROM view.${quoteIdentifier(definition.name)} WHERE ${quoteIdentifier(definition.label)} IS NOT NULL`,
  );
  const rows = Number(row?.rows ?? 0);
  if (rows === 0) return `training set "${definition.name}" holds no row with a label`;
  if (training.kind === 'all' || Number(row?.members ?? 0) > 0) {
    const contents = state.cursors.get(definition.name);
    const isSince =
      (contents?.version ?? 0) > fit.version || (training.kind === 'span' && nowMs > fit.asOfMs);
    return isSince
      ? `training set "${definition.name}" has had other rows since "${nameOf(entry)}" was last fitted: ` +
          `REFRESH ${quoteIdentifier(nameOf(entry))} fits it`
      : `no row of training set "${definition.name}" has every feature it needs`;
  }
  const until = moment(Number(training.untilUs) / 1_000);
  const span =
    training.afterUs === null
      ? `up to ${until}`
      : `in (${moment(Number(training.afterUs) / 1_000)}, ${until}]`;
  const delays = [
    definition.labelDelayMs > 0 ? `label_delay ${formatDurationMs(definition.labelDelayMs)}` : null,
    definition.holdoutMs > 0 ? `holdout ${formatDurationMs(definition.holdoutMs)}` : null,
    definition.windowMs === null ? null : `window ${formatDurationMs(definition.windowMs)}`,
  ].filter((part) => part !== null);
  const because = delays.length === 0 ? '' : `: ${delays.join(', ')}`;
  return (
    `no labelled row of training set "${definition.name}" is ${span} at the clock's ${moment(nowMs)}${because}; ` +
    `its rows are from ${String(row?.oldest)} to ${String(row?.newest)}`
  );
}

function moment(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$|Z$/, '');
}

/** The newest version passed its gate, and is held. */
async function heldVersion(session: Session, name: string, entry: ModelEntry): Promise<string | null> {
  const [row] = await session.rows(
    `SELECT version, (SELECT arg_max(coalesce(why, reason), promotion_id) FROM everview.promotions p
       WHERE p.model = v.model AND p.version = v.version) AS why
     FROM everview.model_versions v WHERE model = $1 AND definition_hash = $2 AND status = 'held'
       AND version = (SELECT max(version) FROM everview.model_versions WHERE model = $1)`,
    [name, entry.declared.hash],
  );
  if (row === undefined) return null;
  return `version ${String(row.version)} is held (${String(row.why)}): PROMOTE MODEL ${quoteIdentifier(name)} lets it answer`;
}

async function failedGate(
  session: Session,
  name: string,
  { plan, declared }: ModelEntry,
  outcome: FitOutcome | null,
): Promise<string> {
  if (outcome?.kind === 'failed' && outcome.gate !== hashGate(declared.definition))
    return `its newest version failed a gate that is no longer declared: REFRESH ${quoteIdentifier(name)} judges anew`;
  const conditions = await session.rows(
    `SELECT condition, metric, candidate, threshold, reason, slice FROM everview.gates
     WHERE model = $1 AND NOT passed AND version = (SELECT max(version) FROM everview.gates WHERE model = $1)`,
    [name],
  );
  const told = conditions.map((row) =>
    row.reason === 'empty-holdout'
      ? `no labelled row is in the hold-out, so "${String(row.condition)}" cannot be judged`
      : `the gate asks for ${String(row.condition)}; the candidate's ${String(row.metric)} ` +
        `${row.slice === null ? '' : `where ${String(row.slice)} `}is ` +
        `${score(row.candidate)}${row.threshold === null ? '' : `, the threshold ${score(row.threshold)}`}`,
  );
  if (told.length === 0 && plan.task === 'class')
    return `training rows of two values of "${plan.label}" are needed to tell them apart; everview.refreshes tells more`;
  return told.length === 0
    ? `everview.model_versions and everview.refreshes tell more; REFRESH ${quoteIdentifier(name)} tries again`
    : `${told.join('; ')}; everview.gates tells more`;
}

function score(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : 'undefined';
}
