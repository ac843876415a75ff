/**
 * Functions that may answer differently for the same arguments: with each row, or from one query to the next. As DuckDB
 * 1.5 lists them (`duckdb_functions()`, which takes 15 ms to ask); a test holds the list to the DuckDB that is installed.
 */
export const unstableFunctions: ReadonlyMap<string, 'volatile' | 'per-query'> = new Map([
  ...(
    [
      'current_database',
      'current_date',
      'current_schema',
      'current_schemas',
      'get_current_time',
      'get_current_timestamp',
      'in_search_path',
      'now',
      'today',
      'transaction_timestamp',
      'txid_current',
    ] as const
  ).map((name) => [name, 'per-query'] as const),
  ...(
    [
      'current_connection_id',
      'current_query',
      'current_query_id',
      'current_transaction_id',
      'currval',
      'error',
      'gen_random_uuid',
      'nextval',
      'random',
      'setseed',
      'sleep_ms',
      'stats',
      'uuid',
      'uuidv4',
      'uuidv7',
      'write_log',
    ] as const
  ).map((name) => [name, 'volatile'] as const),
]);
