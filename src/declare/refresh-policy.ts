import type { RefreshPolicy } from './definition.ts';
import type { OptionTables, OptionValues } from './options.ts';

type PolicyValues = OptionValues<
  Pick<
    OptionTables['materialized-view'],
    'refresh' | 'max_staleness' | 'max_rows' | 'staleness_price' | 'on_stale_read'
  >
>;

/** @param maxEffect the bound that models alone have */
export function resolvePolicy(values: PolicyValues, maxEffect: number | null): RefreshPolicy {
  const refresh = values.refresh ?? 'auto';
  const bounds = { maxRows: values.max_rows ?? null, stalenessPrice: values.staleness_price ?? null };
  return {
    refresh,
    maxStalenessMs:
      values.max_staleness === undefined
        ? usualStalenessMs({ refresh, ...bounds }, maxEffect)
        : values.max_staleness,
    ...bounds,
    onStaleRead: values.on_stale_read ?? 'refresh',
  };
}

/** The bound in milliseconds where `max_staleness` is not given: none where something else says when it is refreshed. */
export function usualStalenessMs(
  { refresh, maxRows, stalenessPrice }: Pick<RefreshPolicy, 'refresh' | 'maxRows' | 'stalenessPrice'>,
  maxEffect: number | null,
): number | null {
  const isSaid = maxRows !== null || stalenessPrice !== null || maxEffect !== null;
  return refresh === 'manual' || isSaid ? null : 0;
}
