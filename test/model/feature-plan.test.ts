import { describe, expect, it } from 'vitest';
import { EverviewError } from '../../src/core/errors.ts';
import type { FitOptions, ModelDefinition } from '../../src/declare/definition.ts';
import { planFeatures } from '../../src/model/feature-plan.ts';
import { ridgeModel, trainingSet } from '../support/training-table.ts';

const schema = [
  { name: 'At', type: 'TIMESTAMP' },
  { name: 'n', type: 'HUGEINT' },
  { name: 'd', type: 'DECIMAL(10,2)' },
  { name: 'f', type: 'FLOAT' },
  { name: 'b', type: 'BOOLEAN' },
  { name: 's', type: 'VARCHAR' },
  { name: 'e', type: "ENUM('x', 'y')" },
  { name: 'weekday', type: 'BIGINT' },
  { name: 'Y', type: 'INTEGER' },
];

function plan(
  options: Partial<FitOptions> = {},
  features?: ModelDefinition['features'],
  extra: { name: string; type: string }[] = [],
) {
  return planFeatures(ridgeModel(options, features), trainingSet({ eventTime: 'at' }), [...schema, ...extra]);
}

function column(name: string) {
  return { kind: 'column', column: name };
}

function failure(work: () => unknown): EverviewError {
  try {
    work();
  } catch (error) {
    if (error instanceof EverviewError) return error;
  }
  throw new EverviewError('internal', 'expected a refusal');
}

describe('the feature plan', () => {
  it('reads numbers, booleans and categories in the order of the columns, never the label or the event time', () => {
    expect(plan({ categorical: ['WEEKDAY'] })).toEqual({
      model: 'm',
      label: 'Y',
      furtherLabels: [],
      labelType: 'INTEGER',
      task: 'number',
      missing: 'impute',
      weighting: null,
      measured: [
        { name: 'n', source: column('n'), kind: 'numeric' },
        { name: 'd', source: column('d'), kind: 'numeric' },
        { name: 'f', source: column('f'), kind: 'numeric' },
        { name: 'b', source: column('b'), kind: 'boolean' },
      ],
      categorical: [
        { name: 's', source: column('s'), type: 'VARCHAR' },
        { name: 'e', source: column('e'), type: "ENUM('x', 'y')" },
        { name: 'weekday', source: column('weekday'), type: 'BIGINT' },
      ],
    });
  });

  it('follows the selection', () => {
    const measured = plan({}, { kind: 'columns', columns: ['D', 'b', 'd', 'y', 'at'] }).measured;
    expect(measured.map(({ name }) => name)).toEqual(['d', 'b']);
    const rest = plan({}, { kind: 'all', except: ['n', 'F'] });
    expect(rest.measured.map(({ name }) => name)).toEqual(['d', 'b', 'weekday']);
  });

  it.each([
    ['DATE', /hour\(z\)/],
    ['TIMESTAMP WITH TIME ZONE', /weekday\(z\)/],
    ['INTERVAL', /epoch\(z\)/],
    ['INTEGER[]', /columns of their own/],
    ['STRUCT("a" INTEGER)', /columns of their own/],
    ['UUID', /categorical/],
  ])('refuses a feature of type %s with a way out', (type, hint) => {
    const refused = failure(() => plan({}, undefined, [{ name: 'z', type }]));
    expect(refused.code).toBe('invalid-definition');
    expect(refused.hint).toMatch(hint);
  });

  it('takes any flat type as a category when listed', () => {
    const listed = plan({ categorical: ['z'] }, undefined, [{ name: 'z', type: 'DATE' }]);
    expect(listed.categorical.at(-1)).toEqual({ name: 'z', source: column('z'), type: 'DATE' });
    const refused = failure(() =>
      plan({ categorical: ['z'] }, undefined, [{ name: 'z', type: 'INTEGER[]' }]),
    );
    expect(refused.code).toBe('invalid-definition');
  });

  it('refuses what is not there, with the nearest name', () => {
    expect(failure(() => plan({ categorical: ['wekday'] }))).toMatchObject({
      code: 'unknown-column',
      hint: 'did you mean "weekday"?',
    });
    expect(failure(() => plan({}, { kind: 'columns', columns: ['nn'] })).code).toBe('unknown-column');
    expect(failure(() => plan({}, { kind: 'all', except: ['nn'] })).code).toBe('unknown-column');
    expect(failure(() => plan({ categorical: ['y'] })).code).toBe('invalid-option');
    expect(failure(() => plan({}, { kind: 'columns', columns: ['y'] })).code).toBe('invalid-definition');
  });

  it('refuses a label that is no number', () => {
    const refused = failure(() => planFeatures(ridgeModel(), trainingSet({ label: 's' }), schema));
    expect(refused).toMatchObject({ code: 'invalid-definition' });
  });
});
