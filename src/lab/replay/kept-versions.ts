import type { WarmModel } from './warm-up.ts';

/** A version of the model as the engine keeps it. */
export type KeptVersion = {
  readonly version: number;
  /** Labels that it was fitted on. */
  readonly rows: number;
  /** When it came to answer; null: never. */
  readonly promotedMs: number | null;
  /** Empty where they were not asked for. */
  readonly parameters: string;
};

/** All versions there are, in the order in which they were fitted. */
export async function keptVersions(
  { engine, declared }: WarmModel,
  { withParameters }: { readonly withParameters: boolean },
): Promise<readonly KeptVersion[]> {
  const { rows } = await engine.ask(
    `SELECT version, rows, epoch_ms(promoted_at) AS ms, ${withParameters ? 'parameters' : "''"} AS parameters
     FROM everview.model_versions WHERE model = $1 ORDER BY version`,
    [declared.model.name],
  );
  return rows.map((row) => ({
    version: Number(row.version),
    rows: Number(row.rows),
    promotedMs: row.ms === null ? null : Number(row.ms),
    parameters: String(row.parameters),
  }));
}
