import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';

/**
 * What moves rows of an older form is nothing to a new file, whose tables are made with the columns that were added since.
 * `ofTable`: what is to be done for each base table.
 */
type Statement =
  | string
  | { readonly to: string; readonly add: string }
  | { readonly moves: string }
  | { readonly ofTable: (name: string, columns: string) => readonly string[] };

/**
 * The engine's own tables, as numbered steps that each bring a file one form further. A step is never edited once
 * released; a new form is a new step.
 */
const steps: readonly (readonly Statement[])[] = [
  [
    'CREATE SCHEMA IF NOT EXISTS everview',
    'CREATE SCHEMA data',
    'CREATE SCHEMA log',
    'CREATE SCHEMA state',
    'CREATE SCHEMA view',
    'CREATE SCHEMA quarantine',
    'CREATE TABLE everview.meta (form INTEGER NOT NULL, horizon BIGINT NOT NULL)',
    'INSERT INTO everview.meta (form, horizon) VALUES (0, 0)',
    `CREATE TABLE everview.objects (
       name VARCHAR NOT NULL, kind VARCHAR NOT NULL, definition VARCHAR NOT NULL, hash VARCHAR NOT NULL,
       "schema" VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, position BIGINT NOT NULL)`,
    `CREATE TABLE everview.updates (
       update_id BIGINT NOT NULL, version BIGINT, status VARCHAR NOT NULL, reason VARCHAR NOT NULL,
       idempotency_key VARCHAR, tables VARCHAR[] NOT NULL, inserted BIGINT NOT NULL,
       deleted BIGINT NOT NULL, quarantined BIGINT NOT NULL, message VARCHAR, committed_at TIMESTAMP NOT NULL)`,
    `CREATE TABLE everview.changes (
       name VARCHAR NOT NULL, version BIGINT NOT NULL, inserted BIGINT NOT NULL, deleted BIGINT NOT NULL)`,
    `CREATE TABLE everview.cursors (
       name VARCHAR NOT NULL, version BIGINT NOT NULL, as_of TIMESTAMP NOT NULL, hash VARCHAR NOT NULL,
       rows BIGINT, next_boundary TIMESTAMP, cost_state VARCHAR)`,
    `CREATE TABLE everview.refreshes (
       refresh_id BIGINT NOT NULL, name VARCHAR NOT NULL, object_kind VARCHAR NOT NULL, kind VARCHAR NOT NULL,
       reason VARCHAR NOT NULL, trigger VARCHAR NOT NULL, from_version BIGINT, to_version BIGINT NOT NULL,
       rows BIGINT NOT NULL, predicted_incremental_ms DOUBLE, predicted_full_ms DOUBLE, predicted_ms DOUBLE,
       actual_ms DOUBLE NOT NULL, refreshed_at TIMESTAMP NOT NULL)`,
    `CREATE TABLE everview.model_states (name VARCHAR NOT NULL, version BIGINT NOT NULL, as_of TIMESTAMP NOT NULL,
       hash VARCHAR NOT NULL, state BLOB NOT NULL)`,
    `CREATE TABLE everview.model_versions (
       model VARCHAR NOT NULL, version BIGINT NOT NULL, status VARCHAR NOT NULL, data_version BIGINT NOT NULL,
       as_of TIMESTAMP NOT NULL, definition_hash VARCHAR NOT NULL, method VARCHAR NOT NULL,
       hyperparameters VARCHAR NOT NULL, parameters VARCHAR NOT NULL, metrics VARCHAR NOT NULL,
       refresh_kind VARCHAR NOT NULL, duration_ms DOUBLE NOT NULL, rows BIGINT NOT NULL,
       created_at TIMESTAMP NOT NULL, promoted_at TIMESTAMP)`,
    `CREATE TABLE everview.gates (
       model VARCHAR NOT NULL, version BIGINT NOT NULL, condition VARCHAR NOT NULL, metric VARCHAR NOT NULL,
       candidate DOUBLE, current DOUBLE, threshold DOUBLE, passed BOOLEAN NOT NULL, reason VARCHAR NOT NULL,
       judged_at TIMESTAMP NOT NULL)`,
    `CREATE TABLE everview.quarantine (
       id BIGINT NOT NULL, update_id BIGINT NOT NULL, version BIGINT, "table" VARCHAR NOT NULL,
       constraint_name VARCHAR NOT NULL, constraint_kind VARCHAR NOT NULL, reason VARCHAR NOT NULL,
       state VARCHAR NOT NULL, "row" VARCHAR NOT NULL, quarantined_at TIMESTAMP NOT NULL, resolved_at TIMESTAMP)`,
  ],
  // Three rungs: what was executed, what each would have cost, what the choice lost.
  [
    { to: 'everview.refreshes', add: 'rung VARCHAR' },
    { to: 'everview.refreshes', add: 'regret_ms DOUBLE' },
    { to: 'everview.refreshes', add: 'predicted_algebraic_ms DOUBLE' },
    { to: 'everview.refreshes', add: 'predicted_domain_ms DOUBLE' },
  ],
  // What the choices came to, by view: refreshes of contents that were there, so that there was a choice.
  [
    `CREATE VIEW everview.regret AS
     SELECT name, count(*) AS refreshes, count(*) FILTER (rung = 'algebraic') AS algebraic,
       count(*) FILTER (rung = 'domain') AS "domain", count(*) FILTER (rung = 'full') AS "full",
       count(*) FILTER (reason = 'probe') AS probes, sum(actual_ms) AS actual_ms, sum(regret_ms) AS regret_ms,
       sum(regret_ms) / nullif(sum(actual_ms), 0) AS regret_share
     FROM everview.refreshes WHERE rung IS NOT NULL AND from_version IS NOT NULL GROUP BY name`,
  ],
  [
    `CREATE TABLE everview.incidents (
       incident_id BIGINT NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, version BIGINT NOT NULL,
       detail VARCHAR NOT NULL, "row" VARCHAR NOT NULL, response VARCHAR NOT NULL, opened_at TIMESTAMP NOT NULL)`,
  ],
  // Views that follow the clock change more than once in a version.
  [{ to: 'everview.changes', add: 'effective_at TIMESTAMP' }],
  // Gates that compare row by row, by slices and in earlier windows.
  [
    { to: 'everview.gates', add: 'verdict VARCHAR' },
    { to: 'everview.gates', add: 'slice VARCHAR' },
    { to: 'everview.gates', add: 'earlier_window INTEGER' },
    { to: 'everview.gates', add: 'rows BIGINT' },
    { to: 'everview.gates', add: 'lower DOUBLE' },
    { to: 'everview.gates', add: 'upper DOUBLE' },
  ],
  // The change of an update of one table is told by the update's own record, up to where the table was forgotten; and
  // cursors are added, the last of a name being the one that counts.
  [
    'CREATE TABLE everview.forgotten (name VARCHAR NOT NULL, version BIGINT NOT NULL)',
    {
      moves: `INSERT INTO everview.forgotten SELECT u.tables[1], max(u.version) FROM everview.updates u
     ANTI JOIN everview.changes c ON c.version = u.version AND c.name = u.tables[1]
     WHERE u.version IS NOT NULL AND len(u.tables) = 1 GROUP BY ALL`,
    },
    {
      moves: `DELETE FROM everview.changes AS c USING everview.updates AS u
     WHERE u.version = c.version AND len(u.tables) = 1 AND c.name = u.tables[1]`,
    },
  ],
  // Contents hold the predictions of one version of each model they read.
  [{ to: 'everview.cursors', add: 'models VARCHAR' }],
  // What came before, by content, and when each source of a table last sent rows.
  [
    `CREATE TABLE everview.batches ("table" VARCHAR NOT NULL, update_id BIGINT NOT NULL, rows BIGINT NOT NULL,
       hash VARCHAR NOT NULL, arrived_at TIMESTAMP NOT NULL)`,
    `CREATE TABLE everview.source_arrivals ("table" VARCHAR NOT NULL, source VARCHAR, update_id BIGINT NOT NULL,
       rows BIGINT NOT NULL, arrived_at TIMESTAMP NOT NULL)`,
  ],
  // Incidents that are opened, acknowledged, accepted and resolved; those of before were repaired when they were found.
  [
    // Made anew: DuckDB 1.5 cannot replay from its log an ALTER that adds a column with a DEFAULT.
    { moves: 'CREATE TABLE everview.incidents_before AS SELECT * FROM everview.incidents' },
    'DROP TABLE everview.incidents',
    `CREATE TABLE everview.incidents (
       incident_id BIGINT NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, version BIGINT NOT NULL,
       detail VARCHAR NOT NULL, "row" VARCHAR NOT NULL, response VARCHAR NOT NULL, opened_at TIMESTAMP NOT NULL,
       state VARCHAR NOT NULL, cause VARCHAR, subject VARCHAR NOT NULL, severity VARCHAR NOT NULL,
       "columns" VARCHAR[] NOT NULL, occurrences BIGINT NOT NULL, rows BIGINT NOT NULL, sample VARCHAR[] NOT NULL,
       affected_views VARCHAR[] NOT NULL, affected_models VARCHAR[] NOT NULL, statements VARCHAR[] NOT NULL,
       update_id BIGINT, last_seen_at TIMESTAMP NOT NULL, expires_at TIMESTAMP, resolved_at TIMESTAMP)`,
    {
      moves: `INSERT INTO everview.incidents
     SELECT *, 'resolved', NULL, '', 'block', []::VARCHAR[], 1, 1, ["row"], []::VARCHAR[], []::VARCHAR[], []::VARCHAR[],
       NULL, opened_at, NULL, opened_at FROM everview.incidents_before`,
    },
    { moves: 'DROP TABLE everview.incidents_before' },
    `CREATE TABLE everview.incident_events (event_id BIGINT NOT NULL, incident_id BIGINT NOT NULL, event VARCHAR NOT NULL, who VARCHAR,
       why VARCHAR, happened_at TIMESTAMP NOT NULL)`,
    `CREATE TABLE everview.deliveries (delivery_id BIGINT NOT NULL, incident_id BIGINT NOT NULL, event VARCHAR NOT NULL,
       body VARCHAR NOT NULL, state VARCHAR NOT NULL, attempts INTEGER NOT NULL, next_attempt_at TIMESTAMP NOT NULL,
       created_at TIMESTAMP NOT NULL, last_error VARCHAR, delivered_at TIMESTAMP)`,
  ],
  // What people, and incidents, decided about which version of a model answers.
  [
    `CREATE TABLE everview.promotions (promotion_id BIGINT NOT NULL, model VARCHAR NOT NULL, version BIGINT,
       action VARCHAR NOT NULL, reason VARCHAR NOT NULL, who VARCHAR, why VARCHAR, incident_id BIGINT,
       decided_at TIMESTAMP NOT NULL)`,
  ],
  // Updates that wait for a person, and those that were taken although nobody vouched for them.
  [
    `CREATE TABLE everview.held_updates (update_id BIGINT NOT NULL, "table" VARCHAR NOT NULL, detail VARCHAR NOT NULL,
       state VARCHAR NOT NULL, held_at TIMESTAMP NOT NULL, deadline TIMESTAMP NOT NULL, on_deadline VARCHAR NOT NULL,
       decided_at TIMESTAMP, who VARCHAR, why VARCHAR)`,
    `CREATE TABLE everview.marks (update_id BIGINT NOT NULL, "table" VARCHAR NOT NULL, version BIGINT NOT NULL,
       detail VARCHAR NOT NULL, marked_at TIMESTAMP NOT NULL)`,
  ],
  // What updates were like, and what was made of it; and counts by day that add up over updates and deletes.
  [
    `CREATE TABLE everview.profiles (
       name VARCHAR NOT NULL, kind VARCHAR NOT NULL, version BIGINT NOT NULL, state VARCHAR NOT NULL,
       severity VARCHAR, rows BIGINT NOT NULL,
       history BIGINT NOT NULL, tests BIGINT NOT NULL, block_below DOUBLE NOT NULL, notice_below DOUBLE NOT NULL,
       findings VARCHAR NOT NULL, judged_at TIMESTAMP NOT NULL, plan VARCHAR, profile VARCHAR NOT NULL)`,
    `CREATE TABLE everview.profile_parts (
       name VARCHAR NOT NULL, version BIGINT NOT NULL, day BIGINT, rows BIGINT NOT NULL, columns VARCHAR NOT NULL)`,
    `CREATE VIEW everview.verdicts AS
     SELECT name, kind, version, state, severity, rows, history, tests, block_below, notice_below, findings, judged_at
     FROM everview.profiles`,
  ],
  // A refresh's own record says where it has brought the contents; only what moves without one is among the cursors.
  [
    { to: 'everview.refreshes', add: 'cursor VARCHAR' },
    { to: 'everview.cursors', add: 'after_refresh BIGINT' },
    {
      moves:
        'UPDATE everview.cursors SET after_refresh = (SELECT coalesce(max(refresh_id), 0) FROM everview.refreshes)',
    },
  ],
  // What of a held update waits: its rows, or the refresh of what is made of its table.
  [
    { to: 'everview.held_updates', add: `what VARCHAR DEFAULT 'rows'` },
    { to: 'everview.held_updates', add: 'version BIGINT DEFAULT 0' },
  ],
  // What models predicted that log it, what came of it, and the sums of their losses. No estimate where something is wrong
  // with what was predicted from, or nobody has looked.
  [
    `CREATE TABLE everview.predictions (
       prediction_id BIGINT NOT NULL, model VARCHAR NOT NULL, model_version BIGINT NOT NULL, version BIGINT NOT NULL,
       newest_version BIGINT NOT NULL, key VARCHAR[] NOT NULL, prediction VARCHAR NOT NULL, confidence DOUBLE,
       probabilities VARCHAR, inputs VARCHAR[] NOT NULL, validated BOOLEAN NOT NULL, predicted_at TIMESTAMP NOT NULL,
       state VARCHAR NOT NULL, label VARCHAR, loss DOUBLE, label_version BIGINT, labelled_at TIMESTAMP)`,
    `CREATE TABLE everview.live_losses (
       model VARCHAR NOT NULL, model_version BIGINT NOT NULL, slice VARCHAR, "value" VARCHAR, metric VARCHAR NOT NULL,
       scale DOUBLE NOT NULL, rows BIGINT NOT NULL, mean DOUBLE NOT NULL, squares DOUBLE NOT NULL, weights DOUBLE NOT NULL,
       weighted DOUBLE NOT NULL, penalty DOUBLE NOT NULL, spread DOUBLE NOT NULL, score DOUBLE, lower DOUBLE, upper DOUBLE,
       "interval" VARCHAR NOT NULL, at_promotion DOUBLE, since TIMESTAMP, until TIMESTAMP)`,
    `CREATE VIEW everview.performance AS
     WITH wrong AS (SELECT coalesce(list(name), []) AS names FROM everview.incidents WHERE state IN ('open', 'acknowledged')),
     logged AS (
       SELECT model, model_version, count(*) AS logged, count(*) FILTER (state IN ('new', 'waiting')) AS waiting,
         count(*) FILTER (state IN ('new', 'waiting') AND validated) AS estimated_rows,
         CASE WHEN NOT bool_or(state IN ('new', 'waiting') AND list_has_any(inputs, names))
           THEN avg(confidence) FILTER (state IN ('new', 'waiting') AND validated) END AS estimate
       FROM everview.predictions, wrong GROUP BY ALL)
     SELECT l.model, l.model_version AS version, l.slice, l."value", l.metric, l.rows, l.score, l.lower, l.upper,
       l."interval", l.at_promotion, CASE WHEN estimates THEN estimate END AS estimate,
       CASE WHEN estimates AND estimate IS NOT NULL THEN estimated_rows END AS estimated_rows,
       coalesce(logged, 0) AS logged, coalesce(waiting, 0) AS waiting, l.since, l.until
     FROM (SELECT *, slice IS NULL AND metric = 'accuracy' AS estimates FROM everview.live_losses) l
       LEFT JOIN logged USING (model, model_version)`,
  ],
  // What stale answers had cost when the file was closed.
  [
    `CREATE TABLE everview.staleness_accounts (name VARCHAR NOT NULL, since VARCHAR NOT NULL, cost_ms DOUBLE NOT NULL,
       answers BIGINT NOT NULL)`,
  ],
  // Which update a profile is of: one that is set aside whole has no version of its own.
  [{ to: 'everview.profiles', add: 'update_id BIGINT' }],
  // What of an incident is in its table, with nobody having vouched for it.
  [
    { to: 'everview.incidents', add: 'taken VARCHAR' },
    {
      moves: `UPDATE everview.incidents AS i SET taken = i.severity
     WHERE i.response IN ('warned', 'none') OR (i.response = 'refresh-held' AND NOT EXISTS (
       SELECT 1 FROM everview.held_updates h WHERE h."table" = i.name AND h.state = 'waiting'))`,
    },
  ],
  // All that speaks against a row that was set aside, as its incidents say it.
  [
    { to: 'everview.quarantine', add: 'subjects VARCHAR[]' },
    { moves: `UPDATE everview.quarantine SET subjects = [constraint_name] WHERE state = 'held'` },
  ],
  // The tables of an update to which rows came and that took none: that it made no version does not say it of each.
  [
    { to: 'everview.updates', add: 'kept_out VARCHAR[]' },
    {
      moves: `UPDATE everview.updates
     SET kept_out = CASE WHEN version IS NULL AND (status = 'rejected' OR quarantined > 0) THEN tables ELSE [] END`,
    },
  ],
  // Since which version it is there; null: since that of the incident.
  [{ to: 'everview.incidents', add: 'taken_version BIGINT' }],
  // What CORRECT made of a row, beside what it came as.
  [{ to: 'everview.quarantine', add: 'corrected VARCHAR' }],
  // How many updates in a row came without what an incident tells of; null: none.
  [{ to: 'everview.incidents', add: 'quiet BIGINT' }],
  // Rows of base tables are written once, with the version that brought them: since `rows_since`. What an older release
  // wrote into the log as well stays the past of rows of which no more is known than that.
  [
    'CREATE SCHEMA base',
    'CREATE SCHEMA past',
    { to: 'everview.meta', add: 'rows_since BIGINT DEFAULT 0' },
    {
      moves: 'UPDATE everview.meta SET rows_since = (SELECT coalesce(max(version), 0) FROM everview.updates)',
    },
    {
      ofTable: (name, columns) => [
        `CREATE TABLE base.${name} AS SELECT *, 0::BIGINT AS __ev_v FROM data.${name}`,
        `DROP TABLE data.${name}`,
        `CREATE VIEW data.${name} AS SELECT ${columns} FROM base.${name}`,
        `CREATE TABLE past.${name} AS SELECT * FROM log.${name}`,
        `DROP TABLE log.${name}`,
        `CREATE VIEW log.${name} AS SELECT ${columns}, 1::TINYINT AS __ev_w, __ev_v FROM base.${name} WHERE __ev_v > 0
         UNION ALL SELECT ${columns}, __ev_w, __ev_v FROM past.${name}`,
      ],
    },
  ],
];

