import { expect, test } from 'vitest';
import { parseDuckdbType } from '../../src/query/duckdb-type.ts';

test('the structure of nested type names is read', () => {
  expect(parseDuckdbType(`STRUCT("a, b" DECIMAL(10,2), c MAP(VARCHAR, ENUM('x,)', 'y'))[])[3]`)).toEqual({
    kind: 'array',
    length: 3,
    element: {
      kind: 'struct',
      fields: [
        { name: 'a, b', type: { kind: 'decimal', precision: 10, scale: 2 } },
        {
          name: 'c',
          type: {
            kind: 'list',
            element: {
              kind: 'map',
              key: { kind: 'scalar', name: 'VARCHAR' },
              value: { kind: 'scalar', name: `ENUM('x,)', 'y')` },
            },
          },
        },
      ],
    },
  });
});

test('an unknown form is a scalar of its name', () => {
  expect(parseDuckdbType('TIMESTAMP WITH TIME ZONE')).toEqual({
    kind: 'scalar',
    name: 'TIMESTAMP WITH TIME ZONE',
  });
});
