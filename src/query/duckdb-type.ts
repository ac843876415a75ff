/** The structure in DuckDB's name of a type. `scalar` carries the name as it is (`INTEGER`, `VARCHAR`, …). */
export type DuckdbType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly element: DuckdbType }
  | { readonly kind: 'array'; readonly element: DuckdbType; readonly length: number }
  | {
      readonly kind: 'struct';
      readonly fields: readonly { readonly name: string; readonly type: DuckdbType }[];
    }
  | { readonly kind: 'map'; readonly key: DuckdbType; readonly value: DuckdbType };

/** Reads DuckDB's canonical name of a type; a form that is not known here is a scalar of that name. */
export function parseDuckdbType(name: string): DuckdbType {
  const text = name.trim();
  const list = /^(.*)\[(\d*)\]$/s.exec(text);
  if (list !== null) {
    const element = parseDuckdbType(list[1] ?? '');
    return list[2] === '' ? { kind: 'list', element } : { kind: 'array', element, length: Number(list[2]) };
  }
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(text);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  const nested = /^(STRUCT|MAP)\((.*)\)$/s.exec(text);
  const parts = splitAtCommas(nested?.[2] ?? '');
  if (nested?.[1] === 'STRUCT') return { kind: 'struct', fields: parts.map(parseField) };
  const [key, value] = parts;
  if (nested?.[1] === 'MAP' && key !== undefined && value !== undefined) {
    return { kind: 'map', key: parseDuckdbType(key), value: parseDuckdbType(value) };
  }
  return { kind: 'scalar', name: text };
}

/** `a INTEGER`, `"x y" VARCHAR[]`. */
function parseField(text: string): { name: string; type: DuckdbType } {
  const quoted = /^\s*"((?:[^"]|"")*)"\s+(.*)$/s.exec(text);
  if (quoted !== null) {
    return { name: (quoted[1] ?? '').replaceAll('""', '"'), type: parseDuckdbType(quoted[2] ?? '') };
  }
  const plain = /^\s*(\S+)\s+(.*)$/s.exec(text);
  return { name: plain?.[1] ?? text.trim(), type: parseDuckdbType(plain?.[2] ?? '') };
}

/** At the commas that stand in no bracket and no quotes. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const token of text.matchAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[(),]/g)) {
    if (token[0] === '(') depth++;
    else if (token[0] === ')') depth--;
    else if (token[0] === ',' && depth === 0) {
      parts.push(text.slice(from, token.index));
      from = token.index + 1;
    }
  }
  if (text.trim() !== '') parts.push(text.slice(from));
  return parts;
}