/**
 * @param wanted the form to bring the file to; the newest but where a test wants an older file
 * @returns whether the file was new: it holds nothing yet
 * @throws EverviewError `not-a-database` for another program's DuckDB file or one from a newer release.
 */
export async function migrate(tx: Session, wanted: number = steps.length): Promise<boolean> {
  const [found] = await tx.rows(
    `SELECT count(*) FILTER (schema_name = 'everview' AND table_name = 'meta') AS meta,
            count(*) + (SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'everview') AS others
     FROM duckdb_tables() WHERE NOT internal`,
  );
  const ours = Number(found?.['meta'] ?? 0) > 0 && (await hasForm(tx));
  if (!ours && Number(found?.['others'] ?? 0) > 0) {
    throw new EverviewError(
      'not-a-database',
      'the file holds tables, or a schema everview, of another program',
      {
        hint: 'give a new file, and COPY the tables into it (Parquet keeps their types)',
      },
    );
  }
  const form = ours ? Number((await tx.rows('SELECT form FROM everview.meta'))[0]?.['form'] ?? 0) : 0;
  if (form > steps.length) {
    throw new EverviewError(
      'not-a-database',
      `the file has form ${form}, this release knows up to ${steps.length}`,
      {
        hint: 'open it with the newer release of Everview that wrote it',
      },
    );
  }
  const tables = ours && form < Math.min(wanted, steps.length) ? await baseTables(tx) : [];
  const taken = steps.slice(form, wanted).flat();
  const sql = ours ? taken.flatMap((one) => migrated(one, tables)) : made(taken);
  // As one text: a new file is made in one call, not in one for each statement of its history.
  if (sql.length > 0)
    await tx.run([...sql, `UPDATE everview.meta SET form = ${Math.min(wanted, steps.length)}`].join(';\n'));
  return !ours;
}

