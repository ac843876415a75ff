import type { Reason } from '../core/reasons.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { fresh } from '../core/staleness.ts';
import type { Row } from '../core/value.ts';
import type { ModelVersion, Version } from '../core/version.ts';
import { explainObject, type PlannedObject, type ReadWay } from '../plan/explain-read.ts';
import { planRead, type ReadObject, type ReadPlan } from '../plan/read-plan.ts';
import type { Provenance } from '../query/answer.ts';
import { type CatalogEntry, isMaintained, nameOf } from '../query/catalog.ts';
import { queryFailure } from '../query/query-failure.ts';
import { historicalReadsOf, type QueryReads, readsOf } from '../query/query-reads.ts';
import { rewriteQuery } from '../query/rewrite-query.ts';
import { type AskedQuery, pathOf, readObjectsOf } from './answer-query.ts';
import { answeringModel, noModelVersion } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { type HeldReading, heldReading } from './held-refreshes.ts';
import { heldReport } from './held-report.ts';
import { type InlineDecision, InlineReader } from './inline-reads.ts';
import { type PausedAnswers, pausedAnswers, standInsOf } from './paused-models.ts';
import { rewriteContext } from './read-context.ts';
import { isKept } from './refresh-views.ts';
import type { Shown } from './show-objects.ts';
import { answeringModels, answeringVersions } from './shown-models.ts';
import { reportOf, servedStanding } from './standings.ts';
import { systemRelationsOf } from './system-views.ts';

/** What the query's answer would rest on, were it asked now, and how each thing it reads would be read. */
export type ExplainedQuery = Provenance & Shown;

/**
 * How a query would be answered now: nothing is refreshed, and nothing but the checks of compensated reads is run.
 * @throws EverviewError of the query, as answering it would.
 */
export async function explainQuery(core: EngineCore, asked: AskedQuery): Promise<ExplainedQuery> {
  const tree = await core.parser.parse(asked.text);
  return core.store.read<ExplainedQuery, EngineState>(
    () => core.state,
    async (snapshot, state) => {
      const nowMs = core.clock.nowMs();
      const reads = readsOf(tree, asked.text, state.catalog, systemRelationsOf(state, nowMs));
      const paused = await pausedAnswers(snapshot, state, reads);
      const past = historicalReadsOf(tree, asked.text, state.catalog);
      const held = heldReading(state, reads);
      const explainer = new QueryExplainer(core, state, snapshot, nowMs, asked, paused);
      const explained =
        held === null ? await explainer.explain(reads, past) : await explainer.explainHeld(reads, held);
      if (explained.isReady) {
        const context = rewriteContext(core, state, snapshot, nowMs, asked.parameters, {
          ...explained,
          paused,
        });
        try {
          await snapshot.describe((await rewriteQuery(tree, asked.text, context)).sql);
        } catch (failure) {
          throw queryFailure(failure, asked.text, tree);
        }
      }
      return { columns, rows: explained.rows, ...explained.provenance };
    },
  );
}

const columns: Schema = [
  { name: 'name', type: 'VARCHAR' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'plan', type: 'VARCHAR' },
  { name: 'chosen', type: 'BOOLEAN' },
  { name: 'reason', type: 'VARCHAR' },
  { name: 'predicted_ms', type: 'DOUBLE' },
  { name: 'version', type: 'BIGINT' },
  { name: 'detail', type: 'VARCHAR' },
];

type Explained = {
  readonly rows: readonly Row[];
  readonly provenance: Provenance;
  readonly version: Version;
  readonly inline: ReadonlyMap<string, InlineDecision>;
  /** Whether everything the query reads is there, so that it can be checked. */
  readonly isReady: boolean;
};

/** What planning comes to once everything it wants refreshed is: to serve, or to refuse. */
type FinalPlan = {
  readonly plan: Exclude<ReadPlan, { kind: 'refresh' }>;
  readonly refreshed: ReadonlySet<string>;
};

class QueryExplainer {
  readonly #core: EngineCore;
  readonly #state: EngineState;
  readonly #snapshot: Session;
  readonly #nowMs: number;
  readonly #asked: AskedQuery;
  readonly #paused: PausedAnswers;

