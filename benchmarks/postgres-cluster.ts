import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EverviewError } from '../src/index.ts';
import { PsqlSession } from './psql-session.ts';

/** Where Debian puts its servers, one folder a version. */
const debianServers = '/usr/lib/postgresql';

/** The folder of `initdb`, `postgres` and `psql`, of the newest version there is; null where there is none. */
export function findPostgres(): string | null {
  const versions = existsSync(debianServers) ? readdirSync(debianServers).map(Number) : [];
  const installed = versions
    .toSorted((a, b) => b - a)
    .map((version) => join(debianServers, `${version}`, 'bin'));
  const onPath = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  return (
    [...installed, ...onPath].find((folder) => programs.every((name) => existsSync(join(folder, name)))) ??
    null
  );
}

const programs = ['initdb', 'postgres', 'psql'] as const;

/** A server of our own: in a temporary folder, reached by a Unix socket in it and in no other way. */
export class PostgresCluster {
  readonly #programs: string;
  readonly #directory: string;
  readonly #server: ChildProcess;
  readonly #owner: Owner;
  /** SIGINT is the server's "fast" shutdown: sessions are ended, nothing is left behind. */
  readonly #stop = () => this.#server.exitCode === null && this.#server.kill('SIGINT');

  private constructor(programsFolder: string, directory: string, server: ChildProcess, owner: Owner) {
    this.#programs = programsFolder;
    this.#directory = directory;
    this.#server = server;
    this.#owner = owner;
    process.once('exit', this.#stop);
  }

  /** @throws EverviewError `internal` where the server does not come up */
  static async open(programsFolder: string): Promise<PostgresCluster> {
    const owner = ownerOfServers();
    const directory = mkdtempSync(join(tmpdir(), 'everview-postgres-'));
    const data = join(directory, 'data');
    mkdirSync(data, { mode: 0o700 });
    if (owner !== null) for (const folder of [directory, data]) chownSync(folder, owner.uid, owner.gid);
    const as = { ...owner, cwd: directory };
    execFileSync(
      join(programsFolder, 'initdb'),
      ['-D', data, '-A', 'trust', '-U', userName, '-E', 'UTF8', '--locale=C'],
      { ...as, stdio: 'ignore' },
    );
    const given = Object.entries({ ...settings, unix_socket_directories: directory });
    const server = spawn(
      join(programsFolder, 'postgres'),
      ['-D', data, ...given.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...as, stdio: 'ignore' },
    );
    const cluster = new PostgresCluster(programsFolder, directory, server, owner);
    await cluster.#ready();
    return cluster;
  }

  connect(): PsqlSession {
    return new PsqlSession(
      spawn(join(this.#programs, 'psql'), psqlArguments(this.#directory), {
        ...this.#owner,
        cwd: this.#directory,
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
  }

  async close(): Promise<void> {
    process.off('exit', this.#stop);
    if (this.#stop()) await once(this.#server, 'exit');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (let tries = 0; tries < 100 && this.#server.exitCode === null; tries++) {
      if (existsSync(join(this.#directory, '.s.PGSQL.5432')) && this.#answers()) return;
      await wait(100);
    }
    await this.close();
    throw new EverviewError('internal', `the PostgreSQL server of ${this.#programs} does not come up`);
  }

  #answers(): boolean {
    try {
      execFileSync(join(this.#programs, 'psql'), [...psqlArguments(this.#directory), '-c', 'SELECT 1'], {
        ...this.#owner,
        cwd: this.#directory,
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false;
    }
  }
}

const userName = 'everview';

/** Durable, as the other contenders are; memory for the tables, and no checkpoint while the clock runs. */
const settings = {
  listen_addresses: '',
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
} as const;

function psqlArguments(directory: string): string[] {
  // Quiet, without the user's settings, rows alone, and it stops at the first error.
  return ['-h', directory, '-U', userName, '-d', 'postgres', '-q', '-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];
}

type Owner = { readonly uid: number; readonly gid: number } | null;

/** PostgreSQL refuses to run as root; its package made a user for it. */
function ownerOfServers(): Owner {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: '-u' | '-g') => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
