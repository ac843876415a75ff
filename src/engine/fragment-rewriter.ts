import { EverviewError, placeIn } from '../core/errors.ts';
import { reservedPrefix } from '../core/identifier.ts';
import { withoutTexts } from '../core/sql-text.ts';
import type { SqlParameter } from '../core/value.ts';
import type { Assignment, SqlFragment } from '../declare/statement.ts';
import type { ReadObject, ReadPlan } from '../plan/read-plan.ts';
import { nameOf } from '../query/catalog.ts';
import type { QueryReads } from '../query/query-reads.ts';
import { type FragmentKind, readsOfFragment, rewriteFragment } from '../query/rewrite-fragment.ts';
import type { RewriteContext } from '../query/rewrite-query.ts';
import { planReads, readObjectsOf } from './answer-query.ts';
import { answeringModel, noModelVersion } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import { toldAt } from './failure-place.ts';
import { heldReading } from './held-refreshes.ts';
import { InlineReader } from './inline-reads.ts';
import { pausedAnswers } from './paused-models.ts';
import { type Reading, rewriteContext } from './read-context.ts';
import { refreshViews } from './refresh-views.ts';
import { servedStanding } from './standings.ts';
import { systemRelationsOf } from './system-views.ts';
import type { UpdateInProgress } from './update-in-progress.ts';

/** Rewrites the pieces of one statement; kept views they read are refreshed inside the update, as a query would. */
export class FragmentRewriter {
  readonly #core: EngineCore;
  readonly #update: UpdateInProgress;
  readonly #parameters: readonly SqlParameter[];
  readonly #pieces: readonly (SqlFragment | null)[];
  readonly #places: boolean;

  /** @param pieces those about the rows of the table, which may name their places, and those of tables that they read */
  constructor(
    core: EngineCore,
    update: UpdateInProgress,
    parameters: readonly SqlParameter[],
    pieces: readonly (SqlFragment | null)[],
  ) {
    this.#core = core;
    this.#update = update;
    this.#parameters = parameters;
    this.#pieces = pieces;
    this.#places = pieces.some((piece) => piece !== null && /\browid\b/i.test(piece.text));
  }

  text(fragment: SqlFragment, kind: FragmentKind): Promise<string> {
    return this.#rewritten(fragment, kind).catch(toldAt(fragment.at));
  }

  async #rewritten(fragment: SqlFragment, kind: FragmentKind): Promise<string> {
    const { draft } = this.#update;
    if (this.#pieces.includes(fragment)) assertNoneReserved(fragment.text);
    const reads = await readsOfFragment(fragment.text, kind, {
      parser: this.#core.parser,
      catalog: draft.state.catalog,
      system: systemRelationsOf(draft.state, draft.nowMs),
    });
    const paused = await pausedAnswers(draft.tx, draft.state, reads);
    const { state, tx, nowMs } = draft;
    for (const model of reads.models) await this.#assertAnswers(model);
    const held = heldReading(state, reads);
    if (held !== null) {
      const context = this.#context({ ...held, paused });
      return rewriteFragment(fragment.text, kind, context);
    }
    const plan = await this.#plan(reads);
    const reader = new InlineReader(this.#core, state, tx, nowMs, (entry) =>
      this.#restsOnOwnChange(nameOf(entry)) ? null : servedStanding(entry, state, nowMs),
    );
    const reading = { version: plan.version, inline: await reader.decide(plan.inline), paused };
    const context = this.#context(reading);
    return rewriteFragment(fragment.text, kind, context);
  }

  /** Of a table that this very update has changed, the past is without the change, whatever kind that was. */
  #context(reading: Reading): RewriteContext {
    const { draft, tallies } = this.#update;
    const { state, tx, nowMs } = draft;
    const context = rewriteContext(this.#core, state, tx, nowMs, this.#parameters, reading);
    return {
      ...context,
      places: this.#places,
      changeSince: (table, since) => (tallies.has(table) ? 'any' : context.changeSince(table, since)),
    };
  }

  /** As for a query, but that models stay as they are, and that the update's own changes are seen. */
  async #plan(reads: QueryReads) {
    const { draft, tallies } = this.#update;
    const objects = readObjectsOf(draft.state, { ...reads, models: [] }, draft.nowMs);
    if (tallies.size > 0) {
      // A view over a table that this very update has changed shows the change, and so cannot be the kept contents.
      const seen = objects.map((object) => (this.#restsOnOwnChange(object.name) ? unfit(object) : object));
      return serving(planReads(seen, draft.state, false, reads.predicted));
    }
    const plan = planReads(objects, draft.state, true, reads.predicted);
    if (plan.kind === 'serve') return plan;
    await refreshViews(this.#core, draft, plan.names, { trigger: 'read', how: 'auto' });
    const renewed = readObjectsOf(draft.state, { ...reads, models: [] }, draft.nowMs);
    return serving(planReads(renewed, draft.state, false, reads.predicted));
  }

  /** @throws EverviewError `no-model-version`, `staleness-exceeded` */
  async #assertAnswers(model: string): Promise<void> {
    const { tx, state, nowMs } = this.#update.draft;
    if (answeringModel(state, model) === null) throw await noModelVersion(tx, state, model, nowMs);
    const objects = readObjectsOf(state, { relations: [], models: [model], predicted: [] }, nowMs);
    const plan = planReads(objects, state, true);
    if (plan.kind === 'serve') return;
    this.#update.note(
      `the predictions of "${model}" were staler than declared: no model is refreshed inside an update`,
    );
  }

  /** A VALUES list of several rows whose columns have no one type. */
  async isMixedValues(text: string): Promise<boolean> {
    return /^\s*values\b.*\)\s*,\s*\(/is.test(text) && !(await this.#core.parser.hasUniformColumns(text));
  }

  #restsOnOwnChange(name: string): boolean {
    const entry = this.#update.draft.state.catalog.get(name);
    if (entry === undefined || entry.kind === 'table') return false;
    return entry.bases.some((base) => this.#update.tallies.has(base));
  }

  async optional(fragment: SqlFragment | null, kind: FragmentKind): Promise<SqlFragment | null> {
    return fragment === null ? null : { ...fragment, text: await this.text(fragment, kind) };
  }

  async assignments(set: readonly Assignment[]): Promise<Assignment[]> {
    const rewritten: Assignment[] = [];
    for (const { column, value } of set) {
      rewritten.push({ column, value: { ...value, text: await this.text(value, 'expression') } });
    }
    return rewritten;
  }
}

/** @throws EverviewError `unknown-column` for a name of the engine's, which the tables underneath have */
function assertNoneReserved(text: string): void {
  const found = new RegExp(`(?<![\\p{L}\\p{N}_$])${reservedPrefix}\\w*`, 'iu').exec(withoutTexts(text));
  if (found === null) return;
  const [name] = found;
  throw new EverviewError('unknown-column', `there is no column "${name}"`, {
    at: placeIn(text, found.index, name.length),
    hint: `names that start with ${reservedPrefix} are the engine's`,
  });
}

function unfit(object: ReadObject): ReadObject {
  return { ...object, standing: null };
}

/** A plan that was made without refreshes serves. */
function serving(plan: ReturnType<typeof planReads>): Extract<ReadPlan, { kind: 'serve' }> {
  if (plan.kind === 'serve') return plan;
  throw new EverviewError('internal', 'a read inside an update asked for a refresh');
}
