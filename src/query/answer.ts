import type { Column } from '../core/schema.ts';
import type { StalenessReport } from '../core/staleness.ts';
import type { Row } from '../core/value.ts';
import type { ModelVersion, Version } from '../core/version.ts';
import type { HeldUpdate, MarkedUpdate } from '../log/held-log.ts';

/** How a query was answered; each is a reason of the closed list. */
export type ReadPath =
  | 'fresh'
  | 'refreshed-first'
  | 'compensated'
  | 'recomputed'
  | 'served-within-bound'
  | 'served-stale'
  | 'historical';

/** What an answer rests on: one data version, one promoted version of each model, each view's staleness. */
export type Provenance = {
  readonly version: Version;
  readonly models: Readonly<Record<string, ModelVersion>>;
  readonly staleness: readonly StalenessReport[];
  readonly path: ReadPath;
  /** Updates it rests on that were taken although nobody vouched for them; absent: none. */
  readonly marks?: readonly MarkedUpdate[];
  /** Updates that are held back from what the query reads, which is answered as of before them; absent: none. */
  readonly held?: readonly HeldUpdate[];
  /** What answers in place of models whose predictions an incident pauses; absent: none is. */
  readonly standIns?: readonly StandIn[];
};

/** What answers in place of a paused model, as its `fallback` says. */
export type StandIn = {
  readonly model: string;
  readonly incidentId: number;
  /** `version 3`, `model "m"`, `the value 0`. */
  readonly by: string;
};

export type Answer<R = Row> = Provenance & {
  readonly columns: readonly Column[];
  readonly rows: readonly R[];
};
