import type { Version } from '../core/version.ts';
import { versionOf } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';
import { type Standing, withinPolicy } from './staleness.ts';

/** One kept object a query reads. */
export type ReadObject = {
  readonly name: string;
  readonly kind: 'view' | 'model';
  readonly policy: RefreshPolicy;
  /** Null: no contents, or contents of an older definition. */
  readonly standing: Standing | null;
  /** The version its contents were brought to; they are right from there up to `standing.asOf`. */
  readonly contentsVersion: Version | null;
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
 * move because no single version fits all views (views read together show one version).
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
  const version = mustBeNewest ? head : servingVersion(views, head);
  const misfits = views.filter((view) => due.includes(view) || !fits(view, version));
  const movable = misfits.filter((view) => view.policy.refresh !== 'manual' && !isCompensated(view));
  if (movable.length > 0 && mayRefresh) return refreshOf(movable);
  return { kind: 'serve', version, inline: misfits.map((view) => view.name) };
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

/** The newest version that fits all views; where there is none, the newest there is. */
function servingVersion(views: readonly ReadObject[], head: Version): Version {
  const version = versionOf(Math.min(head, ...views.map((view) => view.standing?.asOf ?? head)));
  return views.every((view) => fits(view, version)) ? version : head;
}

function fits(view: ReadObject, version: Version): boolean {
  const { standing, contentsVersion } = view;
  return (
    standing !== null && contentsVersion !== null && contentsVersion <= version && version <= standing.asOf
  );
}

function meets(object: ReadObject): boolean {
  return object.standing !== null && withinPolicy(object.standing, object.policy);
}
