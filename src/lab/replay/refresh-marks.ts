import type { Row, SqlValue } from '../../index.ts';
import type { BetweenRefresh, RefreshMark } from '../cell-result.ts';
import type { History } from '../history.ts';
import { type KeptVersion, keptVersions } from './kept-versions.ts';
import { isRight } from './loss-of.ts';
import type { Replay } from './replay.ts';
import { stepLosses } from './step-losses.ts';
import { versionPredictor } from './version-predictor.ts';
import type { WarmModel } from './warm-up.ts';

/** A refresh of the model in the engine's records, with those of what it reads that it called for. */
type RefreshRecords = { readonly model: Row; readonly inputs: readonly Row[] };

/** Every refresh of the model, from the engine's own records. */
export async function refreshMarks(
  warm: WarmModel,
  replay: Replay,
  history: History,
): Promise<RefreshMark[]> {
  const { ledger } = warm;
  const kept = await keptVersions(warm, { withParameters: true });
  const flips = negativeFlips(warm, replay, kept);
  const unclaimed = [...kept];
  const asked = [...replay.asked];
  let lastMs: number | null = null;
  const marks: RefreshMark[] = [];
  const answered = new Set(replay.stepRows.map(({ version }) => version));
  for (const { model, inputs } of await refreshRecords(warm)) {
    const atMs = Number(model.ms);
    const step = marks.length === 0 ? -1 : history.arrivals.findIndex((arrival) => arrival.atMs >= atMs);
    const kind = kindOf(model.kind);
    const isByLab = model.trigger === 'asked';
    const made = kind === 'none' || model.reason === 'too-few-rows' ? undefined : unclaimed.shift();
    const promotedMs = made?.promotedMs ?? null;
    const newestMs = ledger.newestKnownMs(atMs);
    const changed = kind === 'none' ? null : ledger.change(lastMs, atMs);
    marks.push({
      atMs,
      step,
      kind,
      reason: String(model.reason),
      because: (isByLab ? asked.shift() : undefined) ?? String(model.trigger),
      changedRows: changed === null ? 0 : changed.added + changed.removed,
      trainingRows: made?.rows ?? ledger.learned(atMs),
      rowsScanned: inputs.reduce((sum, { rows }) => sum + Number(rows), Number(model.rows)),
      promoted: promotedMs !== null,
      modelVersion: made?.version ?? null,
      dataToModelMs: promotedMs === null || newestMs === null ? null : promotedMs - newestMs,
      negativeFlips: made === undefined ? null : (flips.get(made.version) ?? null),
      between:
        made !== undefined && answered.has(made.version) && atMs < (history.arrivals[step]?.atMs ?? atMs)
          ? betweenRefresh(warm, replay, step, atMs, made)
          : null,
    });
    if (kind !== 'none') lastMs = atMs;
  }
  return marks;
}

function betweenRefresh(
  { ledger, lossOf, reader }: WarmModel,
  { stepRows }: Replay,
  step: number,
  atMs: number,
  made: KeptVersion,
): BetweenRefresh {
  const later = stepRows.slice(step);
  const sample = later.find(({ rows }) => rows.length > 0)?.rows[0];
  const predict = sample === undefined ? null : versionPredictor(made.parameters, reader.task, sample.row);
  return {
    known: ledger.known(atMs),
    learnable: ledger.learnable(atMs),
    losses: predict === null ? null : stepLosses(predict, lossOf, later),
  };
}

async function refreshRecords({ engine, declared }: WarmModel): Promise<readonly RefreshRecords[]> {
  const { rows } = await engine.ask(
    `SELECT name, kind, reason, trigger, rows, epoch_ms(refreshed_at) AS ms FROM everview.refreshes
     WHERE name = $1 OR trigger = 'needed-by-dependent' ORDER BY refresh_id`,
    [declared.model.name],
  );
  const records: RefreshRecords[] = [];
  let before: Row[] = [];
  for (const row of rows) {
    if (row.name !== declared.model.name) {
      before.push(row);
      continue;
    }
    // What a read needed at another moment is no part of it.
    records.push({ model: row, inputs: before.filter(({ ms }) => ms === row.ms) });
    before = [];
  }
  return records;
}

function kindOf(value: SqlValue | undefined): RefreshMark['kind'] {
  return value === 'incremental' || value === 'full' ? value : 'none';
}

/**
 * By version that came to answer: rows of the first step it predicted that the version before had right, and it has
 * wrong. None for numbers, nor where the version before cannot be asked row by row.
 */
function negativeFlips(
  { reader, versions }: WarmModel,
  replay: Replay,
  kept: readonly KeptVersion[],
): ReadonlyMap<number, number> {
  const flips = new Map<number, number>();
  if (reader.task === 'number') return flips;
  const parameters = new Map(kept.map((one) => [one.version, one.parameters]));
  let last: number | null = null;
  for (const { version, rows } of replay.stepRows) {
    const [sample] = rows;
    if (version === last || sample === undefined) continue;
    last = version;
    const before = parameters.get(versions.before(version) ?? -1);
    const predict = before === undefined ? null : versionPredictor(before, reader.task, sample.row);
    if (predict === null) continue;
    const lost = rows.filter((row) => !row.isRight && isRight(predict(row.row), row.label));
    flips.set(version, lost.length);
  }
  return flips;
}
