import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import { columnNames, distinctNames, type Schema, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import { fresh, type StalenessReport } from '../core/staleness.ts';
import type { SqlParameter } from '../core/value.ts';
import type { ModelVersion, Version } from '../core/version.ts';
import type { QueryPolicy } from '../declare/definition.ts';
import { declaredPolicy } from '../declare/query-policy.ts';
import type { MarkedUpdate } from '../log/held-log.ts';
import { planRead, type ReadObject, type ReadPlan } from '../plan/read-plan.ts';
import type { Provenance, ReadPath } from '../query/answer.ts';
import { assertAllUsed } from '../query/bind-parameters.ts';
import { nameOf } from '../query/catalog.ts';
import { queryFailure } from '../query/query-failure.ts';
import { type QueryReads, readsOf } from '../query/query-reads.ts';
import { rewriteQuery } from '../query/rewrite-query.ts';
import { answeringModel, noModelVersion } from './answering-model.ts';
import { wayToNewer } from './candidate-hold.ts';
import { type ChargeRows, chargeOf } from './charge-staleness.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { type HeldReading, heldReading } from './held-refreshes.ts';
import { heldReport } from './held-report.ts';
import { type InlineDecision, InlineReader } from './inline-reads.ts';
import { type AnsweredPredictions, logPredictions } from './log-predictions.ts';
import { type PausedAnswers, pausedAnswers, standInsOf } from './paused-models.ts';
import { rewriteContext } from './read-context.ts';
import { refreshObjects } from './refresh-objects.ts';
import { answeringModels } from './shown-models.ts';
import {
  type MaintainedEntry,
  maintainedEntries,
  readObjectOf,
  reportOf,
  servedStanding,
} from './standings.ts';
import { systemRelationsOf } from './system-views.ts';

/** A query ready to run on its snapshot: plain SQL over physical relations, and what the answer rests on. */
export type PreparedAnswer = {
  readonly sql: string;
  readonly schema: Schema;
  readonly provenance: Provenance;
  /** To be called once with the rows of the answer, when it was given. */
  readonly charge: ChargeRows;
};

/** Times a read refreshes and plans again before it answers by definition; updates may keep coming meanwhile. */
const planningRounds = 3;

/** A SELECT as it was asked: its text, the values of its parameters, and what it says of freshness. */
export type AskedQuery = {
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
  readonly policy: QueryPolicy;
};

type Request = AskedQuery & { readonly tree: SqlNode };

/**
 * Decides what must be fresh, refreshes it, takes one snapshot, and hands `work` the query to run on it.
 * @throws EverviewError of the query, `staleness-exceeded`, `no-model-version`, `predictions-paused`
 */
export async function answerQuery<T>(
  core: EngineCore,
  asked: AskedQuery,
  work: (snapshot: Session, prepared: PreparedAnswer) => Promise<T>,
): Promise<T> {
  const tree = await core.parser.parse(asked.text);
  assertAllUsed(tree, asked.parameters);
  const request = { ...asked, tree };
  let refreshed = false;
  for (let round = 1; ; round++) {
    const mayRefresh = round < planningRounds && !core.isHeld;
    const attempt = await tryAnswer(core, request, refreshed, mayRefresh, work);
    if (attempt.kind === 'answered') return attempt.result;
    // An update opened meanwhile may wait for this very answer, and would be waited for here.
    if (core.isHeld) continue;
    await refreshObjects(core, attempt.names, { trigger: 'read', how: 'auto' });
    refreshed = true;
  }
}

type Attempt<T> =
  | { readonly kind: 'answered'; readonly result: T }
  | { readonly kind: 'refresh'; readonly names: readonly string[] };

/** Resolves with the answer; predictions of it that are logged are noted after that, on the snapshot it had. */
function tryAnswer<T>(
  core: EngineCore,
  request: Request,
  refreshed: boolean,
  mayRefresh: boolean,
  work: (snapshot: Session, prepared: PreparedAnswer) => Promise<T>,
): Promise<Attempt<T>> {
  return new Promise((resolve, reject) => {
    const reading = attemptOn(
      core,
      request,
      refreshed,
      mayRefresh,
      work,
      async (attempt, snapshot, answered) => {
        if (answered.calls.length === 0) return;
        const logging = logPredictions(core, snapshot, answered);
        core.predictions.track(logging);
        resolve(attempt);
        // The snapshot is let go of when they are noted.
        await logging.catch(() => {});
      },
    );
    reading.then(resolve, reject);
  });
}

function attemptOn<T>(
  core: EngineCore,
  { text, tree, parameters, policy }: Request,
  refreshed: boolean,
  mayRefresh: boolean,
  work: (snapshot: Session, prepared: PreparedAnswer) => Promise<T>,
  then: (attempt: Attempt<T>, snapshot: Session, answered: AnsweredPredictions) => Promise<void>,
): Promise<Attempt<T>> {
  return core.store.read<Attempt<T>, EngineState>(
    () => core.state,
    async (snapshot, state) => {
      const nowMs = core.clock.nowMs();
      const reads = readsOf(tree, text, state.catalog, systemRelationsOf(state, nowMs));
      const paused = await pausedAnswers(snapshot, state, reads);
      const objects = readObjectsOf(state, reads, nowMs, policy);
      const hopeless = objects.find(isHopeless);
      if (hopeless !== undefined) throw await noModelVersion(snapshot, state, hopeless.name, nowMs);
      const held = heldReading(state, reads);
      const plan =
        held === null ? planReads(objects, state, mayRefresh, reads.predicted) : heldPlan(core, state, held);
      if (plan.kind === 'refresh') return { kind: 'refresh', names: plan.names };
      const models = await modelsOfAnswer(snapshot, state, reads, plan, nowMs, paused);
      const inline = held?.inline ?? (await inlineReader(core, state, snapshot, nowMs).decide(plan.inline));
      const reading = { version: plan.version, inline, paused };
      const context = rewriteContext(core, state, snapshot, nowMs, parameters, reading);
      try {
        const { sql, historical, logged } = await rewriteQuery(tree, text, context);
        const schema = distinctlyNamed(await snapshot.describe(sql));
        const staleness =
          held === null
            ? reportsOf(state, reads, plan, nowMs, policy)
            : readEntries(state, reads).map((entry) => heldReport(state, entry, held.version, nowMs));
        const path = pathOf(refreshed, historical, staleness, inline);
        const marks = marksOf(state, reads, plan.version);
        const marked = marks.length === 0 ? {} : { marks };
        const waits = {
          ...(held === null ? {} : { held: held.held }),
          ...standInsOf(paused),
        };
        const provenance = { version: plan.version, models, staleness, path, ...marked, ...waits };
        const served = readEntries(state, reads).filter((entry) => !plan.inline.includes(nameOf(entry)));
        const charge = chargeOf(core, state, served, nowMs);
        const result = await work(snapshot, { sql, schema, provenance, charge });
        const attempt = { kind: 'answered', result } as const;
        const { version } = plan;
        await then(attempt, snapshot, { state, reads, calls: logged, version, paused, nowMs });
        return attempt;
      } catch (failure) {
        throw queryFailure(failure, text, tree);
      }
    },
  );
}

/** @throws EverviewError `history-expired` */
function heldPlan(core: EngineCore, state: EngineState, { version, inline }: HeldReading): ServePlan {
  core.assertReachable(version, state);
  return { kind: 'serve', version, models: new Map(), inline: [...inline.keys()] };
}

/** Columns named as row objects have them: the second `a` is `a:1`. */
function distinctlyNamed(schema: Schema): Schema {
  const names = distinctNames(columnNames(schema));
  return schema.map(({ name, type }, index) => ({ name: names[index] ?? name, type }));
}

type ServePlan = Extract<ReadPlan, { kind: 'serve' }>;

function readEntries(state: EngineState, reads: QueryReads): MaintainedEntry[] {
  const wanted = new Set([...reads.relations, ...reads.models]);
  return maintainedEntries(state).filter((entry) => wanted.has(entry.declared.definition.name));
}

/** The kept objects among what is read, as read plans see them. */
export function readObjectsOf(
  state: EngineState,
  reads: QueryReads,
  nowMs: number,
  policy: QueryPolicy = declaredPolicy,
): ReadObject[] {
  return readEntries(state, reads).map((entry) => readObjectOf(entry, state, nowMs, policy));
}

/** @throws EverviewError `staleness-exceeded` */
export function planReads(
  objects: readonly ReadObject[],
  state: EngineState,
  mayRefresh: boolean,
  predicted: readonly string[] = [],
): ServePlan | Extract<ReadPlan, { kind: 'refresh' }> {
  const plan = planRead(objects, state.version, mayRefresh, answeringModels(state, objects, predicted));
  if (plan.kind !== 'refuse') return plan;
  const report = objects.find((object) => object.name === plan.name)?.standing?.staleness;
  throw new EverviewError(
    'staleness-exceeded',
    `"${plan.name}" is staler than it may be and on_stale_read is fail`,
    {
      hint: freshened(state, plan.name, objects),
      data: { object: plan.name, ...report },
    },
  );
}

/** What makes it fresh enough to be read: a refresh, unless that would come to nothing. */
function freshened(state: EngineState, name: string, objects: readonly ReadObject[]): string {
  const asked = 'for it or in the query: SELECT … WITH (…)';
  const entry = state.catalog.get(name);
  const isFutile = objects.some((object) => object.name === name && object.refreshIsFutile);
  if (entry?.kind !== 'model' || !isFutile)
    return `REFRESH ${quoteIdentifier(name)}, or set on_stale_read = refresh, ${asked}`;
  return `a refresh would change nothing: ${wayToNewer(state, entry)}; or set on_stale_read = serve, ${asked}`;
}

/** Reads views inline as committed state has them. */
function inlineReader(core: EngineCore, state: EngineState, session: Session, nowMs: number): InlineReader {
  return new InlineReader(core, state, session, nowMs, (entry) => servedStanding(entry, state, nowMs));
}

/** Whether a model can answer nothing, and no refresh will change that. */
function isHopeless({ kind, standing, refreshIsFutile }: ReadObject): boolean {
  return kind === 'model' && standing === null && refreshIsFutile;
}

async function modelsOfAnswer(
  snapshot: Session,
  state: EngineState,
  reads: QueryReads,
  { models: shown }: ServePlan,
  nowMs: number,
  paused: PausedAnswers,
): Promise<Record<string, ModelVersion>> {
  const models: Record<string, ModelVersion> = {};
  for (const name of reads.models) {
    const promoted = answeringModel(state, name);
    if (promoted === null) throw await noModelVersion(snapshot, state, name, nowMs);
    const standIn = paused.get(name);
    const version = standIn === undefined ? (shown.get(name) ?? promoted.modelVersion) : standIn.version;
    // Where another model or a value answers, no version of this one does.
    if (version !== null) models[name] = version;
  }
  return models;
}

/** Marked updates that what is read rests on, at the answer's version or before. */
function marksOf(state: EngineState, reads: QueryReads, version: Version): MarkedUpdate[] {
  if (state.marks.length === 0) return [];
  const tables = [...reads.relations, ...reads.models].flatMap((name) => {
    const entry = state.catalog.get(name);
    return entry === undefined ? [] : entry.kind === 'table' ? [nameOf(entry)] : entry.bases;
  });
  return state.marks.filter(
    (mark) => mark.version <= version && tables.some((table) => sameName(table, mark.table)),
  );
}

/** How stale each object is in this answer: what is read inline is as fresh as the answer's version. */
function reportsOf(
  state: EngineState,
  reads: QueryReads,
  plan: ServePlan,
  nowMs: number,
  policy: QueryPolicy,
): StalenessReport[] {
  return readEntries(state, reads).flatMap((entry) => {
    const { name } = entry.declared.definition;
    if (plan.inline.includes(name)) return [{ ...fresh, name, asOf: plan.version, policyMet: true }];
    return reportOf(entry, state, nowMs, policy) ?? [];
  });
}

/** One word for the whole answer. */
export function pathOf(
  refreshed: boolean,
  historical: boolean,
  reports: readonly StalenessReport[],
  inline: ReadonlyMap<string, InlineDecision>,
): ReadPath {
  if (historical) return 'historical';
  if (reports.some((report) => !report.policyMet)) return 'served-stale';
  if (refreshed) return 'refreshed-first';
  if ([...inline.values()].some(({ read }) => read === 'compensate')) return 'compensated';
  if (inline.size > 0) return 'recomputed';
  return reports.every((report) => report.rows === 0 && report.ms === 0) ? 'fresh' : 'served-within-bound';
}
