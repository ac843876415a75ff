import { lstatSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { lockedFailure } from './duckdb-failure.ts';
import type { ProcessMark, RunningProcesses } from './running-processes.ts';

/** What keeps a database file to one engine. */
export type DatabaseLock = {
  /** Once DuckDB has its own lock: whoever took this one away at the same time has lost. */
  confirm(): void;
  release(): void;
};

/**
 * DuckDB's lock of the file keeps out other processes alone, and the system drops it as soon as this one closes any
 * descriptor of the file, as a copy does. So a file beside the database says which process has it. It is taken over when
 * that process is gone. Where none can be written (or what has its name is no lock) DuckDB's lock is all there is.
 *
 * Nothing here is awaited, so that two openings in one process come one after the other.
 *
 * @throws EverviewError `database-locked`
 */
export function lockDatabase(path: string, processes: RunningProcesses): DatabaseLock {
  const file = fileOf(path);
  if (file === null) return noLock;
  const lock = `${file}.lock`;
  const mine = `${JSON.stringify(processes.self)}\n`;
  for (let attempt = 0; attempt < 3; attempt++) {
    const made = tryCreate(lock, mine);
    if (made === 'made') return heldLock(lock, mine);
    const found = made === 'taken' ? readLock(lock) : 'unknown';
    if (found === 'unknown') return noLock;
    if (found !== 'stale' && processes.isRunning(found)) {
      throw lockedFailure(path, { lock, pid: found.pid, isOwn: found.pid === processes.self.pid });
    }
    tryRemove(lock);
  }
  // others take it over at this moment; DuckDB says which of them has the file
  return noLock;
}

const noLock: DatabaseLock = { confirm() {}, release() {} };

function heldLock(lock: string, mine: string): DatabaseLock {
  return {
    confirm() {
      if (textOf(lock) !== mine) tryWrite(lock, mine, 'w');
    },
    release() {
      // a directory may be gone before its database is closed
      if (textOf(lock) === mine) tryRemove(lock);
    },
  };
}

function tryCreate(lock: string, text: string): 'made' | 'taken' | 'impossible' {
  const failure = tryWrite(lock, text, 'wx');
  if (failure === null) return 'made';
  if (failure === 'EEXIST') return 'taken';
  // a full disk takes the name and not the text
  if (failure === 'ENOSPC' && textOf(lock) === '') tryRemove(lock);
  return 'impossible';
}

/** @returns the code of what failed; null: nothing did */
function tryWrite(lock: string, text: string, flag: 'w' | 'wx'): string | null {
  try {
    writeFileSync(lock, text, { flag });
    return null;
  } catch (failure) {
    return codeOf(failure);
  }
}

function tryRemove(lock: string): void {
  try {
    rmSync(lock, { force: true });
  } catch {
    // whoever opens the database next finds it stale
  }
}

const markSchema = z.strictObject({ pid: z.number().int().positive(), started: z.string().nullable() });

/** `unknown`: something else has the name, and is left alone. `stale`: who made it was killed before it was written. */
function readLock(lock: string): ProcessMark | 'stale' | 'unknown' {
  const text = textOf(lock);
  if (text === '') return 'stale';
  try {
    return text === null ? 'unknown' : markSchema.parse(JSON.parse(text));
  } catch {
    return 'unknown';
  }
}

/** Empty where there is no file; null where it cannot be read. */
function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (failure) {
    return codeOf(failure) === 'ENOENT' ? '' : null;
  }
}

/** The one name of the file that DuckDB would open by this one; null where it is none, or nobody can say. */
function fileOf(path: string): string | null {
  const plain = path
    .replace(/^duckdb:/, '')
    .replace(/^file:\/\/(?:localhost)?(?=\/)/, '')
    .replace(/^~(?=\/|$)/, () => homedir());
  return plain === ':memory:' ? null : resolvedFile(plain, 0);
}

const mostLinks = 40;

/** The file need not be there yet, nor that which a link names. */
function resolvedFile(path: string, links: number): string | null {
  try {
    return realpathSync.native(path);
  } catch (failure) {
    if (codeOf(failure) !== 'ENOENT' || links > mostLinks) return null;
  }
  try {
    const folder = realpathSync.native(dirname(path));
    const name = join(folder, basename(path));
    const isLink = lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    return isLink ? resolvedFile(linkedPath(folder, readlinkSync(name)), links + 1) : name;
  } catch {
    return null;
  }
}

/** Not joined: `link/..` is the folder around what the link names, which a text does not tell. */
function linkedPath(folder: string, target: string): string {
  return isAbsolute(target) ? target : `${folder}/${target}`;
}

function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure ? String(failure.code) : '';
}
