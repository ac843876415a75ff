import { EverviewError } from '../core/errors.ts';
import { nearestName } from '../core/nearest.ts';
import { sameName } from '../core/schema.ts';
import type { DraftOption } from './definition-draft.ts';
import type { OptionKind, Reading } from './option-kind.ts';
import { type OptionOwner, type OptionTables, type OptionValues, optionTables } from './options.ts';
import type { RawOption } from './statement.ts';

/**
 * The values of options, each checked against the owner's table.
 * @throws EverviewError `unknown-option`, `invalid-option` or `unsupported`, with the place if the options have one.
 */
export function readOptions<O extends OptionOwner>(
  owner: O,
  options: readonly DraftOption[],
): OptionValues<OptionTables[O]> {
  const table: Readonly<Record<string, { readonly kind: OptionKind<never> | OptionKind<unknown> }>> =
    optionTables[owner];
  const values: Record<string, unknown> = {};
  for (const option of options) {
    const name = Object.keys(table).find((known) => sameName(known, option.name));
    const spec = name === undefined ? undefined : table[name];
    if (name === undefined || spec === undefined) throw unknownOption(owner, option);
    if (name in values) {
      throw new EverviewError('invalid-option', `${name} is given twice`, {
        at: option.at,
        hint: 'give it once',
      });
    }
    values[name] = readValue(name, spec.kind, option);
  }
  // Each value has passed the schema of its own option, which is what OptionValues says.
  return values as OptionValues<OptionTables[O]>;
}

function readValue(
  name: string,
  kind: OptionKind<never> | OptionKind<unknown>,
  option: DraftOption,
): unknown {
  const { value, valueAt } = option;
  const read: Reading = 'sql' in value ? kind.fromSql(value.sql.trim()) : kind.fromJs(value.js);
  if ('problem' in read) {
    const got = 'sql' in value ? value.sql : describe(value.js);
    const code = read.later === true ? 'unsupported' : 'invalid-option';
    throw new EverviewError(code, `${name} ${read.problem}; got ${got}`, {
      at: valueAt ?? option.at,
      hint: `${name} takes ${kind.wants}`,
    });
  }
  const checked = kind.schema.safeParse(read.value);
  if (checked.success) return checked.data;
  const why = checked.error.issues.map((issue) => issue.message).join('; ');
  throw new EverviewError('invalid-option', `${name} is out of range: it ${why}`, {
    at: valueAt ?? option.at,
    hint: `${name} takes ${kind.wants}`,
  });
}

function describe(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

const ownerNames = {
  table: 'a table',
  view: 'a plain view',
  'materialized-view': 'a materialized view',
  'training-set': 'a training set',
  model: 'a model',
  update: 'an update',
  copy: 'COPY',
  query: 'a query',
} as const satisfies Record<OptionOwner, string>;

function unknownOption(owner: OptionOwner, option: DraftOption): EverviewError {
  const known = Object.keys(optionTables[owner]);
  const elsewhere = Object.keys(optionTables['materialized-view']).some((name) =>
    sameName(name, option.name),
  );
  const nearest = nearestName(option.name, known);
  const hint =
    owner === 'view'
      ? `a plain view keeps nothing and has no options${elsewhere ? ': write CREATE MATERIALIZED VIEW' : ''}`
      : `${nearest === null ? '' : `did you mean "${nearest}"? `}options of ${ownerNames[owner]}: ${known.join(', ')}`;
  return new EverviewError('unknown-option', `${ownerNames[owner]} has no option "${option.name}"`, {
    at: option.at,
    hint,
    data: { option: option.name, nearest },
  });
}

/** Options of a statement, as drafts. */
export function draftOptions(options: readonly RawOption[]): DraftOption[] {
  return options.map(({ name, value }) => ({ ...name, valueAt: value.at, value: { sql: value.text } }));
}

/** The idempotency key out of an update's WITH list. */
export function readIdempotencyKey(options: readonly RawOption[]): string | null {
  return readOptions('update', draftOptions(options)).idempotency_key ?? null;
}

/** The options of COPY … FROM, checked; what is not given is not there. */
export function readCopyOptions(options: readonly RawOption[]): OptionValues<OptionTables['copy']> {
  return readOptions('copy', draftOptions(options));
}
