import type { Constraint, Definition, FeatureSelection, TableDefinition } from './definition.ts';
import { givenOptions } from './definition-options.ts';
import { formatName } from './sql-name.ts';
import { constraintColumns, defaultConstraintName } from './table-constraints.ts';

type ReferencesConstraint = Extract<Constraint, { kind: 'references' }>;

/** The CREATE statement of a definition: canonical SQL, and reading it gives the same definition again. */
export function formatDefinition(definition: Definition): string {
  const name = formatName(definition.name);
  const options = formatOptions(definition);
  switch (definition.kind) {
    case 'table':
      return `CREATE TABLE ${name} (\n${tableLines(definition).join(',\n')}\n)${options}`;
    case 'view':
      return `CREATE ${definition.materialized ? 'MATERIALIZED ' : ''}VIEW ${name}${options} AS\n${definition.query}`;
    case 'training-set':
      return `CREATE TRAINING SET ${name}${options} AS\n${definition.query}`;
    case 'model': {
      const source = `SELECT ${formatFeatures(definition.features)} FROM ${formatName(definition.trainingSet)}`;
      return `CREATE MODEL ${name}${options} AS\n${source}`;
    }
  }
}

function formatOptions(definition: Definition): string {
  const given = givenOptions(definition).map(({ name, sql }) => `${name} = ${sql}`);
  return given.length === 0 ? '' : ` WITH (${given.join(', ')})`;
}

function nameList(names: readonly string[]): string {
  return `(${names.map(formatName).join(', ')})`;
}

function formatFeatures(features: FeatureSelection): string {
  switch (features.kind) {
    case 'all':
      return features.except.length === 0 ? '*' : `* EXCLUDE ${nameList(features.except)}`;
    case 'columns':
      return features.columns.map(formatName).join(', ');
  }
}

/** A constraint of one column stands at its column, the others on lines of their own. */
function tableLines(table: TableDefinition): string[] {
  const isInline = (constraint: Constraint) => constraintColumns(constraint).length === 1;
  const columns = table.columns.map((column) => {
    const defaultPart = column.default === null ? [] : [`DEFAULT ${column.default}`];
    const inline = table.constraints.filter(
      (constraint) =>
        isInline(constraint) &&
        constraintColumns(constraint)[0] === column.name &&
        !isImplied(table, constraint),
    );
    const parts = inline.map((constraint) => named(table, constraint, formatInline(constraint)));
    return `  ${[formatName(column.name), column.type, ...defaultPart, ...parts].join(' ')}`;
  });
  const rest = table.constraints
    .filter((constraint) => !isInline(constraint))
    .map((constraint) => `  ${named(table, constraint, formatOutline(constraint))}`);
  return [...columns, ...rest];
}

/** The NOT NULL that comes with the primary key. */
function isImplied(table: TableDefinition, constraint: Constraint): boolean {
  if (constraint.kind !== 'not-null' || !hasDefaultName(table, constraint)) return false;
  return table.constraints.some(
    (other) => other.kind === 'primary-key' && other.columns.includes(constraint.column),
  );
}

function hasDefaultName(table: TableDefinition, constraint: Constraint): boolean {
  return constraint.name === defaultConstraintName(table.name, constraint);
}

function named(table: TableDefinition, constraint: Constraint, text: string): string {
  return hasDefaultName(table, constraint) ? text : `CONSTRAINT ${formatName(constraint.name)} ${text}`;
}

function formatInline(constraint: Constraint): string {
  switch (constraint.kind) {
    case 'not-null':
      return 'NOT NULL';
    case 'primary-key':
      return 'PRIMARY KEY';
    case 'unique':
      return 'UNIQUE';
    case 'references':
      return `REFERENCES ${formatTarget(constraint)}`;
    case 'check':
      return formatOutline(constraint);
  }
}

function formatOutline(constraint: Constraint): string {
  switch (constraint.kind) {
    case 'not-null':
      return 'NOT NULL';
    case 'primary-key':
      return `PRIMARY KEY ${nameList(constraint.columns)}`;
    case 'unique':
      return `UNIQUE ${nameList(constraint.columns)}`;
    case 'references':
      return `FOREIGN KEY ${nameList(constraint.columns)} REFERENCES ${formatTarget(constraint)}`;
    case 'check':
      return `CHECK (${constraint.expression})`;
  }
}

function formatTarget({ table, targetColumns, matchRate }: ReferencesConstraint): string {
  const target =
    targetColumns.length === 0 ? formatName(table) : `${formatName(table)} ${nameList(targetColumns)}`;
  return matchRate === undefined ? target : `${target} MATCH RATE ${matchRate}`;
}
