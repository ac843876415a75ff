import { quoteIdentifier } from '../core/identifier.ts';

/** Words that DuckDB or Everview's own grammar will not take for a name unless quoted. */
const quotedWords = new Set(
  `anti asof at authorization binary by collation concurrently cross freeze glob ilike inner is isnull join left like
  natural notnull outer overlaps positional right semi similar tablesample unpack verbose all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current
  default deferrable desc describe distinct do else end except exclude exists false fetch for foreign from full group
  having if in initially intersect into lambda lateral leading limit not null offset on only or order pivot
  pivot_longer pivot_wider placing primary qualify references replace returning select set show some summarize
  symmetric table then to trailing true union unique unpivot using values variadic when where window with`.split(
    /\s+/,
  ),
);

/** A name as SQL writes it: quoted where it must be. */
export function formatName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && !quotedWords.has(name.toLowerCase()) ? name : quoteIdentifier(name);
}
