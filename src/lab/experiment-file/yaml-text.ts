import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { EverviewError, type TextPlace } from '../../index.ts';
import type { ExperimentProblem } from './experiment-problems.ts';
import type { ExperimentText } from './parse-experiment.ts';

export type YamlExperiment = ExperimentText & { readonly value: unknown };

/**
 * @param text YAML, and nothing but white space before it where it is a part of a file: places are in the file.
 * @throws EverviewError `invalid-experiment` where it is not YAML.
 */
export function readYaml(text: string, name: string): YamlExperiment {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (from: number, to: number): TextPlace => {
    const { line, col } = lines.linePos(from);
    return { line, column: col, offset: from, length: Math.max(1, to - from) };
  };
  const [error] = document.errors;
  if (error !== undefined) {
    throw new EverviewError('invalid-experiment', `${name} is not YAML: ${error.message}`, {
      at: placeAt(...error.pos),
      cause: error,
    });
  }
  return {
    name,
    value: document.toJS(),
    placeOf(problem) {
      const range = rangeOf(document.contents, problem);
      return range === null ? null : placeAt(...range);
    },
  };
}

type Range = readonly [from: number, to: number];

/** Of the value at a path, or of its name; of what holds it where there is none. */
function rangeOf(contents: unknown, { path, isName }: ExperimentProblem): Range | null {
  let node = contents;
  let found: Range | null = null;
  for (const [i, key] of path.entries()) {
    if (!isMap(node) && !hasItems(node)) return found;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair === undefined) return found;
      const isLast = i === path.length - 1;
      found = firstRange(isLast && !isName ? [pair.value, pair.key] : [pair.key]) ?? found;
      node = pair.value;
    } else {
      node = typeof key === 'number' ? node.items[key] : undefined;
      found = firstRange([node]) ?? found;
    }
  }
  return found;
}

function hasItems(node: unknown): node is { readonly items: readonly unknown[] } {
  return typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items);
}

function firstRange(nodes: readonly unknown[]): Range | null {
  for (const node of nodes) {
    const of = isPair(node) ? node.key : node;
    if (isNode(of) && of.range) return [of.range[0], of.range[1]];
  }
  return null;
}
