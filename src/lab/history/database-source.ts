import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Everview, EverviewError, formatName, type Row, type SqlValue } from '../../index.ts';
import { type Declared, type DeclaredTable, isNamed } from './declared.ts';
import { eventMsOf, type Moment, sortedByTime, type Timeline } from './timeline.ts';

/**
 * The change log of an Everview file: what each update did to the declared base tables, when it was committed. A copy
 * is read, so the file is not changed.
 * @throws EverviewError `file-error`, `database-locked`, `unknown-relation`, `unknown-column`
 */
export async function readDatabase(path: string, declared: Declared, signal: AbortSignal): Promise<Timeline> {
  const directory = await mkdtemp(join(tmpdir(), 'everview-lab-'));
  try {
    const copy = join(directory, basename(path));
    await copyDatabase(path, copy);
    await using engine = await Everview.open(copy, { scheduler: 'manual' });
    return await readChanges(engine, declared, path, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The file and its write-ahead log, both as they were at one moment. */
async function copyDatabase(path: string, copy: string): Promise<void> {
  const before = await stateOf(path);
  if (before === null) {
    throw new EverviewError('file-error', `there is no database file ${path}`, {
      hint: '`source.path` is the path of an Everview file',
    });
  }
  await copyFile(path, copy);
  if (before.log !== null) await copyFile(`${path}.wal`, `${copy}.wal`);
  const after = await stateOf(path);
  if (after?.file === before.file && after.log === before.log) return;
  throw new EverviewError('database-locked', `${path} changed while it was copied`, {
    hint: 'close whatever writes to it, or give a copy',
  });
}

async function stateOf(path: string): Promise<{ file: string; log: string | null } | null> {
  const told = async (one: string) => {
    const found = await stat(one).catch(() => null);
    return found?.isFile() === true ? `${found.size} ${found.mtimeMs}` : null;
  };
  const file = await told(path);
  return file === null ? null : { file, log: await told(`${path}.wal`) };
}

async function readChanges(
  engine: Everview,
  declared: Declared,
  path: string,
  signal: AbortSignal,
): Promise<Timeline> {
  await assertHeld(engine, declared, path);
  const committed = await commitMoments(engine);
  const initial: { table: DeclaredTable; rows: readonly Row[] }[] = [];
  const moments: Moment[] = [];
  for (const table of declared.tables) {
    signal.throwIfAborted();
    const { since, changes } = await engine.changes(table.name);
    const columns = table.columns.map(({ name }) => formatName(name)).join(', ');
    const { rows } = await engine.query(
      `SELECT ${columns} FROM ${formatName(table.name)} AT (VERSION => ${since})`,
    );
    initial.push({ table, rows: rows.map((row) => declaredColumns(row, table)) });
    for (const { version, weight, row: kept } of changes) {
      const atMs = committed.get(version);
      if (version <= since || atMs === undefined) continue;
      const row = declaredColumns(kept, table);
      moments.push({ atMs, table, weight, row, eventMs: eventMsOf(row, table) });
    }
  }
  return { initial, moments: sortedByTime(moments) };
}

/** @throws EverviewError `unknown-relation`, `unknown-column` */
async function assertHeld(engine: Everview, declared: Declared, path: string): Promise<void> {
  const { rows } = await engine.query<{ readonly name: string; readonly columns: readonly string[] }>(
    'SELECT name, columns FROM everview.tables',
  );
  for (const table of declared.tables) {
    const held = rows.find(isNamed(table.name));
    if (held === undefined) {
      throw new EverviewError(
        'unknown-relation',
        `"${table.name}" of the declarations is no table of ${path}`,
        {
          hint: `its tables are ${rows.map(({ name }) => `"${name}"`).join(', ')}`,
        },
      );
    }
    const lacking = table.columns.find(
      ({ name }) => !held.columns.some((one) => isNamed(name)({ name: one })),
    );
    if (lacking === undefined) continue;
    throw new EverviewError(
      'unknown-column',
      `table "${table.name}" of ${path} has no column "${lacking.name}"`,
      {
        hint: `it has ${held.columns.join(', ')}`,
      },
    );
  }
}

async function commitMoments(engine: Everview): Promise<ReadonlyMap<number, number>> {
  const { rows } = await engine.query<{ readonly version: bigint; readonly committed_at: Date }>(
    'SELECT version, committed_at FROM everview.updates WHERE version IS NOT NULL',
  );
  return new Map(rows.map(({ version, committed_at: at }) => [Number(version), at.getTime()]));
}

/** The file may have more columns than the experiment declares, and write their names otherwise. */
function declaredColumns(row: Row, table: DeclaredTable): Row {
  const byName = new Map(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    table.columns.map(({ name }): [string, SqlValue] => [name, byName.get(name.toLowerCase()) ?? null]),
  );
}
