import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { sameName } from '../core/schema.ts';
import type { ArrivalRules } from './arrival-rules.ts';
import type { ColumnDefinition, TableDefinition } from './definition.ts';
import type { DraftOption, TableDraft } from './definition-draft.ts';
import { assertName, placeOf } from './draft-name.ts';
import type { HoldTerm } from './option-kind.ts';
import type { OptionTables, OptionValues } from './options.ts';
import { readOptions } from './read-options.ts';
import { defaultText, typeText } from './sql-text.ts';
import { resolveConstraints } from './table-constraints.ts';

export function defineTable(draft: TableDraft): TableDefinition {
  const { name } = draft.name;
  const values = readOptions('table', draft.options);
  const columns = draft.columns.map((column, index): ColumnDefinition => {
    assertName(column, 'a column');
    if (draft.columns.findIndex((one) => sameName(one.name, column.name)) < index) {
      throw new EverviewError('invalid-definition', `table "${name}" has two columns "${column.name}"`, {
        at: column.at,
      });
    }
    const what = `column "${column.name}" of table "${name}"`;
    return {
      name: column.name,
      type: typeText(`the type of ${what}`, column.type),
      default: column.default === null ? null : defaultText(`the default of ${what}`, column.default),
    };
  });
  assertJudged(name, values, draft.options);
  if (columns.length === 0) {
    throw new EverviewError('invalid-definition', `table "${name}" has no columns`, { at: draft.name.at });
  }
  return {
    kind: 'table',
    name,
    columns,
    constraints: resolveConstraints(name, columns, draft.constraints),
    eventTime: eventColumn(name, columns, values.event_time ?? null, placeOf(draft.options, 'event_time')),
    onViolation: values.on_violation ?? 'reject',
    heartbeatMs: values.heartbeat ?? null,
    arrival: arrivalRules(name, columns, values, draft.options),
    isProfiled: values.profile === 'on',
    falseAlarms: values.false_alarms ?? null,
    onFinding: values.on_finding ?? 'warn',
    hold: holdOf(name, values, draft.options),
  };
}

/** @throws EverviewError `invalid-option` where nothing is judged that it could respond to. */
function assertJudged(
  table: string,
  { profile, on_finding }: OptionValues<OptionTables['table']>,
  options: readonly DraftOption[],
): void {
  if (profile === 'on' || (on_finding ?? 'warn') === 'warn') return;
  throw new EverviewError('invalid-option', `on_finding of table "${table}" needs profile = on`, {
    at: placeOf(options, 'on_finding'),
    hint: 'only what is judged has findings: add profile = on, or leave on_finding out',
  });
}

/** @throws EverviewError `invalid-option` where rows are to be given up that are taken already. */
function holdOf(
  table: string,
  { on_finding, hold }: OptionValues<OptionTables['table']>,
  options: readonly DraftOption[],
): HoldTerm {
  const term = hold ?? usualHold(on_finding ?? 'warn');
  if (on_finding !== 'hold_refresh' || term.onDeadline !== 'reject') return term;
  throw new EverviewError('invalid-option', `hold of table "${table}" cannot end in THEN reject`, {
    at: placeOf(options, 'hold'),
    hint: 'with on_finding = hold_refresh the rows are in the table already: THEN accept_marked lets what is made of them go on',
  });
}

/** @throws EverviewError `unknown-column`, or `invalid-option` for a rule about an event time that is not declared. */
function arrivalRules(
  table: string,
  columns: readonly ColumnDefinition[],
  values: OptionValues<OptionTables['table']>,
  options: readonly DraftOption[],
): ArrivalRules {
  const timed = (['event_time_order', 'allowed_lateness', 'max_future'] as const).find((name) => {
    const value = values[name] ?? null;
    return value !== null && value !== 'none';
  });
  if (timed !== undefined && (values.event_time ?? null) === null) {
    throw new EverviewError('invalid-option', `${timed} of table "${table}" needs an event_time`, {
      at: placeOf(options, timed),
      hint: 'say which column tells when a row happened: event_time = column',
    });
  }
  const source = values.source ?? null;
  return {
    source:
      source === null ? null : namedColumn('source', table, columns, source, placeOf(options, 'source')).name,
    eventTimeOrder: values.event_time_order ?? 'none',
    allowedLatenessMs: values.allowed_lateness ?? null,
    maxFutureMs: values.max_future ?? null,
    onReplay: values.on_replay ?? 'accept',
  };
}

/** The column an option of a table names. @throws EverviewError `unknown-column` */
function namedColumn(
  option: string,
  table: string,
  columns: readonly ColumnDefinition[],
  given: string,
  at: ReturnType<typeof placeOf>,
): ColumnDefinition {
  const column = columns.find((one) => sameName(one.name, given));
  if (column !== undefined) return column;
  const names = columns.map((one) => one.name);
  throw new EverviewError(
    'unknown-column',
    `${option} names "${given}", which table "${table}" does not have`,
    { at, hint: nearestHint(given, names) },
  );
}

function eventColumn(
  table: string,
  columns: readonly ColumnDefinition[],
  given: string | null,
  at: ReturnType<typeof placeOf>,
): string | null {
  if (given === null) return null;
  const column = namedColumn('event_time', table, columns, given, at);
  if (!/^(TIMESTAMP|DATETIME|DATE)/i.test(column.type)) {
    throw new EverviewError(
      'invalid-option',
      `event_time is a TIMESTAMP, TIMESTAMPTZ or DATE, and "${column.name}" is ${column.type}`,
      { at, hint: 'name a column of one of these types' },
    );
  }
  return column.name;
}

/** What nobody vouches for in a day is given up; where it is taken already, it goes on marked. */
export function usualHold(onFinding: TableDefinition['onFinding']): HoldTerm {
  return { forMs: 86_400_000, onDeadline: onFinding === 'hold_refresh' ? 'accept_marked' : 'reject' };
}
