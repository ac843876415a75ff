import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SimulatedClock } from '../../src/core/clock.ts';
import { Everview } from '../../src/index.ts';
import { bundleProgram } from './bundle-program.ts';
import { checkLedger, checkModel, ledgerDeclarations } from './crash-ledger.ts';
import { Random } from './random.ts';
import { temporaryDatabase } from './temporary-database.ts';

const root = join(import.meta.dirname, '..', '..');

export type CrashOptions = {
  readonly kills: number;
  readonly seed: number;
  /** Databases crashed side by side. */
  readonly lanes: number;
  readonly onProgress?: (kills: number) => void;
};

export type CrashResult = {
  readonly kills: number;
  readonly acknowledged: number;
  readonly problems: readonly string[];
};

/** Kills a writing process again and again at random moments, and looks at what it left each time. */
export async function runCrashes(options: CrashOptions): Promise<CrashResult> {
  await using bundle = await bundleProgram(join(import.meta.dirname, 'crash-child.ts'));
  let kills = 0;
  let started = 0;
  const lanes = Array.from({ length: options.lanes }, async (_, lane) => {
    const random = new Random(options.seed + lane);
    await using place = await temporaryDatabase();
    await declareLedger(place.path);
    const problems: string[] = [];
    let acknowledged = 0;
    let next = spawnChild(bundle.path);
    while (problems.length === 0 && started < options.kills) {
      started += 1;
      const child = next;
      const told = await crash(child, place.path, random);
      // The next one loads its modules while this crash is looked at.
      next = spawnChild(bundle.path);
      acknowledged = Math.max(acknowledged, told);
      const found = await inspect(place.path, acknowledged, random.chance(0.2));
      problems.push(...found.problems.map((problem) => `lane ${lane}, seed ${options.seed}: ${problem}`));
      acknowledged = found.updates;
      kills += 1;
      options.onProgress?.(kills);
    }
    next.kill('SIGKILL');
    return { acknowledged, problems };
  });
  const results = await Promise.all(lanes);
  return {
    kills,
    acknowledged: results.reduce((sum, result) => sum + result.acknowledged, 0),
    problems: results.flatMap((result) => result.problems),
  };
}

function openLedger(path: string): Promise<Everview> {
  return Everview.open(path, { clock: new SimulatedClock(Date.UTC(2001, 0, 1)) });
}

async function declareLedger(path: string): Promise<void> {
  await using db = await openLedger(path);
  await db.sql(ledgerDeclarations);
}

export function spawnChild(bundle: string): ChildProcess {
  return spawn(process.execPath, [bundle], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Lets the child write, kills it 1 to 400 ms after its first acknowledgement. @returns the last update it told of. */
async function crash(child: ChildProcess, path: string, random: Random): Promise<number> {
  const { stdout, stdin } = child;
  if (stdout === null || stdin === null) throw new RangeError('the child has no pipes');
  const gone = once(child, 'close');
  let last = 0;
  const first = new Promise<void>((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      last = Number(line.split(' ')[0]);
      resolve();
    });
    child.once('exit', (code) => reject(new RangeError(`the child ended by itself, status ${code}`)));
  });
  stdin.write(`${path} ${random.int(1, 1_000_000)}\n`);
  await first;
  await new Promise((resolve) => setTimeout(resolve, random.int(1, 400)));
  child.kill('SIGKILL');
  await gone;
  return last;
}

async function inspect(
  path: string,
  acknowledged: number,
  withModel: boolean,
): Promise<{ problems: string[]; updates: number }> {
  await using db = await openLedger(path);
  const problems = await checkLedger(db, acknowledged);
  if (withModel) problems.push(...(await checkModel(db)));
  return { problems, updates: db.version - 1 };
}
