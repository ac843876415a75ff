import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { model } from '../../src/declare/builder.ts';
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

  it('reads a model of a release that knew no slices and no windows', () => {
    const now = model(
      'm',
      { method: 'ridge', gate: ['rmse <= 40', 'rmse <= 1.02 * current'] },
      'examples',
    ).definition;
    const { slices: _, windows: __, ...older } = now;
    const gate = now.gate.map(({ kind: _kind, per: _per, ...condition }) => condition);
    expect(readDefinitionJson(JSON.stringify({ ...older, gate }))).toEqual(now);
  });

  it.each(['', '{}', '{"kind":"table"}', '{"kind":"forest"}'])('refuses %j', (text) => {
    expect(() => readDefinitionJson(text)).toThrow(/definition that cannot be read/);
  });
});
