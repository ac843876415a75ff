import { EverviewError } from '../core/errors.ts';
import type { Session } from '../core/session.ts';
import type { Cursor } from '../log/cursor-log.ts';
import { chooseInline, type InlineCosts, type InlineRead, inlineCosts } from '../plan/inline-read.ts';
import type { RefreshDecision } from '../plan/refresh-decision.ts';
import type { Standing } from '../plan/staleness.ts';
import { nameOf } from '../query/catalog.ts';
import type { InlineContents } from '../query/rewrite-query.ts';
import { compensatedContents, whyNotCompensated } from '../view/compensated-contents.ts';
import type { GroupFault } from '../view/refresher.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { pendingChange, rowsOf } from './pending-change.ts';
import { decide, isKept, type KeptEntry, sizeOf } from './refresh-views.ts';

/** Where an entry's contents stand for the one who reads; null: they cannot be used. */
export type StandingOf = (entry: KeptEntry) => Standing | null;

/** How one view is read inline, what each way was predicted to cost, and why the cheaper one could not be. */
export type InlineDecision = {
  readonly read: InlineRead;
  readonly costs: InlineCosts;
  readonly contents: InlineContents;
  /** The change was such that contents and change do not add up to the view. */
  readonly refused: GroupFault | null;
};

/** Decides, for one query on one snapshot, how views are read whose contents do not fit the newest version. */
export class InlineReader {
  readonly #core: EngineCore;
  readonly #state: EngineState;
  readonly #session: Session;
  readonly #standingOf: StandingOf;
  readonly #nowMs: number;
  readonly #costs = new Map<string, InlineCosts>();

  constructor(core: EngineCore, state: EngineState, session: Session, nowMs: number, standingOf: StandingOf) {
    this.#core = core;
    this.#state = state;
    this.#session = session;
    this.#nowMs = nowMs;
    this.#standingOf = standingOf;
  }

  /** For the views named, and for those beneath them that are read in their place. */
  async decide(names: readonly string[]): Promise<Map<string, InlineDecision>> {
    const decisions = new Map<string, InlineDecision>();
    const open = [...names];
    for (let name = open.shift(); name !== undefined; name = open.shift()) {
      if (decisions.has(name)) continue;
      const entry = this.#entry(name);
      const decision = await this.#decideOne(entry);
      decisions.set(name, decision);
      if (decision.read === 'recompute') open.push(...this.#staleSources(entry).map(nameOf));
    }
    return decisions;
  }

  async #decideOne(entry: KeptEntry): Promise<InlineDecision> {
    const costs = this.costsOf(entry);
    const recompute = { read: 'recompute', costs, contents: { kind: 'definition' } } as const;
    if (chooseInline(costs, this.#core.forced) === 'recompute') return { ...recompute, refused: null };
    const cursor = this.#cursor(entry);
    const read =
      cursor === null
        ? null
        : await compensatedContents(this.#session, entry.handle, {
            from: cursor.version,
            to: this.#state.version,
            ...pendingChange(this.#state, entry.handle, cursor, this.#nowMs),
            contentRows: cursor.rows ?? undefined,
            rowsOf: (relation) => rowsOf(this.#state, relation),
          });
    if (read === null) return { ...recompute, refused: null };
    const { check } = read;
    const refused = check === null ? null : await whyNotCompensated(this.#session, check);
    const sql = check === null || refused === null ? read.sql : check.otherwise;
    if (sql === null) return { ...recompute, refused };
    return { read: 'compensate', costs, contents: { kind: 'compensated', sql }, refused: null };
  }

  costsOf(entry: KeptEntry): InlineCosts {
    const known = this.#costs.get(nameOf(entry));
    if (known !== undefined) return known;
    const sources = this.#staleSources(entry);
    const canCompensate = this.#cursor(entry) !== null && sources.length === 0;
    const sourcesMs = sources.reduce((sum, source) => sum + cheapest(this.costsOf(source)), 0);
    const costs = inlineCosts(this.#predictedMs(entry), canCompensate, sourcesMs);
    this.#costs.set(nameOf(entry), costs);
    return costs;
  }

  /** Predicted cost of refreshing the entry, and before it what it reads. */
  refreshMsOf(entry: KeptEntry): number {
    const standing = this.#standingOf(entry);
    if (standing !== null && standing.sinceMs === null) return 0;
    const own = Object.values(this.#predictedMs(entry)).filter((ms) => ms !== null);
    const sourcesMs = this.#staleSources(entry).map((source) => this.refreshMsOf(source));
    return sourcesMs.reduce((sum, ms) => sum + ms, Math.min(...own));
  }

  #predictedMs(entry: KeptEntry): RefreshDecision['predictedMs'] {
    const cursor = this.#cursor(entry);
    const { changedSources } = pendingChange(this.#state, entry.handle, cursor, this.#nowMs);
    const size = sizeOf(this.#state, entry, cursor, changedSources);
    return decide(this.#core, entry, cursor, size, 'auto').predictedMs;
  }

  /** Null: the contents cannot be used. */
  #cursor(entry: KeptEntry): Cursor | null {
    return this.#standingOf(entry) === null ? null : (this.#state.cursors.get(nameOf(entry)) ?? null);
  }

  /** Kept views it reads that are not right for the newest version: their logs do not reach it. */
  #staleSources(entry: KeptEntry): KeptEntry[] {
    return entry.handle.reads.flatMap(({ name }) => {
      const source = this.#state.catalog.get(name);
      if (source === undefined || !isKept(source)) return [];
      const standing = this.#standingOf(source);
      return standing !== null && standing.sinceMs === null ? [] : [source];
    });
  }

  #entry(name: string): KeptEntry {
    const entry = this.#state.catalog.get(name);
    if (entry !== undefined && isKept(entry)) return entry;
    throw new EverviewError('internal', `"${name}" has no contents that could be read otherwise`);
  }
}

function cheapest({ compensateMs, recomputeMs }: InlineCosts): number {
  return Math.min(compensateMs ?? recomputeMs, recomputeMs);
}

/** What the rewriter of the query needs of the decisions. */
export function contentsOfDecisions(
  decisions: ReadonlyMap<string, InlineDecision>,
): ReadonlyMap<string, InlineContents> {
  return new Map([...decisions].map(([name, { contents }]) => [name, contents]));
}