type BaseTable = { readonly name: string; readonly columns: string };

function migrated(statement: Statement, tables: readonly BaseTable[]): readonly string[] {
  if (typeof statement === 'string') return [statement];
  if ('add' in statement) return [`ALTER TABLE ${statement.to} ADD COLUMN ${statement.add}`];
  if ('moves' in statement) return [statement.moves];
  return tables.flatMap(({ name, columns }) => statement.ofTable(name, columns));
}

/** A new file, to which each ALTER would cost as much as a CREATE: half of what it takes to make it. */
function made(statements: readonly Statement[]): readonly string[] {
  const sql: string[] = [];
  for (const statement of statements) {
    if (typeof statement === 'string') sql.push(statement);
    else if ('add' in statement) {
      const table = sql.findLastIndex((one) => one.startsWith(`CREATE TABLE ${statement.to} (`));
      sql[table] = `${sql[table]?.slice(0, -1)}, ${statement.add})`;
    }
  }
  return sql;
}

/** Their names and columns, quoted. */
async function baseTables(tx: Session): Promise<readonly BaseTable[]> {
  const found = await tx.rows(
    `SELECT table_name AS name, list(column_name ORDER BY column_index) AS columns
     FROM duckdb_columns() WHERE schema_name = 'data' GROUP BY ALL ORDER BY ALL`,
  );
  return found.map(({ name, columns }) => ({
    name: quoteIdentifier(String(name)),
    columns: quoteList(Array.isArray(columns) ? columns.map(String) : []),
  }));
}

/** Whether the table `everview.meta` is the engine's. `duckdb_columns()` would go through every system view, at 9 ms. */
async function hasForm(tx: Session): Promise<boolean> {
  const columns = await tx.rows(`SELECT name FROM pragma_table_info('everview.meta') WHERE name = 'form'`);
  return columns.length > 0;
}
