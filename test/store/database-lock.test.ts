import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockDatabase } from '../../src/store/database-lock.ts';
import {
  type ProcessMark,
  type RunningProcesses,
  systemProcesses,
} from '../../src/store/running-processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'everview-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const fresh = () => {
  count += 1;
  const file = join(folder, `${count}.db`);
  return { file, lock: `${file}.lock` };
};

const process = (self: ProcessMark, running: readonly ProcessMark[] = [self]): RunningProcesses => ({
  self,
  isRunning: (mark) => running.some(({ pid, started }) => pid === mark.pid && started === mark.started),
});
const one = { pid: 7, started: 'a' };
const other = { pid: 8, started: 'b' };

describe('the lock of a database', () => {
  it('keeps others out until it is released', () => {
    const { file, lock } = fresh();
    const held = lockDatabase(file, process(one));
    expect(() => lockDatabase(file, process(one))).toThrow(`"${file}" is open already in this process`);
    expect(() => lockDatabase(file, process(other, [one, other]))).toThrow(
      `"${file}" is open in another process (7)`,
    );
    held.release();
    expect(existsSync(lock)).toBe(false);
    lockDatabase(file, process(other)).release();
  });

  it.each([
    ['of a process that is gone', JSON.stringify(one)],
    ['of another process of the same number', JSON.stringify({ pid: 8, started: 'before' })],
    ['that was never written', ''],
  ])('is taken over: one %s', (_what, text) => {
    const { file, lock } = fresh();
    writeFileSync(lock, text);
    const held = lockDatabase(file, process(other));
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(other);
    held.release();
  });

  it.each([
    ['a file of somebody else', (lock: string) => writeFileSync(lock, 'theirs')],
    ['a folder', (lock: string) => mkdirSync(lock)],
  ])('leaves %s of its name alone', (_what, make) => {
    const { file, lock } = fresh();
    make(lock);
    const held = lockDatabase(file, process(one));
    held.release();
    expect(existsSync(lock)).toBe(true);
  });

  it('needs no place: DuckDB says what is wrong with one', () => {
    lockDatabase(join(folder, 'nowhere', 'x.db'), process(one)).release();
    for (const path of [':memory:', 'duckdb::memory:']) {
      const lock = lockDatabase(path, process(one));
      expect(existsSync(':memory:.lock')).toBe(false);
      lock.release();
    }
  });

  it('is put back by whoever has the file, and released by nobody else', () => {
    const { file, lock } = fresh();
    const held = lockDatabase(file, process(one));
    writeFileSync(lock, `${JSON.stringify(other)}\n`);
    held.release();
    expect(existsSync(lock)).toBe(true);
    held.confirm();
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(one);
    held.release();
    expect(existsSync(lock)).toBe(false);
  });
});

describe('the processes of the system', () => {
  it('are told apart, and from those that were', async () => {
    const here = systemProcesses();
    expect(here.isRunning(here.self)).toBe(true);
    expect(here.isRunning({ ...here.self, started: 'another time' })).toBe(false);
    const child = spawn('sleep', ['60']);
    const mark = { pid: child.pid ?? 0, started: null };
    expect(here.isRunning(mark)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(here.isRunning(mark)).toBe(false);
  });
});
