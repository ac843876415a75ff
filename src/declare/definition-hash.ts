import { createHash } from 'node:crypto';
import type { Definition, ModelDefinition } from './definition.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How this release keeps contents; another form means that what an older one kept is built again. */
const contentsForm = 3;
/** The same of the states and parameters of models. */
const modelForm = 2;

/**
 * What of a definition decides the contents it is to have, and thereby whether kept state is still good. Policies,
 * gates and constraints say when and whether, not what. The tolerance does: state may be as far off as it allowed.
 */
function contentsOf(definition: Definition): Json {
  const { kind, name } = definition;
  switch (definition.kind) {
    case 'table':
      return { kind, name, columns: definition.columns.map((column) => [column.name, column.type]) };
    case 'view': {
      const { query, materialized, tolerance, predictionTolerance } = definition;
      // Left out where it says nothing, so that what older releases kept stays good.
      const within = predictionTolerance === 0 ? {} : { predictionTolerance };
      return { form: contentsForm, kind, name, query, materialized, tolerance, ...within };
    }
    case 'training-set': {
      const { query, label, eventTime, labelDelayMs, windowMs, holdoutMs, tolerance } = definition;
      const window = { labelDelayMs, windowMs, holdoutMs };
      return { form: contentsForm, kind, name, query, label, eventTime, ...window, tolerance };
    }
    case 'model': {
      const { trainingSet, features, method, options } = definition;
      return { form: modelForm, kind, name, trainingSet, features, method, options };
    }
  }
}

/** JSON with the keys of every object in order, so that equal values have equal texts. */
function canonicalJson(json: Json): string {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  if (isList(json)) return `[${json.map(canonicalJson).join(',')}]`;
  const keys = Object.keys(json).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(json[key] ?? null)}`).join(',')}}`;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

/**
 * SHA-256, in hexadecimal, of what decides an object's contents.
 * @param inputHashes of the objects it reads, in any order.
 */
export function hashDefinition(definition: Definition, inputHashes: readonly string[]): string {
  return sha256(canonicalJson({ contents: contentsOf(definition), inputs: inputHashes.toSorted() }));
}

/** SHA-256, in hexadecimal, of what a model's candidates are judged by: not in the hash above, for weights stay good. */
export function hashGate({ gate, slices, windows }: ModelDefinition): string {
  return sha256(canonicalJson({ gate, slices, windows }));
}

/** Whether they say the same, in whatever order their fields stand: a file gives them back in one of its own. */
export function sameDefinition(a: Definition, b: Definition): boolean {
  const [one, other] = [a, b].map((each) => canonicalJson(JSON.parse(JSON.stringify(each)) as Json));
  return one === other;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
