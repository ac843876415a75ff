import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDefinitionJson } from '../../src/declare/definition-json.ts';
import { definitionArbitrary } from './definition-arbitrary.ts';

describe('readDefinitionJson', () => {
  it('reads what JSON keeps of a definition', () => {
    fc.assert(
      fc.property(definitionArbitrary, (definition) => {
        expect(readDefinitionJson(JSON.stringify(definition))).toEqual(definition);
      }),
    );
  });

  it.each(['', '{}', '{"kind":"table"}', '{"kind":"forest"}'])('refuses %j', (text) => {
    expect(() => readDefinitionJson(text)).toThrow(/definition that cannot be read/);
  });
});
