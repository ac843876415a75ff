import { EverviewError } from '../core/errors.ts';
import type { SqlParameter } from '../core/value.ts';
import { parseStatement } from '../declare/statement-parser.ts';
import { applyInsert, plainInsert } from '../ingest/apply-insert.ts';
import type { TableEntry } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import {
  assertNoKeyOfItsOwn,
  executeUpdateStatement,
  isUpdateStatement,
  replacing,
} from './execute-update.ts';
import { type InsertInput, rowSourceOf } from './insert-input.ts';
import type { OpenUpdate } from './open-update.ts';
import { assertInsertCall, assertStatementCall, assertUpdateOptions } from './statement-call.ts';
import type { UpdateInProgress } from './update-in-progress.ts';

export type InsertOptions = {
  /** Idempotency key: the same key again changes nothing and says so. */
  readonly key?: string;
  /** What a row does whose key the table has: break the constraint (the default), nothing, or replace it. */
  readonly onConflict?: 'nothing' | 'update';
};

/** The statements of one update, in TypeScript. */
export interface UpdateBuilder {
  insert(table: string, rows: InsertInput, options?: Pick<InsertOptions, 'onConflict'>): Promise<void>;
  /** One INSERT, UPDATE, DELETE, COPY or quarantine statement. */
  execute(statement: string, parameters?: readonly SqlParameter[]): Promise<void>;
}

export function updateBuilder(core: EngineCore, open: OpenUpdate): UpdateBuilder {
  return {
    insert: async (table, rows, options = {}) => {
      assertInsertCall(table, rows);
      assertUpdateOptions('update.insert', options);
      await open.run((update) => insertRows(core, update, table, rows, options));
    },
    execute: async (text, parameters = []) => {
      assertStatementCall('execute', text, parameters);
      await open.run(async (update) => {
        const statement = parseStatement(text);
        if (!isUpdateStatement(statement)) {
          throw new EverviewError('transaction-state', `${statement.kind} cannot be part of an update`, {
            hint: 'INSERT, UPDATE, DELETE, COPY and quarantine statements can',
          });
        }
        assertNoKeyOfItsOwn(statement);
        await executeUpdateStatement(core, update, statement, parameters);
      });
    },
  };
}

/**
 * The rows of one call, as part of an update. Whoever gives them one by one may ask the engine for something meanwhile,
 * but for another statement: that would wait for the rows.
 */
export function insertRows(
  core: EngineCore,
  update: UpdateInProgress,
  table: string,
  rows: InsertInput,
  options: Pick<InsertOptions, 'onConflict'>,
): Promise<void> {
  return core.withinUpdate('rows', () => insertGiven(update, table, rows, options));
}

async function insertGiven(
  update: UpdateInProgress,
  table: string,
  rows: InsertInput,
  options: Pick<InsertOptions, 'onConflict'>,
): Promise<void> {
  const at = { line: 1, column: 1, offset: 0, length: 0 };
  const source = await rowSourceOf(rows);
  const insert = (entry: TableEntry) => {
    const name = { name: table, at };
    const replace = options.onConflict === undefined ? null : replacing(entry, name, null);
    const onConflict =
      options.onConflict === 'nothing' && replace !== null
        ? ({ action: 'nothing', target: replace.target } as const)
        : replace;
    return applyInsert(update.draft.tx, entry.target, source, { ...plainInsert, onConflict }, update.context);
  };
  await update.apply(table, insert, 'arriving');
}
