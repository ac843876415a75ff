import type { ModelVersions } from '../core/prediction.ts';
import type { Version } from '../core/version.ts';
import { versionOf } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import { type Standing, withinPolicy } from './staleness.ts';

/** The models a query reads: the versions that answer, and those that the query itself predicts with. */
export type AnsweringModels = { readonly versions: ModelVersions; readonly predicted: readonly string[] };

const noModels: AnsweringModels = { versions: new Map(), predicted: [] };

/** Moments in [fromMs, untilMs), milliseconds since the Unix epoch; `untilMs` is infinite where that is not past yet. */
export type MomentSpan = { readonly fromMs: number; readonly untilMs: number };

/** One kept object a query reads. */
export type ReadObject = {
  readonly name: string;
  readonly kind: 'view' | 'model';
  readonly policy: RefreshPolicy;
  /** Null: no contents, or contents of an older definition. */
  readonly standing: Standing | null;
  /** The version its contents were brought to; they are right from there up to `standing.asOf`. */
  readonly contentsVersion: Version | null;
  /** The moments its contents are right at; null: all. */
  readonly moments: MomentSpan | null;
  /** The versions of models that a view's contents show; null: none answered. */
  readonly models: ModelVersions;
  /** A refresh would change nothing: the last one was tried at this very state (a candidate that failed its gate). */
  readonly refreshIsFutile: boolean;
};

/**
 * How a read goes on. `refresh`: these first, then plan again. `serve`: at this version, which every view read is
 * right for, base tables from history where they have moved on. `refuse`: this object is staler than declared and its
 * policy is to fail.
 */
export type ReadPlan =
  | { readonly kind: 'refresh'; readonly names: readonly string[] }
  | { readonly kind: 'refuse'; readonly name: string }
  | {
      readonly kind: 'serve';
      readonly version: Version;
      /** The versions of models that the contents served show; of any other model the one that answers. */
      readonly models: ModelVersions;
      /**
       * Views whose contents do not fit the version and are not moved to it: read with their pending change, or by
       * their definition. Where there are any, the version is the newest.
       */
      readonly inline: readonly string[];
    };

/**
 * The freshest version at which every view can be answered, refreshing only what the policies demand, or what must
 * move because no single version, or no single moment, or no single version of a model, fits all views (views read
 * together show one version, one reading of the clock, and the predictions of one version of each model).
 * @param mayRefresh false: the newest version, and what is not right for it is read inline.
 */
export function planRead(
  objects: readonly ReadObject[],
  head: Version,
  mayRefresh = true,
  models: AnsweringModels = noModels,
): ReadPlan {
  const stale = objects.filter((object) => object.standing !== null && !meets(object));
  const refused = stale.find((object) => object.policy.onStaleRead === 'fail');
  if (refused !== undefined) return { kind: 'refuse', name: refused.name };
  const due = objects.filter(isDue);
  const toRefresh = due.filter((object) => !isCompensated(object));
  if (toRefresh.length > 0 && mayRefresh) return refreshOf(toRefresh);
  const views = objects.filter((object) => object.kind === 'view');
  const mustBeNewest = !mayRefresh || due.some(isCompensated);
  const place = mustBeNewest ? newest(head, models) : servingPlace(views, head, models);
  const misfits = views.filter((view) => due.includes(view) || !fits(view, place));
  const movable = misfits.filter((view) => view.policy.refresh !== 'manual' && !isCompensated(view));
  if (movable.length > 0 && mayRefresh) return refreshOf(movable);
  return {
    kind: 'serve',
    version: place.version,
    models: place.models,
    inline: misfits.map((view) => view.name),
  };
}

function refreshOf(objects: readonly ReadObject[]): ReadPlan {
  return { kind: 'refresh', names: objects.map((object) => object.name) };
}

/** Whether the policy wants it fresher than it is, and it can be. */
function isDue(object: ReadObject): boolean {
  if (object.refreshIsFutile) return false;
  if (object.standing === null) return true;
  const { onStaleRead } = object.policy;
  return !meets(object) && (onStaleRead === 'refresh' || onStaleRead === 'compensate');
}

/** A model has no contents to add a change to: for it `compensate` is `refresh`. */
function isCompensated({ kind, policy }: ReadObject): boolean {
  return kind === 'view' && policy.onStaleRead === 'compensate';
}

/** A version, a moment on the clock (infinite is now), and a version of each model. */
type Place = { readonly version: Version; readonly momentMs: number; readonly models: ModelVersions };

function newest(head: Version, { versions }: AnsweringModels): Place {
  return { version: head, momentMs: Number.POSITIVE_INFINITY, models: versions };
}

/** The newest version and moment that fit all views; where there are none, the newest there are. */
function servingPlace(views: readonly ReadObject[], head: Version, answering: AnsweringModels): Place {
  const bound = [...answering.versions].filter(([name]) => answering.predicted.includes(name));
  const place = {
    models: new Map([...views.flatMap((view) => [...view.models]), ...bound]),
    version: versionOf(Math.min(head, ...views.map((view) => view.standing?.asOf ?? head))),
    momentMs: Math.min(...views.map(({ moments }) => (moments?.untilMs ?? Number.POSITIVE_INFINITY) - 1)),
  };
  return views.every((view) => fits(view, place)) ? place : newest(head, answering);
}

function fits(view: ReadObject, { version, momentMs, models }: Place): boolean {
  const { standing, contentsVersion, moments } = view;
  if (standing === null || contentsVersion === null) return false;
  if ([...view.models].some(([name, shown]) => models.get(name) !== shown)) return false;
  const fitsVersion = contentsVersion <= version && version <= standing.asOf;
  return fitsVersion && (moments === null || (moments.fromMs <= momentMs && momentMs <= moments.untilMs - 1));
}

function meets(object: ReadObject): boolean {
  return object.standing !== null && withinPolicy(object.standing, object.policy);
}
