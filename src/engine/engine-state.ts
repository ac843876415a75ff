import type { LiveIncident } from '../core/incident.ts';
import type { Version } from '../core/version.ts';
import type { TableHistory, UpdateKind } from '../ingest/judge/table-history.ts';
import type { ChangeIndex } from '../log/change-index.ts';
import type { HistoryReach } from '../log/compact.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { HeldUpdate, MarkedUpdate } from '../log/held-log.ts';
import type { SourceArrivals } from '../log/source-log.ts';
import type { PromotedModel, SupersededVersion } from '../promote/model-versions.ts';
import type { LiveLog } from '../promote/prediction-log.ts';
import type { Catalog } from '../query/catalog.ts';
import type { ViewHandle } from '../view/refresher.ts';
import type { KeptState } from './kept-states.ts';

/**
 * What the engine keeps in memory of one committed state. Never edited: every commit publishes a new one, so that
 * whoever captured it with a snapshot may go on using it.
 */
export type EngineState = HistoryReach & {
  readonly version: Version;
  readonly catalog: Catalog;
  /** By name: views, training sets, and models (how far their sums have come). */
  readonly cursors: ReadonlyMap<string, Cursor>;
  readonly promoted: ReadonlyMap<string, PromotedModel>;
  /** By model: its state, where it is small enough to be kept in memory as well. */
  readonly modelStates: ReadonlyMap<string, KeptState>;
  /** Versions of models that no longer answer, but that some contents show. */
  readonly superseded: ReadonlyMap<string, SupersededVersion>;
  /** Models of which no candidate comes to answer by itself, since a person said so. */
  readonly heldModels: ReadonlySet<string>;
  readonly lastModelVersion: ReadonlyMap<string, number>;
  /** By the name of a model that was dropped since the engine opened: the last version it had. */
  readonly droppedModels: ReadonlyMap<string, number>;
  /** Every relation's changes, as counts. */
  readonly changes: ChangeIndex;
  /** By table that declares a `source`: when each of its sources last sent rows. */
  readonly sources: ReadonlyMap<string, SourceArrivals>;
  /** By table: when rows last came to it that were set aside. */
  readonly setAsideMs: ReadonlyMap<string, number>;
  readonly lastUpdateId: number;
  readonly lastRefreshId: number;
  readonly lastIncidentId: number;
  readonly lastPredictionId: number;
  /** By model: what is known of the predictions it has logged. */
  readonly liveLogs: ReadonlyMap<string, LiveLog>;
  /** Incidents that are not resolved, the oldest first. */
  readonly incidents: readonly LiveIncident[];
  /** Updates that wait for a decision. */
  readonly held: readonly HeldUpdate[];
  /** Updates that were taken although nobody vouched for them. */
  readonly marks: readonly MarkedUpdate[];
  /** How many false alarms a month may be expected of the judgement of all tables together. */
  readonly falseAlarms: number;
  /** Whether notices of incidents are sent anywhere. */
  readonly notifies: boolean;
  /** When the next notice of an incident is to be sent; null: none waits. */
  readonly nextDeliveryMs: number | null;
  /** By view: the version at which its contents were last compared with its definition, since the engine opened. */
  readonly audited: ReadonlyMap<string, Version>;
  /** By table, in lower case, that is judged: what its updates were like, since it was first asked for. */
  readonly histories: ReadonlyMap<string, { readonly [K in UpdateKind]?: TableHistory }>;
  /** By the hash of a training set that reads kept views: its definition over tables alone, once it was asked for. */
  readonly flatSets: ReadonlyMap<string, ViewHandle>;
};

export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}

export function withoutEntries<V>(
  map: ReadonlyMap<string, V>,
  keys: readonly string[],
): ReadonlyMap<string, V> {
  const copy = new Map(map);
  for (const key of keys) copy.delete(key);
  return copy;
}
