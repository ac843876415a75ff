import { EverviewError, type TextPlace } from '../core/errors.ts';
import type { Decision, LiveIncident } from '../core/incident.ts';
import type { Schema } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { Statement } from '../declare/statement.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { moveIncident } from './incidents.ts';
import { runUpdate } from './run-update.ts';
import { letInAccepted } from './settle-held.ts';
import type { Shown } from './show-objects.ts';

export type IncidentStatement = Extract<
  Statement,
  { kind: 'show-incidents' | 'explain-incident' | 'incident' }
>;

/** An incident by its number, and where that stood. */
type NumberedIncident = { readonly version: number; readonly at?: TextPlace };

export type IncidentAction = 'acknowledge' | 'accept' | 'resolve';

const events = { acknowledge: 'acknowledged', accept: 'accepted', resolve: 'resolved' } as const;

export async function answerIncidentStatement(
  core: EngineCore,
  statement: IncidentStatement,
): Promise<{ readonly shown: Shown; readonly message: string | null }> {
  switch (statement.kind) {
    case 'show-incidents':
      return { shown: await showIncidents(core), message: null };
    case 'explain-incident':
      return { shown: await explainIncident(core, statement.incident), message: null };
    case 'incident': {
      const { action, incident, by, because, forMs } = statement;
      const told = await actOnIncident(core, incident, action, { who: by, why: because }, forMs);
      return {
        shown: { columns: [], rows: [] },
        message: [`incident ${incident.version} ${events[action]}`, ...told].join('; '),
      };
    }
  }
}

/** Those that are not resolved, what blocks first. */
async function showIncidents(core: EngineCore): Promise<Shown> {
  return selected(
    core,
    `SELECT incident_id, state, severity, kind, name, detail, occurrences, opened_at, last_seen_at
     FROM everview.incidents WHERE state <> 'resolved'
     ORDER BY CASE severity WHEN 'block' THEN 0 WHEN 'notice' THEN 1 ELSE 2 END, incident_id`,
  );
}

async function selected(core: EngineCore, sql: string): Promise<Shown> {
  return core.store.read(
    () => null,
    async (snapshot) => ({ columns: await snapshot.describe(sql), rows: await snapshot.rows(sql) }),
  );
}

const explained: Schema = [
  { name: 'aspect', type: 'VARCHAR' },
  { name: 'value', type: 'VARCHAR' },
];

/** An incident whole: what happened, rows that show it, what rests on it, what was decided, what could be done. */
async function explainIncident(core: EngineCore, incident: NumberedIncident): Promise<Shown> {
  const { found, happened } = await core.store.read(
    () => null,
    async (snapshot) => ({
      found: await snapshot.rows(
        `SELECT * REPLACE (CAST(opened_at AS VARCHAR) AS opened_at, CAST(last_seen_at AS VARCHAR) AS last_seen_at,
           CAST(expires_at AS VARCHAR) AS expires_at) FROM everview.incidents WHERE incident_id = $1`,
        [incident.version],
      ),
      happened: await snapshot.rows(
        `SELECT event, who, why, CAST(happened_at AS VARCHAR) AS happened_at FROM everview.incident_events
         WHERE incident_id = $1 ORDER BY event_id`,
        [incident.version],
      ),
    }),
  );
  const [row] = found;
  if (row === undefined) throw unknownIncident(incident);
  const line = (aspect: string, value: unknown): Row[] =>
    value === null || value === undefined || value === '' ? [] : [{ aspect, value: String(value) }];
  const lines = (aspect: string, values: unknown): Row[] =>
    Array.isArray(values) ? values.flatMap((value) => line(aspect, value)) : [];
  return {
    columns: explained,
    rows: [
      ...line('what', row['detail']),
      ...line('state', row['state']),
      ...line('severity', row['severity']),
      ...line('kind', row['kind']),
      ...line('likely cause', row['cause']),
      ...line('about', row['name']),
      ...line('subject', row['subject']),
      ...line('response', row['response']),
      ...line('first seen', row['opened_at']),
      ...line('last seen', row['last_seen_at']),
      ...line('times seen', row['occurrences']),
      ...line('rows', row['rows']),
      ...line('expires', row['expires_at']),
      ...lines('sample row', row['sample']),
      ...lines('affected view', row['affected_views']),
      ...lines('affected model', row['affected_models']),
      ...happened.flatMap((event) => {
        const who = event['who'] === null ? '' : ` by ${String(event['who'])}`;
        const why = event['why'] === null ? '' : `: ${String(event['why'])}`;
        return line('event', `${String(event['happened_at'])} ${String(event['event'])}${who}${why}`);
      }),
      ...lines('statement', row['statements']),
    ],
  };
}

/**
 * @param decision `who` null: the user the engine was opened for
 * @param forMs for how long it is accepted; null: until it is resolved
 * @returns what else came of it: updates that had waited for it
 * @throws EverviewError `unknown-incident`, or `incident-state` for one that is resolved
 */
export async function actOnIncident(
  core: EngineCore,
  incident: NumberedIncident,
  action: IncidentAction,
  { who, why }: Decision,
  forMs: number | null,
): Promise<readonly string[]> {
  const decision = { who: who ?? core.user, why };
  // What waits for nothing else comes in with the acceptance, in one and the same update.
  const { warnings } = await runUpdate(core, null, async (update) => {
    const { draft } = update;
    const live = liveByNumber(draft.state, incident);
    const expiresAtMs = action === 'accept' && forMs !== null ? draft.nowMs + forMs : null;
    await moveIncident(draft, live, events[action], decision, expiresAtMs);
    if (action === 'accept' && live.kind === 'finding') await letInAccepted(update, live.name, decision);
  });
  return warnings;
}

function liveByNumber(state: EngineState, incident: NumberedIncident): LiveIncident {
  const { version, at } = incident;
  const live = state.incidents.find(({ incidentId }) => incidentId === version);
  if (live !== undefined) return live;
  throw version > state.lastIncidentId || version < 1
    ? unknownIncident(incident)
    : new EverviewError('incident-state', `incident ${version} is resolved`, {
        at,
        hint: 'should it come again, it opens another',
      });
}

function unknownIncident({ version, at }: NumberedIncident): EverviewError {
  return new EverviewError('unknown-incident', `there is no incident ${version}`, {
    at,
    hint: 'SHOW INCIDENTS lists those that are not resolved, everview.incidents all',
  });
}
