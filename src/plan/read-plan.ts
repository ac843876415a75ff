import type { Version } from '../core/version.ts';
import { versionOf } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import { type Standing, withinPolicy } from './staleness.ts';

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
      /**
       * Views whose contents do not fit the version and are not moved to it: read with their pending change, or by
       * their definition. Where there are any, the version is the newest.
       */
      readonly inline: readonly string[];
    };

/**
 * The freshest version at which every view can be answered, refreshing only what the policies demand, or what must
 * move because no single version, or no single moment, fits all views (views read together show one version, and one
 * reading of the clock).
 * @param mayRefresh false: the newest version, and what is not right for it is read inline.
 */
export function planRead(objects: readonly ReadObject[], head: Version, mayRefresh = true): ReadPlan {
  const stale = objects.filter((object) => object.standing !== null && !meets(object));
  const refused = stale.find((object) => object.policy.onStaleRead === 'fail');
  if (refused !== undefined) return { kind: 'refuse', name: refused.name };
  const due = objects.filter(isDue);
  const toRefresh = due.filter((object) => !isCompensated(object));
  if (toRefresh.length > 0 && mayRefresh) return refreshOf(toRefresh);
  const views = objects.filter((object) => object.kind === 'view');
  const mustBeNewest = !mayRefresh || due.some(isCompensated);
  const place = mustBeNewest ? newest(head) : servingPlace(views, head);
  const misfits = views.filter((view) => due.includes(view) || !fits(view, place));
  const movable = misfits.filter((view) => view.policy.refresh !== 'manual' && !isCompensated(view));
  if (movable.length > 0 && mayRefresh) return refreshOf(movable);
  return { kind: 'serve', version: place.version, inline: misfits.map((view) => view.name) };
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

/** A version, and a moment on the clock; infinite is now. */
type Place = { readonly version: Version; readonly momentMs: number };

function newest(head: Version): Place {
  return { version: head, momentMs: Number.POSITIVE_INFINITY };
}

/** The newest version and moment that fit all views; where there are none, the newest there are. */
function servingPlace(views: readonly ReadObject[], head: Version): Place {
  const place = {
    version: versionOf(Math.min(head, ...views.map((view) => view.standing?.asOf ?? head))),
    momentMs: Math.min(...views.map(({ moments }) => (moments?.untilMs ?? Number.POSITIVE_INFINITY) - 1)),
  };
  return views.every((view) => fits(view, place)) ? place : newest(head);
}

function fits(view: ReadObject, { version, momentMs }: Place): boolean {
  const { standing, contentsVersion, moments } = view;
  if (standing === null || contentsVersion === null) return false;
  const fitsVersion = contentsVersion <= version && version <= standing.asOf;
  return fitsVersion && (moments === null || (moments.fromMs <= momentMs && momentMs <= moments.untilMs - 1));
}

function meets(object: ReadObject): boolean {
  return object.standing !== null && withinPolicy(object.standing, object.policy);
}
