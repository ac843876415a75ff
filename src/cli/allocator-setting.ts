/**
 * How long DuckDB's allocator keeps free memory, in milliseconds: ten seconds in place of one. It gives pages back as it
 * allocates and takes them again one by one: that was 0.3 of a commit after a pause, and 0.1 to 0.2 of the demo. A
 * variable of the environment, which DuckDB reads once, when its library is loaded; so it is for whoever owns the process.
 */
export const allocatorSetting = {
  name: 'DUCKDB_JE_MALLOC_CONF',
  value: 'dirty_decay_ms:10000,muzzy_decay_ms:10000',
} as const;
