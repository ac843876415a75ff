import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../src/lab/experiment-file/parse-experiment.ts';
import { readExperiment } from '../../src/lab/experiment-file/read-experiment.ts';
import { failureOf } from '../support/failure-of.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-experiments-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const declarations = `CREATE TABLE sales (
  id INTEGER PRIMARY KEY,
  "at" TIMESTAMP NOT NULL,
  units INTEGER
)`;

const settings = `name: demand
model: demand
source:
  kind: files
  tables:
    - table: sales
      select: SELECT * FROM read_csv('{data}/sales.csv')
arrival: { kind: interval, every: 1 day }
policies:
  - kind: never
  - schedule: { kind: interval, every: 6 hours }
    name: often
`;

const day = 86_400_000;

describe('an experiment is the same', () => {
  const expected = parseExperiment({
    name: 'demand',
    model: 'demand',
    declarations,
    source: {
      kind: 'files',
      tables: [{ table: 'sales', select: "SELECT * FROM read_csv('{data}/sales.csv')" }],
    },
    arrival: { kind: 'interval', every: day },
    policies: [{ kind: 'never' }, { name: 'often', schedule: { kind: 'interval', every: day / 4 } }],
  });

  it('as YAML', async () => {
    const text = `${settings}declarations: |-\n${declarations.replace(/^/gm, '  ')}`;
    expect(await readExperiment(await fileOf('inline.yaml', text))).toEqual(expected);
  });

  it('as YAML that names a file of declarations beside it', async () => {
    await fileOf('demand-tables.sql', declarations);
    const path = await fileOf('named.yml', `${settings}declarations: { file: demand-tables.sql }\n`);
    expect(await readExperiment(path)).toEqual(expected);
  });

  it('as SQL, with the settings in a comment', async () => {
    const path = await fileOf('demand.sql', `/* everview lab\n${settings}*/\n${declarations}`);
    const { declarations: text, ...rest } = await readExperiment(path);
    const { declarations: wanted, ...others } = expected;
    expect(rest).toEqual(others);
    expect(text.trim()).toBe(wanted);
    expect(text.split('\n').findIndex((line) => line.includes('CREATE'))).toBe(
      settings.split('\n').length + 1,
    );
  });

  it('as TypeScript, with declarations of the builder', async () => {
    const builder = JSON.stringify(join(import.meta.dirname, '..', '..', 'src', 'index.ts'));
    const path = await fileOf(
      'demand.ts',
      `import { primaryKey, t, table } from ${builder};
       const sales: unknown = table('sales', {
         id: t.integer().notNull(), at: t.timestamp().notNull(), units: t.integer(),
       }, { constraints: [primaryKey(['id'])] });
       export default async () => ({
         name: 'demand', model: 'demand', declarations: [sales],
         source: { kind: 'files', tables: [{ table: 'sales', select: "SELECT * FROM read_csv('{data}/sales.csv')" }] },
         arrival: { kind: 'interval', every: '1 day' },
         policies: [{ kind: 'never' }, { name: 'often', schedule: { kind: 'interval', every: '6 hours' } }],
       });`,
    );
    expect(await readExperiment(path)).toEqual(expected);
  });
});

describe('what is wrong is told with its place', () => {
  const problem = async (text: string) =>
    failureOf(readExperiment(await fileOf('wrong.yaml', `${text}declarations: CREATE\n`)));

  it.each([
    [
      '  - kind: never',
      '  - kind: nevr',
      'line 10: policies[0].kind: must be one of never',
      'did you mean "never"?',
    ],
    ['every: 1 day', 'evry: 1 day', 'line 8: arrival.every: is missing', 'did you mean "every"?'],
    ['every: 6 hours', 'every: often', 'policies[1].schedule.every: is a length of time such as', undefined],
    [
      '    name: often',
      '    nmae: often',
      'line 12: policies[1].nmae: there is nothing',
      'did you mean "name"?',
    ],
    [
      'model: demand',
      'modle: demand',
      'line 2: modle: there is nothing of this name',
      'did you mean "model"?',
    ],
    ['name: demand', 'name: 3', 'line 1: name: must be a text, not a number', undefined],
    [
      '  kind: files',
      '  kind: file',
      'line 4: source.kind: must be one of files, database',
      'did you mean "files"?',
    ],
    ['name: demand', 'seeds: [1.5]\nname: demand', 'seeds[0]: must be a whole number, not 1.5', undefined],
    ['name: demand', 'seeds: [-1]\nname: demand', 'seeds[0]: must be 0 or above', undefined],
    ['name: demand', 'seeds: [2, 2]\nname: demand', 'seeds: must be different from each other', undefined],
    ['name: demand', 'warmUp: -3\nname: demand', 'warmUp: must be above 0', undefined],
    [
      'name: demand',
      'warmUp: 1.5\nname: demand',
      'warmUp: is a share below 1, or a length of time such as "60 days"',
      undefined,
    ],
    ['every: 6 hours', 'every: 0 hours', 'policies[1].schedule.every: must be above 0', undefined],
    ['  - kind: never', '  - never', 'policies[0]: must be a set of names and values, not a text', undefined],
  ])('%s → %s', async (right, wrong, message, hint) => {
    expect(settings).toContain(right);
    const failure = await problem(settings.replace(right, wrong));
    expect(failure.code).toBe('invalid-experiment');
    expect(failure.message).toContain(message);
    expect(failure.hint).toBe(hint);
    expect(failure.place).toMatch(/^\d+:\d+\+\d+$/);
  });

  it('at the line in the file where the settings are a comment', async () => {
    const text = `\n/* everview lab\n${settings.replace('kind: never', 'kind: nevr')}*/\nCREATE`;
    const failure = await failureOf(readExperiment(await fileOf('wrong.sql', text)));
    expect(failure.message).toContain('line 12: policies[0].kind');
  });

  it.each([
    ['not-there.yaml', null, 'file-error', 'there is no such file'],
    ['not-there.ts', null, 'file-error', 'there is no such file'],
    ['other.csv', 'a,b', 'file-error', 'of no kind that can be read'],
    ['torn.yaml', 'name: [', 'invalid-experiment', 'is not YAML'],
    ['bare.sql', 'CREATE TABLE a (b INTEGER);', 'invalid-experiment', 'does not begin with'],
    ['empty.js', 'export const a = 1;', 'invalid-experiment', 'has no default export'],
    ['throws.mjs', "throw new Error('oh no');", 'invalid-experiment', 'oh no'],
    ['list.yaml', '- a', 'invalid-experiment', 'must be a set of names and values, not a list'],
    ['nothing.yaml', '', 'invalid-experiment', 'must be a set of names and values, not null'],
    ['lost.yaml', `${settings}declarations: { file: lost.sql }`, 'file-error', 'lost.sql'],
    ['odd.js', 'export default { declarations: [3] };', 'invalid-experiment', 'declarations[0]'],
  ])('%s', async (name, text, code, message) => {
    const path = text === null ? join(folder, name) : await fileOf(name, text);
    const failure = await failureOf(readExperiment(path));
    expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(message)]);
  });
});
