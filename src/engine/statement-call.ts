import { z } from 'zod';
import { EverviewError } from '../core/errors.ts';
import type { Definition } from '../declare/definition.ts';
import { tryDefinition } from '../declare/definition-json.ts';
import { checkedCall } from './checked-call.ts';

/**
 * The text and the parameters of a method of the public face, as a caller without types may give them.
 * @throws EverviewError `invalid-option`
 */
export function assertStatementCall(method: string, text: unknown, parameters: unknown = []): void {
  if (typeof text !== 'string') {
    throw new EverviewError(
      'invalid-option',
      `${method}(): the statement is ${shownKind(text)}, and no text`,
      {
        hint: `await db.${method}('SELECT …')`,
      },
    );
  }
  if (!Array.isArray(parameters)) {
    throw new EverviewError(
      'invalid-option',
      `${method}(): the parameters are ${shownKind(parameters)}, and no array`,
      { hint: `await db.${method}('SELECT … WHERE a = $1', [5])` },
    );
  }
  parameters.forEach((value: unknown, index) => {
    if (isParameter(value)) return;
    throw new EverviewError(
      'invalid-option',
      `${method}(): parameter $${index + 1} is ${shownKind(value)}, which no literal stands for`,
      {
        hint: 'null, booleans, numbers, bigints, texts, Dates and Uint8Arrays are taken; JSON.stringify(value) is a text that SQL can cast',
      },
    );
  });
}

/** @throws EverviewError `invalid-option` */
export function assertInsertCall(table: unknown, rows: unknown): void {
  if (typeof table !== 'string') {
    throw new EverviewError('invalid-option', `insert(): the table is ${shownKind(table)}, and no name`, {
      hint: "await db.insert('t', [{ a: 1 }])",
    });
  }
  if (ArrayBuffer.isView(rows)) {
    throw new EverviewError('invalid-option', `insert(): the rows for "${table}" are ${shownKind(rows)}`, {
      hint: 'tableFromIPC() of apache-arrow makes a table of the bytes of an Arrow file or stream; COPY reads files',
    });
  }
  const isGiven = typeof rows === 'object' && rows !== null;
  if (isGiven && (Symbol.iterator in rows || Symbol.asyncIterator in rows)) return;
  throw new EverviewError('invalid-option', `insert(): the rows for "${table}" are ${shownKind(rows)}`, {
    hint: 'give an array (or another iterable) of objects, an Arrow table, or record batches',
  });
}

const key = z.string('an idempotency key is a text').min(1, 'an idempotency key cannot be empty').optional();
const onConflict = z.enum(['nothing', 'update'], "is 'nothing' or 'update'").optional();

function optionsObject<T extends z.core.$ZodShape>(shape: T, example: string) {
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? undefined : `its options are an object, as ${example}`,
  });
}

const optionsOf = {
  insert: optionsObject({ key, onConflict }, "{ key: 'batch-1' }"),
  'update.insert': optionsObject({ onConflict }, "{ onConflict: 'update' }"),
  transaction: optionsObject({ key }, "{ key: 'batch-1' }"),
} as const;

/** @throws EverviewError `invalid-option` */
export function assertUpdateOptions(method: keyof typeof optionsOf, options: unknown): void {
  // A Date or a Map is an object of no options to zod.
  const isPlain = Object.prototype.toString.call(options) === '[object Object]';
  checkedCall(method, optionsOf[method], isPlain ? options : null);
}

/** @throws EverviewError `invalid-option` */
export function assertTransactionCall(work: unknown): void {
  if (typeof work === 'function') return;
  throw new EverviewError(
    'invalid-option',
    `transaction(): the work is ${shownKind(work)}, and no function`,
    {
      hint: "await db.transaction(async (update) => { await update.execute('…') })",
    },
  );
}

/** The definitions that `declare()` is given. @throws EverviewError `invalid-option` */
export function checkedDeclareCall(declarations: readonly unknown[]): Definition[] {
  return declarations.map((given, index) => {
    const isObject = typeof given === 'object' && given !== null;
    const definition = tryDefinition(isObject && 'definition' in given ? given.definition : given);
    if (definition !== null) return definition;
    throw new EverviewError(
      'invalid-option',
      `declare(): argument ${index + 1} is ${shownKind(given)}, and no declaration`,
      {
        hint: Array.isArray(given)
          ? 'give them one by one: await db.declare(...declarations)'
          : "table(…), view(…), trainingSet(…) and model(…) make them; a text is for db.sql('CREATE …')",
      },
    );
  });
}

/** Undefined is told later, as a parameter that was given no value. */
function isParameter(value: unknown): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  if (value === null || value instanceof Uint8Array) return true;
  if (typeof value === 'string') return value.isWellFormed();
  return ['undefined', 'boolean', 'number', 'bigint'].includes(typeof value);
}

function shownKind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Date) return 'an invalid Date';
  if (typeof value === 'string' && !value.isWellFormed()) return 'a text with half of a surrogate pair';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
