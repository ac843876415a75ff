import { EverviewError } from '../core/errors.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SqlNode } from '../core/sql-tree.ts';
import type { StalenessReport } from '../core/staleness.ts';
import type { SqlParameter } from '../core/value.ts';
import type { ModelVersion } from '../core/version.ts';
import { versionAt } from '../log/update-log.ts';
import { planRead, type ReadPlan } from '../plan/read-plan.ts';
import type { Provenance, ReadPath } from '../query/answer.ts';
import { queryFailure } from '../query/query-failure.ts';
import { type QueryReads, type RewriteContext, readsOf, rewriteQuery } from '../query/rewrite-query.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { refreshObjects } from './refresh-objects.ts';
import { type MaintainedEntry, maintainedEntries, readObjectOf, reportOf } from './standings.ts';
import { systemRelationsOf } from './system-views.ts';

/** A query ready to run on its snapshot: plain SQL over physical relations, and what the answer rests on. */
export type PreparedAnswer = {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly schema: Schema;
  readonly provenance: Provenance;
};

/** Times a read refreshes and plans again before it takes what it has; updates may keep coming meanwhile. */
const planningRounds = 3;

/**
 * Decides what must be fresh, refreshes it, takes one snapshot, and hands `work` the query to run on it.
 * @throws EverviewError of the query, `staleness-exceeded`, `no-model-version`
 */
export async function answerQuery<T>(
  core: EngineCore,
  text: string,
  parameters: readonly SqlParameter[],
  work: (snapshot: Session, prepared: PreparedAnswer) => Promise<T>,
): Promise<T> {
  const tree = await core.parser.parse(text);
  let refreshed = false;
  for (let round = 1; ; round++) {
    const mayRefresh = round < planningRounds && !core.isHeld;
    const attempt = await tryAnswer(core, text, tree, parameters, refreshed, mayRefresh, work);
    if (attempt.kind === 'answered') return attempt.result;
    await refreshObjects(core, attempt.names, { trigger: 'read', how: 'auto' });
    refreshed = true;
  }
}

type Attempt<T> =
  | { readonly kind: 'answered'; readonly result: T }
  | { readonly kind: 'refresh'; readonly names: readonly string[] };

function tryAnswer<T>(
  core: EngineCore,
  text: string,
  tree: SqlNode,
  parameters: readonly SqlParameter[],
  refreshed: boolean,
  mayRefresh: boolean,
  work: (snapshot: Session, prepared: PreparedAnswer) => Promise<T>,
): Promise<Attempt<T>> {
  return core.store.read<Attempt<T>, EngineState>(
    () => core.state,
    async (snapshot, state) => {
      const nowMs = core.clock.nowMs();
      const system = systemRelationsOf(core, state, nowMs);
      const reads = readsOf(tree, text, state.catalog, system);
      const plan = planOf(core, state, reads, nowMs, mayRefresh);
      if (plan.kind === 'refresh') return { kind: 'refresh', names: plan.names };
      const context = rewriteContext(core, state, snapshot, nowMs, parameters, plan);
      try {
        const { sql, historical } = await rewriteQuery(tree, text, context);
        const schema = await snapshot.describe(sql);
        const path = pathOf(plan, refreshed, historical, reportsOf(core, state, reads, nowMs));
        const provenance = provenanceOf(core, state, reads, plan, path, nowMs);
        return { kind: 'answered', result: await work(snapshot, { sql, parameters, schema, provenance }) };
      } catch (failure) {
        throw queryFailure(failure, text, tree);
      }
    },
  );
}

type ServePlan = Extract<ReadPlan, { kind: 'serve' }>;

function readEntries(state: EngineState, reads: QueryReads): MaintainedEntry[] {
  const wanted = new Set([...reads.relations, ...reads.models]);
  return maintainedEntries(state).filter((entry) => wanted.has(entry.declared.definition.name));
}

function planOf(
  core: EngineCore,
  state: EngineState,
  reads: QueryReads,
  nowMs: number,
  mayRefresh: boolean,
): ServePlan | Extract<ReadPlan, { kind: 'refresh' }> {
  const objects = readEntries(state, reads).map((entry) => readObjectOf(entry, state, core.changes, nowMs));
  const plan = planRead(objects, state.version);
  if (plan.kind === 'refuse') {
    const report = objects.find((object) => object.name === plan.name)?.standing?.staleness;
    throw new EverviewError(
      'staleness-exceeded',
      `"${plan.name}" is staler than declared and on_stale_read is fail`,
      {
        hint: `REFRESH ${plan.name}, or set on_stale_read = refresh`,
        data: { object: plan.name, ...report },
      },
    );
  }
  if (plan.kind === 'refresh' && !mayRefresh) {
    // Refreshed already since the query arrived, or not to be refreshed now: by definition, over the newest version.
    return { kind: 'serve', version: state.version, withinBounds: true, expand: plan.names };
  }
  return plan;
}

export function rewriteContext(
  core: EngineCore,
  state: EngineState,
  session: Session,
  nowMs: number,
  parameters: readonly SqlParameter[],
  plan: Pick<ServePlan, 'version' | 'expand'> = { version: state.version, expand: [] },
): RewriteContext {
  return {
    catalog: state.catalog,
    version: plan.version,
    head: state.version,
    nowMs,
    parser: core.parser,
    session,
    parameters,
    changedSince: (table, version) => core.changes.firstChange(table, version, state.version) !== null,
    versionAt: (atMs) => versionAt(session, atMs),
    assertReachable: (version) => core.assertReachable(version, state),
    promotedParameters: (model) => promotedModel(state, model).parameters,
    system: systemRelationsOf(core, state, nowMs),
    expand: new Set(plan.expand),
  };
}

function promotedModel(state: EngineState, name: string) {
  const promoted = state.promoted.get(name);
  const entry = state.catalog.get(name);
  if (promoted !== undefined && promoted.definitionHash === entry?.declared.hash) return promoted;
  throw new EverviewError(
    'no-model-version',
    `no version of model "${name}" was promoted, so none may answer`,
    {
      hint: `SELECT * FROM everview.gates WHERE model = '${name}' and everview.refreshes say why; REFRESH ${name} tries again`,
    },
  );
}

function reportsOf(
  core: EngineCore,
  state: EngineState,
  reads: QueryReads,
  nowMs: number,
): StalenessReport[] {
  return readEntries(state, reads)
    .map((entry) => reportOf(entry, state, core.changes, nowMs))
    .filter((report) => report !== null);
}

function pathOf(
  plan: ServePlan,
  refreshed: boolean,
  historical: boolean,
  reports: readonly StalenessReport[],
): ReadPath {
  if (historical) return 'historical';
  if (reports.some((report) => !report.policyMet)) return 'served-stale';
  if (refreshed) return 'refreshed-first';
  return plan.withinBounds && reports.every((report) => report.rows === 0 && report.ms === 0)
    ? 'fresh'
    : 'served-within-bound';
}

function provenanceOf(
  core: EngineCore,
  state: EngineState,
  reads: QueryReads,
  plan: ServePlan,
  path: ReadPath,
  nowMs: number,
): Provenance {
  const models: Record<string, ModelVersion> = {};
  for (const model of reads.models) models[model] = promotedModel(state, model).modelVersion;
  return { version: plan.version, models, staleness: reportsOf(core, state, reads, nowMs), path };
}
