import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);

/** What of the types the compiler has to say, as a program of somebody who installed the package is compiled. */
async function compile(project: string, ...options: string[]): Promise<string> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [tsc, '-p', project, ...options]).then(
    () => '',
    (failure: { readonly stdout: string }) => failure.stdout,
  );
}

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'everview-types-'));
  const packaged = join(place, 'node_modules/everview');
  await mkdir(packaged, { recursive: true });
  await copyFile(join(root, 'package.json'), join(packaged, 'package.json'));
  for (const name of await readdir(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== 'everview')
      await symlink(join(root, 'node_modules', name), join(place, 'node_modules', name));
  const told = await compile(
    join(root, 'tsconfig.build.json'),
    '--emitDeclarationOnly',
    '--outDir',
    join(packaged, 'dist'),
  );
  expect(told).toBe('');
}, 240_000);

afterAll(() => rm(place, { recursive: true, force: true }));

it('a module that exports declarations, and helpers around the calls, compiles with declaration: true', async () => {
  const compilerOptions = {
    target: 'ES2023',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    types: ['node'],
    declaration: true,
    emitDeclarationOnly: true,
    outDir: 'out',
  };
  await writeFile(join(place, 'package.json'), '{ "type": "module" }');
  await writeFile(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
  await writeFile(join(place, 'app.ts'), program);
  expect(await compile(place)).toBe('');
  const declared = await readFile(join(place, 'out/app.d.ts'), 'utf8');
  expect(declared).not.toMatch(/everview\/|\bany\b/);
}, 240_000);

const program = `
import {
  check, foreignKey, materializedView, model, primaryKey, select, t, table, trainingSet, unique, view,
  type CompareOptions, type DatabaseOf, type Everview, type HeldUpdate, type InputRow, type InsertOf,
  type MarkedUpdate, type MaterializedViewOptions, type ModelOptions, type PerformanceOptions, type PolicyOptions,
  type QueryInput, type RowOf, type TableOptions, type TrainingSetOptions, type WeightsOptions,
} from 'everview';

export const amount = t.decimal(10, 2).notNull();
export const many = t.list(t.varchar());
export const columns = { k: t.varchar().primaryKey(), at: t.timestamp().default('now()'), amount, many };
export const rules = [check('amount > 0'), unique(['k']), primaryKey(['k']), foreignKey(['k'], 'other')];
export const sales = table('sales', columns, { eventTime: 'at' });
export const query = select<{ k: string; amount: number }>('SELECT k, amount FROM sales');
export const plain = view('plain', query);
export const kept = materializedView('kept', { maxStaleness: '1 hour' }, query);
export const examples = trainingSet('examples', { label: 'amount' }, query);
export const line = model('line', { method: 'ridge' }, examples);
export const all = [sales, plain, kept, examples, line] as const;
export type Database = DatabaseOf<typeof all>;
export type Sale = RowOf<typeof sales>;
export type NewSale = InsertOf<typeof sales>;

export const eventTable = <const N extends string>(name: N, options: TableOptions<'k'>) =>
  table(name, { k: t.varchar() }, options);
export const keptFor = (options: MaterializedViewOptions & PolicyOptions, from: QueryInput) =>
  materializedView('kept', options, from);
export const learnt = (set: TrainingSetOptions<'amount'>, options: ModelOptions) =>
  [trainingSet('s', set, query), model('m', options, 's')] as const;
export const put = (db: Everview, rows: InputRow[]) => db.insert('sales', rows);
export const weights = (db: Everview, options: WeightsOptions) => db.weights('line', options);
export const compared = (db: Everview, options: CompareOptions) => db.compare('line', 1, 2, options);
export const lived = (db: Everview, options: PerformanceOptions) => db.performance('line', options);
export type Waiting = HeldUpdate | MarkedUpdate;
export const asked = (db: Everview) => db.query('FROM sales');
`;