  constructor(
    core: EngineCore,
    state: EngineState,
    snapshot: Session,
    nowMs: number,
    asked: AskedQuery,
    paused: PausedAnswers,
  ) {
    this.#core = core;
    this.#state = state;
    this.#snapshot = snapshot;
    this.#nowMs = nowMs;
    this.#asked = asked;
    this.#paused = paused;
  }

  async explain(reads: QueryReads, past: readonly string[]): Promise<Explained> {
    const objects = readObjectsOf(this.#state, reads, this.#nowMs, this.#asked.policy);
    const { plan, refreshed } = this.#finalPlan(objects, reads.predicted);
    const reader = new InlineReader(this.#core, this.#state, this.#snapshot, this.#nowMs, (entry) =>
      refreshed.has(nameOf(entry)) ? this.#renewed : servedStanding(entry, this.#state, this.#nowMs),
    );
    const inline =
      plan.kind === 'serve' ? await reader.decide(plan.inline) : new Map<string, InlineDecision>();
    const version = plan.kind === 'serve' ? plan.version : this.#state.version;
    const rows: Row[] = reads.relations.flatMap((name) => this.#tableRows(name, version));
    for (const name of past) rows.push(this.#pastRow(name));
    for (const object of [...objects, ...this.#beneath(objects, inline)]) {
      rows.push(...(await this.#objectRows(object, plan, refreshed, reader, inline, version)));
    }
    const provenance = this.#provenance(objects, plan, refreshed, inline, past.length > 0, version);
    const isReady = objects.every(({ standing }) => standing !== null);
    return { rows, provenance, version, inline, isReady };
  }

  /** Where something waits, all of the query is read as of the version before. */
  async explainHeld(reads: QueryReads, { version, held, inline }: HeldReading): Promise<Explained> {
    const names = [...new Set([...reads.relations, ...reads.models])];
    const entries = names.flatMap((name) => this.#state.catalog.get(name) ?? []);
    const without = `without update ${held.map(({ updateId }) => updateId).join(', ')}`;
    const rows: Row[] = [];
    const models: Record<string, ModelVersion> = {};
    let isReady = true;
    for (const entry of entries) {
      const promoted = entry.kind === 'model' ? answeringModel(this.#state, nameOf(entry)) : null;
      if (promoted !== null) this.#noteVersion(models, nameOf(entry), promoted.modelVersion);
      if (entry.kind === 'model' && promoted === null) {
        const { hint, message } = await noModelVersion(
          this.#snapshot,
          this.#state,
          nameOf(entry),
          this.#nowMs,
        );
        rows.push(row(entry, 'refuse', true, 'refused', null, null, hint ?? message));
        isReady = false;
        continue;
      }
      const plan = entry.kind === 'table' ? 'history' : inline.has(nameOf(entry)) ? 'recompute' : 'contents';
      const shows = entry.kind === 'model' ? null : version;
      rows.push(row(entry, plan, true, 'refresh-held', null, shows, this.#withStandIn(entry, without)));
    }
    const staleness = entries.flatMap((entry) =>
      isMaintained(entry) ? [heldReport(this.#state, entry, version, this.#nowMs)] : [],
    );
    const path = pathOf(false, false, staleness, inline);
    const provenance = { version, models, staleness, path, held, ...standInsOf(this.#paused) };
    return { rows, provenance, version, inline, isReady };
  }

  /** Where another model or a value answers for a paused one, no version of it does. */
  #noteVersion(models: Record<string, ModelVersion>, name: string, answering: ModelVersion): void {
    const standIn = this.#paused.get(name);
    const version = standIn === undefined ? answering : standIn.version;
    if (version !== null) models[name] = version;
  }

  #withStandIn(entry: CatalogEntry | undefined, detail: string, refreshed?: ReadonlySet<string>): string {
    const standIn = entry?.kind === 'model' ? this.#standInsAfter(refreshed).get(nameOf(entry)) : undefined;
    if (standIn === undefined) return detail;
    const told = `${standIn.by} answers: incident ${standIn.incidentId} pauses the model`;
    return detail === '' ? told : `${detail}; ${told}`;
  }

  /** An incident of how a version performs speaks no more against the one that a refresh makes. */
  #standInsAfter(refreshed: ReadonlySet<string> = new Set()): PausedAnswers {
    const performing = this.#state.incidents.filter(({ kind }) => kind === 'live-performance');
    const answers = [...this.#paused].filter(
      ([name, { incidentId }]) =>
        !refreshed.has(name) || performing.every((incident) => incident.incidentId !== incidentId),
    );
    return new Map(answers);
  }

  get #renewed() {
    return { staleness: fresh, asOf: this.#state.version, sinceMs: null };
  }

  #finalPlan(objects: readonly ReadObject[], predicted: readonly string[]): FinalPlan {
    const models = answeringModels(this.#state, objects, predicted);
    const mayRefresh = !this.#core.isHeld;
    const refreshed = new Set<string>();
    for (;;) {
      const now = objects.map((object) =>
        refreshed.has(object.name)
          ? {
              ...object,
              standing: this.#renewed,
              contentsVersion: this.#state.version,
              moments: null,
              models: answeringVersions(this.#state, [...object.models.keys()]),
            }
          : this.#besideNewModels(object, refreshed),
      );
      const plan = planRead(now, this.#state.version, mayRefresh, models);
      if (plan.kind !== 'refresh') return { plan, refreshed };
      for (const name of plan.names) this.#addRefreshed(name, refreshed);
    }
  }

  /** The object once models whose predictions it holds have been refreshed: as stale as that makes it. */
  #besideNewModels(object: ReadObject, refreshed: ReadonlySet<string>): ReadObject {
    const isBehind =
      object.kind === 'view' && [...object.models.keys()].some((model) => refreshed.has(model));
    const { standing } = object;
    if (!isBehind || standing === null || standing.sinceMs !== null) return object;
    return { ...object, standing: { ...standing, sinceMs: this.#nowMs } };
  }

  /** The object and, of all that it rests on, what is not up to date. */
  #addRefreshed(name: string, to: Set<string>): void {
    to.add(name);
    const entry = this.#state.catalog.get(name);
    if (entry === undefined || entry.kind === 'table') return;
    for (const read of entry.reads) {
      const source = this.#state.catalog.get(read);
      if (source === undefined || source.kind === 'table' || to.has(nameOf(source))) continue;
      if (source.kind === 'model') continue;
      const standing = isMaintained(source) ? servedStanding(source, this.#state, this.#nowMs) : null;
      if (standing === null || standing.sinceMs !== null) this.#addRefreshed(nameOf(source), to);
    }
  }

  /** Views under one that is read by its definition, and that are read in another way than from contents. */
  #beneath(objects: readonly ReadObject[], inline: ReadonlyMap<string, InlineDecision>): ReadObject[] {
    const known = new Set(objects.map(({ name }) => name));
    const names = [...inline.keys()].filter((name) => !known.has(name));
    return readObjectsOf(
      this.#state,
      { relations: names, models: [], predicted: [] },
      this.#nowMs,
      this.#asked.policy,
    );
  }

  #tableRows(name: string, version: Version): Row[] {
    const entry = this.#state.catalog.get(name);
    if (entry?.kind !== 'table') return [];
    const changed = this.#state.changes.firstChange(name, version, this.#state.version) !== null;
    const [plan, reason] = changed ? (['history', 'historical'] as const) : (['contents', 'fresh'] as const);
    return [row(entry, plan, true, reason, changed ? null : 0, version, '')];
  }

  #pastRow(name: string): Row {
    return row(this.#state.catalog.get(name), 'history', true, 'historical', null, null, 'under AT');
  }

  async #objectRows(
    object: ReadObject,
    plan: FinalPlan['plan'],
    refreshed: ReadonlySet<string>,
    reader: InlineReader,
    inline: ReadonlyMap<string, InlineDecision>,
    version: Version,
  ): Promise<Row[]> {
    const entry = this.#state.catalog.get(object.name);
    const kept = entry !== undefined && isKept(entry) ? entry : null;
    const decision = inline.get(object.name);
    const cannotAnswer = await this.#whyNoAnswer(object, refreshed);
    const isRefused = plan.kind === 'refuse' && plan.name === object.name;
    const chosen: PlannedObject['chosen'] =
      isRefused || cannotAnswer !== null
        ? 'refuse'
        : refreshed.has(object.name)
          ? 'refresh'
          : (decision?.read ?? 'contents');
    const ways = explainObject({
      object,
      chosen,
      costs: kept === null ? null : (decision?.costs ?? reader.costsOf(kept)),
      refreshMs: kept === null ? null : reader.refreshMsOf(kept),
      mayRefresh: !this.#core.isHeld,
      isRefused: decision !== undefined && decision.refused !== null,
      isForced: this.#core.forced !== null,
    });
    const behind = behindText(object);
    return ways.map(({ way, isChosen, reason, predictedMs }) => {
      const detail = isChosen
        ? (cannotAnswer ?? (way === 'refuse' ? behind : this.#withStandIn(entry, behind, refreshed)))
        : detailAgainst(entry, reason, decision);
      const shows = isChosen && way !== 'refuse' ? (object.kind === 'view' ? version : null) : null;
      return row(entry, way, isChosen, reason, predictedMs, shows, detail);
    });
  }

  /** What keeps a model from answering that no refresh will change. */
  async #whyNoAnswer(object: ReadObject, refreshed: ReadonlySet<string>): Promise<string | null> {
    if (object.kind === 'view' || object.standing !== null || refreshed.has(object.name)) return null;
    const failure = await noModelVersion(this.#snapshot, this.#state, object.name, this.#nowMs);
    return failure.hint ?? failure.message;
  }

  #provenance(
    objects: readonly ReadObject[],
    plan: FinalPlan['plan'],
    refreshed: ReadonlySet<string>,
    inline: ReadonlyMap<string, InlineDecision>,
    isHistorical: boolean,
    version: Version,
  ): Provenance {
    const models: Record<string, ModelVersion> = {};
    const paused: PausedAnswers = plan.kind === 'refuse' ? new Map() : this.#standInsAfter(refreshed);
    const staleness = objects.flatMap((object) => {
      const entry = this.#state.catalog.get(object.name);
      if (entry === undefined || !isMaintained(entry)) return [];
      const promoted = answeringModel(this.#state, object.name);
      if (promoted !== null && (!refreshed.has(object.name) || paused.has(object.name))) {
        const shown = plan.kind === 'serve' ? plan.models.get(object.name) : null;
        this.#noteVersion(models, object.name, shown ?? promoted.modelVersion);
      }
      const isMoved = refreshed.has(object.name) || inline.has(object.name);
      if (isMoved) return [{ ...fresh, name: object.name, asOf: version, policyMet: true }];
      return reportOf(entry, this.#state, this.#nowMs, this.#asked.policy) ?? [];
    });
    const isRefreshed = objects.some(({ name }) => refreshed.has(name));
    const path =
      plan.kind === 'refuse' ? 'served-stale' : pathOf(isRefreshed, isHistorical, staleness, inline);
    return { version, models, staleness, path, ...standInsOf(paused) };
  }
}

function row(
  entry: CatalogEntry | undefined,
  plan: ReadWay,
  isChosen: boolean,
  reason: Reason,
  predictedMs: number | null,
  version: Version | null,
  detail: string,
): Row {
  return {
    name: entry === undefined ? null : nameOf(entry),
    kind: entry?.kind.replaceAll('-', ' ') ?? null,
    plan,
    chosen: isChosen,
    reason,
    predicted_ms: predictedMs,
    version,
    detail: detail === '' ? null : detail,
  };
}

function behindText({ standing }: ReadObject): string {
  if (standing === null) return 'no contents of this definition';
  const { versions, rows } = standing.staleness;
  if (standing.sinceMs === null) return '';
  return `contents are ${versions} ${versions === 1 ? 'version' : 'versions'}, ${rows} ${rows === 1 ? 'row' : 'rows'} behind`;
}

function detailAgainst(
  entry: CatalogEntry | undefined,
  reason: Reason,
  decision: InlineDecision | undefined,
): string {
  if (reason !== 'not-compensable' || entry === undefined || !isKept(entry)) return '';
  if (decision?.refused != null) return decision.refused;
  const { plan } = entry.handle;
  return plan.kind === 'full-only' ? plan.detail : '';
}
