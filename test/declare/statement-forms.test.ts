import { expect, it } from 'vitest';
import { type StatementForm, statementForms } from '../../src/declare/statement-forms.ts';
import { parseStatement } from '../../src/declare/statement-parser.ts';

const examples = Object.entries<readonly StatementForm[]>(statementForms).flatMap(([kind, forms]) =>
  forms.map(({ example }) => [example, kind] as const),
);

it.each(examples)('%s', (example, kind) => {
  expect(parseStatement(example).kind).toBe(kind);
});
