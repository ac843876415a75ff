import type { Change, PolicyShape, Step, TableShape, UpdateStep, ViewShape } from './history.ts';
import { bareNames, expressionSql } from './reference/expression-sql.ts';
import { literalSql } from './reference/value.ts';
import { querySql } from './reference/view-query-sql.ts';

/** The step as SQL a person can run; steps that are calls are comments. */
export function stepSql(step: Step): string {
  switch (step.kind) {
    case 'create-table':
      return tableSql(step.table);
    case 'alter-table':
      return `ALTER TABLE ${step.name} SET (on_violation = ${step.onViolation})`;
    case 'create-view':
      return viewSql(step.view, step.orReplace);
    case 'alter-view':
      return `ALTER MATERIALIZED VIEW ${step.name} SET (${policyList(step.policy).join(', ')})`;
    case 'drop':
      return `-- drop\nDROP ${/^t/.test(step.name) ? 'TABLE' : 'VIEW'} ${step.name}${step.cascade ? ' CASCADE' : ''}`;
    case 'update':
      return updateSql(step);
    case 'quarantine':
      return `${step.action === 'release' ? 'RELEASE' : 'DROP'} QUARANTINE FOR ${step.table}`;
    case 'refresh':
      return `REFRESH ${step.name}${step.how === 'auto' ? '' : ` ${step.how.toUpperCase()}`}`;
    case 'query':
      return querySql(step.query);
    case 'advance':
      return `-- clock: ${step.ms} ms later`;
    case 'tick':
      return '-- step()';
    case 'reopen':
      return '-- close and open again';
  }
}

function tableSql(table: TableShape): string {
  const columns = table.columns.map(
    (column) => `${column.name} ${column.sqlType}${column.notNull ? ' NOT NULL' : ''}`,
  );
  const key = table.primaryKey.length === 0 ? [] : [`PRIMARY KEY (${table.primaryKey.join(', ')})`];
  const check = table.check === null ? [] : [`CHECK (${expressionSql(table.check, bareNames)})`];
  const list = [...columns, ...key, ...check].join(', ');
  return `CREATE TABLE ${table.name} (${list}) WITH (on_violation = ${table.onViolation})`;
}

function viewSql(view: ViewShape, orReplace: boolean): string {
  const create = `CREATE ${orReplace ? 'OR REPLACE ' : ''}${view.materialized ? 'MATERIALIZED ' : ''}VIEW ${view.name}`;
  const options = view.materialized ? policyList(view.policy) : [];
  const policy = options.length === 0 ? '' : ` WITH (${options.join(', ')})`;
  return `${create}${policy} AS ${querySql(view.query)}`;
}

function policyList(policy: PolicyShape): string[] {
  const { refresh, maxStalenessMs, maxRows, onStaleRead } = policy;
  return [
    ...(refresh === null ? [] : [`refresh = ${refresh}`]),
    ...(maxStalenessMs === null ? [] : [`max_staleness = INTERVAL '${maxStalenessMs / 1_000} seconds'`]),
    ...(maxRows === null ? [] : [`max_rows = ${maxRows}`]),
    ...(onStaleRead === null ? [] : [`on_stale_read = ${onStaleRead}`]),
  ];
}

function updateSql(step: UpdateStep): string {
  const statements = step.statements.map(changeSqlOf);
  const key = step.idempotencyKey === null ? '' : ` WITH (idempotency_key = '${step.idempotencyKey}')`;
  if (!step.isTransaction) return `${statements[0] ?? ''}${key}`;
  return [`BEGIN${key}`, ...statements, 'COMMIT'].join(';\n');
}

function changeSqlOf(change: Change): string {
  switch (change.kind) {
    case 'insert':
      return insertSql(change);
    case 'repeat':
      return `INSERT INTO ${change.table} SELECT * FROM ${change.table} WHERE ${expressionSql(change.where, bareNames)}`;
    case 'change': {
      const set = change.set.map((one) => `${one.column} = ${expressionSql(one.expression, bareNames)}`);
      return `UPDATE ${change.table} SET ${set.join(', ')}${whereSql(change.where)}`;
    }
    case 'delete':
      return `DELETE FROM ${change.table}${whereSql(change.where)}`;
  }
}

function whereSql(where: Extract<Change, { kind: 'delete' }>['where']): string {
  return where === null ? '' : ` WHERE ${expressionSql(where, bareNames)}`;
}

function insertSql(change: Extract<Change, { kind: 'insert' }>): string {
  const { shape } = change;
  const rows = change.rows.map(
    (row) =>
      `(${shape.columns.map((column, place) => literalSql(row[place] ?? null, column.type)).join(', ')})`,
  );
  const others = shape.columns
    .map((column) => column.name)
    .filter((name) => !shape.primaryKey.includes(name));
  const set = others.map((name) => `${name} = excluded.${name}`).join(', ');
  const key = `(${shape.primaryKey.join(', ')})`;
  const conflict = {
    none: '',
    replace: '',
    nothing: ` ON CONFLICT ${key} DO NOTHING`,
    update: ` ON CONFLICT ${key} DO UPDATE SET ${set}`,
  }[change.onConflict];
  const word = change.onConflict === 'replace' ? 'INSERT OR REPLACE INTO' : 'INSERT INTO';
  return `${word} ${change.table} VALUES ${rows.join(', ')}${conflict}`;
}
