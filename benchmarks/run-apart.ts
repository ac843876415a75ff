import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { allocatorSetting } from '../src/cli/allocator-setting.ts';
import { benchmarks } from './all-benchmarks.ts';
import { type SectionText, sectionText, textOf } from './report.ts';

const file = fileURLToPath(import.meta.url);

/**
 * Runs a benchmark in a process of its own: what those before it left in memory would be swept again and again while it
 * is measured. Its environment is the one the README advises.
 */
export async function runApart(name: string, isQuick: boolean): Promise<readonly SectionText[]> {
  const { name: variable, value } = allocatorSetting;
  const env = { [variable]: value, ...process.env };
  const child = fork(file, [name, ...(isQuick ? ['--quick'] : [])], { env });
  let told: unknown = null;
  child.on('message', (message) => {
    told = message;
  });
  const end = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(signal ?? status));
  });
  if (end !== 0 || told === null) throw new Error(`benchmark "${name}" ended with ${end}`);
  return z.array(sectionText).parse(told);
}

async function tell(name: string | undefined, isQuick: boolean): Promise<void> {
  const load = benchmarks.get(name ?? '');
  if (load === undefined) throw new Error(`no benchmark "${name}"`);
  // Whoever asked is gone.
  process.on('disconnect', () => process.exit(1));
  const directory = mkdtempSync(join(tmpdir(), 'everview-benchmark-'));
  try {
    const benchmark = await load();
    const sections = await benchmark.run({ directory, isQuick });
    await new Promise((sent) => process.send?.(sections.map(textOf), sent));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.removeAllListeners('disconnect');
  process.disconnect();
}

// Whoever imports the file is the parent; where it is what runs, it is the child.
if (process.argv[1] === file) await tell(process.argv[2], process.argv[3] === '--quick');
