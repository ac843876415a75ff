/**
 * The engine's own schemas, tables and views in their newest form, as a new file gets them. An older file gets there by
 * the steps of `migrations.ts`; a test holds the two against each other.
 */
export const ownTables: readonly string[] = [
  'CREATE SCHEMA IF NOT EXISTS everview',
  'CREATE SCHEMA data',
  'CREATE SCHEMA log',
  'CREATE SCHEMA state',
  'CREATE SCHEMA view',
  'CREATE SCHEMA quarantine',
  'CREATE TABLE everview.meta (form INTEGER NOT NULL, horizon BIGINT NOT NULL)',
  `CREATE TABLE everview.objects (
     name VARCHAR NOT NULL, kind VARCHAR NOT NULL, definition VARCHAR NOT NULL, hash VARCHAR NOT NULL,
     "schema" VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, position BIGINT NOT NULL)`,

  // updates, what they changed and where from
  `CREATE TABLE everview.updates (
     update_id BIGINT NOT NULL, version BIGINT, status VARCHAR NOT NULL, reason VARCHAR NOT NULL,
     idempotency_key VARCHAR, tables VARCHAR[] NOT NULL, inserted BIGINT NOT NULL,
     deleted BIGINT NOT NULL, quarantined BIGINT NOT NULL, message VARCHAR, committed_at TIMESTAMP NOT NULL)`,
  // The change of an update of one table is told by the update's own record, up to where the table was forgotten; views
  // that follow the clock change more than once in a version.
  `CREATE TABLE everview.changes (
     name VARCHAR NOT NULL, version BIGINT NOT NULL, inserted BIGINT NOT NULL, deleted BIGINT NOT NULL,
     effective_at TIMESTAMP)`,
  'CREATE TABLE everview.forgotten (name VARCHAR NOT NULL, version BIGINT NOT NULL)',
  `CREATE TABLE everview.batches ("table" VARCHAR NOT NULL, update_id BIGINT NOT NULL, rows BIGINT NOT NULL,
     hash VARCHAR NOT NULL, arrived_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE everview.source_arrivals ("table" VARCHAR NOT NULL, source VARCHAR, update_id BIGINT NOT NULL,
     rows BIGINT NOT NULL, arrived_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE everview.quarantine (
     id BIGINT NOT NULL, update_id BIGINT NOT NULL, version BIGINT, "table" VARCHAR NOT NULL,
     constraint_name VARCHAR NOT NULL, constraint_kind VARCHAR NOT NULL, reason VARCHAR NOT NULL,
     state VARCHAR NOT NULL, "row" VARCHAR NOT NULL, quarantined_at TIMESTAMP NOT NULL, resolved_at TIMESTAMP)`,
  // what of a held update waits: its rows, or the refresh of what is made of its table
  `CREATE TABLE everview.held_updates (update_id BIGINT NOT NULL, "table" VARCHAR NOT NULL, detail VARCHAR NOT NULL,
     state VARCHAR NOT NULL, held_at TIMESTAMP NOT NULL, deadline TIMESTAMP NOT NULL, on_deadline VARCHAR NOT NULL,
     decided_at TIMESTAMP, who VARCHAR, why VARCHAR, what VARCHAR DEFAULT 'rows', version BIGINT DEFAULT 0)`,
  // taken although nobody vouched for them
  `CREATE TABLE everview.marks (update_id BIGINT NOT NULL, "table" VARCHAR NOT NULL, version BIGINT NOT NULL,
     detail VARCHAR NOT NULL, marked_at TIMESTAMP NOT NULL)`,

  // what updates were like, and what was made of it; counts by day that add up over updates and deletes
  `CREATE TABLE everview.profiles (
     name VARCHAR NOT NULL, kind VARCHAR NOT NULL, version BIGINT NOT NULL, state VARCHAR NOT NULL,
     severity VARCHAR, rows BIGINT NOT NULL,
     history BIGINT NOT NULL, tests BIGINT NOT NULL, block_below DOUBLE NOT NULL, notice_below DOUBLE NOT NULL,
     findings VARCHAR NOT NULL, judged_at TIMESTAMP NOT NULL, plan VARCHAR, profile VARCHAR NOT NULL,
     update_id BIGINT)`,
  `CREATE TABLE everview.profile_parts (
     name VARCHAR NOT NULL, version BIGINT NOT NULL, day BIGINT, rows BIGINT NOT NULL, columns VARCHAR NOT NULL)`,
  `CREATE VIEW everview.verdicts AS
   SELECT name, kind, version, state, severity, rows, history, tests, block_below, notice_below, findings, judged_at
   FROM everview.profiles`,
  `CREATE TABLE everview.incidents (
     incident_id BIGINT NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, version BIGINT NOT NULL,
     detail VARCHAR NOT NULL, "row" VARCHAR NOT NULL, response VARCHAR NOT NULL, opened_at TIMESTAMP NOT NULL,
     state VARCHAR NOT NULL, cause VARCHAR, subject VARCHAR NOT NULL, severity VARCHAR NOT NULL,
     "columns" VARCHAR[] NOT NULL, occurrences BIGINT NOT NULL, rows BIGINT NOT NULL, sample VARCHAR[] NOT NULL,
     affected_views VARCHAR[] NOT NULL, affected_models VARCHAR[] NOT NULL, statements VARCHAR[] NOT NULL,
     update_id BIGINT, last_seen_at TIMESTAMP NOT NULL, expires_at TIMESTAMP, resolved_at TIMESTAMP)`,
  `CREATE TABLE everview.incident_events (event_id BIGINT NOT NULL, incident_id BIGINT NOT NULL, event VARCHAR NOT NULL,
     who VARCHAR, why VARCHAR, happened_at TIMESTAMP NOT NULL)`,
  `CREATE TABLE everview.deliveries (delivery_id BIGINT NOT NULL, incident_id BIGINT NOT NULL, event VARCHAR NOT NULL,
     body VARCHAR NOT NULL, state VARCHAR NOT NULL, attempts INTEGER NOT NULL, next_attempt_at TIMESTAMP NOT NULL,
     created_at TIMESTAMP NOT NULL, last_error VARCHAR, delivered_at TIMESTAMP)`,

  // Refreshes. A refresh's own record says where it has brought the contents; only what moves without one is among the
  // cursors, of which the last of a name counts. Contents hold the predictions of one version of each model they read.
  `CREATE TABLE everview.cursors (
     name VARCHAR NOT NULL, version BIGINT NOT NULL, as_of TIMESTAMP NOT NULL, hash VARCHAR NOT NULL,
     rows BIGINT, next_boundary TIMESTAMP, cost_state VARCHAR, models VARCHAR, after_refresh BIGINT)`,
  `CREATE TABLE everview.refreshes (
     refresh_id BIGINT NOT NULL, name VARCHAR NOT NULL, object_kind VARCHAR NOT NULL, kind VARCHAR NOT NULL,
     reason VARCHAR NOT NULL, trigger VARCHAR NOT NULL, from_version BIGINT, to_version BIGINT NOT NULL,
     rows BIGINT NOT NULL, predicted_incremental_ms DOUBLE, predicted_full_ms DOUBLE, predicted_ms DOUBLE,
     actual_ms DOUBLE NOT NULL, refreshed_at TIMESTAMP NOT NULL, rung VARCHAR, regret_ms DOUBLE,
     predicted_algebraic_ms DOUBLE, predicted_domain_ms DOUBLE, cursor VARCHAR)`,
  // what the choices came to, by view: refreshes of contents that were there, so that there was a choice
  `CREATE VIEW everview.regret AS
   SELECT name, count(*) AS refreshes, count(*) FILTER (rung = 'algebraic') AS algebraic,
     count(*) FILTER (rung = 'domain') AS "domain", count(*) FILTER (rung = 'full') AS "full",
     count(*) FILTER (reason = 'probe') AS probes, sum(actual_ms) AS actual_ms, sum(regret_ms) AS regret_ms,
     sum(regret_ms) / nullif(sum(actual_ms), 0) AS regret_share
   FROM everview.refreshes WHERE rung IS NOT NULL AND from_version IS NOT NULL GROUP BY name`,
  // what stale answers had cost when the file was closed
  `CREATE TABLE everview.staleness_accounts (name VARCHAR NOT NULL, since VARCHAR NOT NULL, cost_ms DOUBLE NOT NULL,
     answers BIGINT NOT NULL)`,

  // models: their sums, their versions, how these were judged and by whom they were let answer
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
     judged_at TIMESTAMP NOT NULL, verdict VARCHAR, slice VARCHAR, earlier_window INTEGER, rows BIGINT,
     lower DOUBLE, upper DOUBLE)`,
  `CREATE TABLE everview.promotions (promotion_id BIGINT NOT NULL, model VARCHAR NOT NULL, version BIGINT,
     action VARCHAR NOT NULL, reason VARCHAR NOT NULL, who VARCHAR, why VARCHAR, incident_id BIGINT,
     decided_at TIMESTAMP NOT NULL)`,

  // What models predicted that log it, what came of it, and the sums of their losses. No estimate where something is
  // wrong with what was predicted from, or nobody has looked.
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
];
