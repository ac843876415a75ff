import type { Session } from '../core/session.ts';
import type { SqlParameter } from '../core/value.ts';
import { type ModelVersion, modelVersionOf, type Version, versionOf } from '../core/version.ts';
import { insertRow, insertRows } from '../log/insert-row.ts';
import { readParameters } from '../model/parameters-json.ts';
import type { ModelParameters } from '../model/scorer.ts';
import type { GateResult } from './gate-result.ts';

/** The version of a model that answers. */
export type PromotedModel = {
  readonly modelVersion: ModelVersion;
  readonly dataVersion: Version;
  readonly asOfMs: number;
  readonly definitionHash: string;
  readonly parameters: ModelParameters;
};

/** A version of a model that answered, or that none did, for as long as kept contents show it. */
export type SupersededVersion = {
  readonly model: string;
  readonly version: ModelVersion | null;
  /** Null: no version answered. */
  readonly parameters: ModelParameters | null;
  /** When another came to answer, or none. */
  readonly untilMs: number;
};

/** One fit, promoted or not. */
export type ModelVersionRecord = {
  readonly model: string;
  readonly version: ModelVersion;
  /** `held`: it passed its gate, and something else keeps it from answering. */
  readonly status: 'promoted' | 'failed' | 'held';
  readonly dataVersion: Version;
  readonly asOfMs: number;
  readonly definitionHash: string;
  readonly method: string;
  readonly hyperparameters: unknown;
  readonly parameters: ModelParameters;
  readonly metrics: unknown;
  readonly refreshKind: 'incremental' | 'full';
  readonly durationMs: number;
  readonly rows: number;
  readonly createdAtMs: number;
};

/** Records a fit; a promoted one takes the place of the version that answered so far. */
export function recordModelVersion(tx: Session, record: ModelVersionRecord): void {
  if (record.status === 'promoted') supersede(tx, record.model);
  const values: SqlParameter[] = [
    record.model,
    record.version,
    record.status,
    record.dataVersion,
    new Date(record.asOfMs),
    record.definitionHash,
    record.method,
    JSON.stringify(record.hyperparameters),
    JSON.stringify(record.parameters),
    JSON.stringify(record.metrics),
    record.refreshKind,
    record.durationMs,
    record.rows,
    new Date(record.createdAtMs),
    record.status === 'promoted' ? new Date(record.createdAtMs) : null,
  ];
  insertRow(tx, 'everview.model_versions', values);
}

/** A version that was fitted before answers from now on, in place of what did. */
export async function promoteVersion(
  tx: Session,
  model: string,
  version: ModelVersion,
  nowMs: number,
): Promise<void> {
  supersede(tx, model);
  await tx.run(
    `UPDATE everview.model_versions SET status = 'promoted', promoted_at = $3 WHERE model = $1 AND version = $2`,
    [model, version, new Date(nowMs)],
  );
}

/** From now on no version of the model answers. */
export function supersede(tx: Session, model: string): void {
  tx.later(
    `UPDATE everview.model_versions SET status = 'superseded' WHERE model = $1 AND status = 'promoted'`,
    [model],
  );
}

export function recordGate(
  tx: Session,
  model: string,
  version: ModelVersion,
  results: readonly GateResult[],
  judgedAtMs: number,
): void {
  const rows = results.map((result) => [
    model,
    version,
    result.condition,
    result.metric,
    result.candidate,
    result.current,
    result.threshold,
    result.passed,
    result.reason,
    new Date(judgedAtMs),
    result.verdict,
    result.slice,
    result.earlierWindow,
    result.rows,
    result.lower,
    result.upper,
  ]);
  insertRows(tx, 'everview.gates', rows);
}

export type ModelHistory = {
  readonly promoted: ReadonlyMap<string, PromotedModel>;
  /** The highest number given to a fit of each model, so that numbers are never used twice. */
  readonly lastVersion: ReadonlyMap<string, number>;
};

export async function loadModelHistory(session: Session): Promise<ModelHistory> {
  const promoted = await session.rows(`SELECT * FROM everview.model_versions WHERE status = 'promoted'`);
  const last = await session.rows(
    'SELECT model, max(version) AS version FROM everview.model_versions GROUP BY model',
  );
  return {
    promoted: new Map(
      promoted.flatMap((row): [string, PromotedModel][] => {
        const parameters = readParameters(String(row.parameters));
        if (parameters === null) return [];
        const promotedModel: PromotedModel = {
          modelVersion: modelVersionOf(Number(row.version)),
          dataVersion: versionOf(Number(row.data_version)),
          asOfMs: Number(row.as_of),
          definitionHash: String(row.definition_hash),
          parameters,
        };
        return [[String(row.model), promotedModel]];
      }),
    ),
    lastVersion: new Map(last.map((row) => [String(row.model), Number(row.version)])),
  };
}

/** @param fallbackMs when it ceased to answer, where no later version came to */
export async function loadSuperseded(
  session: Session,
  model: string,
  version: ModelVersion | null,
  fallbackMs: number,
): Promise<SupersededVersion> {
  const [row] = await session.rows(
    `SELECT any_value(parameters) FILTER (version = $2) AS parameters,
            min(promoted_at) FILTER (version > $2 OR promoted_at > own) AS until
     FROM everview.model_versions,
       (SELECT max(promoted_at) AS own FROM everview.model_versions WHERE model = $1 AND version = $2)
     WHERE model = $1 AND promoted_at IS NOT NULL`,
    [model, version ?? 0],
  );
  const untilMs = row?.until === null || row === undefined ? fallbackMs : Number(row.until);
  const parameters = typeof row?.parameters === 'string' ? readParameters(row.parameters) : null;
  return { model, version, parameters, untilMs };
}

/** Bytes of a state up to which some that no longer count may stay. */
const smallState = 2 ** 20;
const pruneEvery = 16;

/**
 * Adds the state, which counts as the last of its model: to UPDATE the one before would cost twice as much.
 *
 * @param refreshId of the refresh that made it; after every so many those that no longer count are removed
 */
export function saveModelState(
  tx: Session,
  model: string,
  version: Version,
  asOfMs: number,
  hash: string,
  state: Uint8Array,
  refreshId: number,
): void {
  if (state.length > smallState || refreshId % pruneEvery === 0) dropModelState(tx, model);
  insertRow(tx, 'everview.model_states', [model, version, new Date(asOfMs), hash, state]);
}

export function dropModelState(tx: Session, model: string): void {
  tx.later('DELETE FROM everview.model_states WHERE name = $1', [model]);
}

/** The sums as last saved; null when there are none. */
export async function loadModelState(session: Session, model: string): Promise<Uint8Array | null> {
  const [row] = await session.rows(
    'SELECT state FROM everview.model_states WHERE name = $1 ORDER BY rowid DESC LIMIT 1',
    [model],
  );
  return row?.state instanceof Uint8Array ? row.state : null;
}
