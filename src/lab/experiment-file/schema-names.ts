import { z } from 'zod';
import { experimentSchema } from '../experiment.ts';

/** The part of a JSON Schema that says which names an object may have. */
type NamesSchema = {
  readonly properties?: Readonly<Record<string, NamesSchema>> | undefined;
  readonly items?: NamesSchema | undefined;
  readonly anyOf?: readonly NamesSchema[] | undefined;
  readonly oneOf?: readonly NamesSchema[] | undefined;
  readonly const?: unknown;
};

const namesSchema: z.ZodType<NamesSchema> = z.lazy(() =>
  z.object({
    properties: z.record(z.string(), namesSchema).optional(),
    items: namesSchema.optional(),
    anyOf: z.array(namesSchema).optional(),
    oneOf: z.array(namesSchema).optional(),
    const: z.unknown().optional(),
  }),
);

/** Names that the object at a place of an experiment may have; of a union, of the kinds it could be. */
export function namesAt(experiment: unknown, path: readonly PropertyKey[]): readonly string[] {
  const whole = z.toJSONSchema(experimentSchema, { io: 'input', unrepresentable: 'any' });
  let schemas: readonly NamesSchema[] = [namesSchema.parse(whole)];
  let value = experiment;
  for (const key of path) {
    schemas = choices(schemas, value).flatMap(({ properties, items }) =>
      typeof key === 'number' ? (items ?? []) : (properties?.[String(key)] ?? []),
    );
    value = memberOf(value, key);
  }
  return [...new Set(choices(schemas, value).flatMap(({ properties = {} }) => Object.keys(properties)))];
}

function choices(schemas: readonly NamesSchema[], value: unknown): readonly NamesSchema[] {
  const flat = schemas.flatMap(leaves);
  const kind = memberOf(value, 'kind');
  const ofKind = flat.filter(({ properties }) => kind !== undefined && properties?.kind?.const === kind);
  if (ofKind.length > 0) return ofKind;
  const withoutKind = flat.filter(({ properties }) => properties?.kind === undefined);
  return kind === undefined && withoutKind.length > 0 ? withoutKind : flat;
}

function leaves(schema: NamesSchema): readonly NamesSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return inner.length === 0 ? [schema] : inner.flatMap(leaves);
}

/** What a value holds under a name, whatever the value is. */
export function memberOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
