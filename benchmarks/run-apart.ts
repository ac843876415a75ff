import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { benchmarks } from './all-benchmarks.ts';
import { type SectionText, textOf, toldSection } from './report.ts';

const file = fileURLToPath(import.meta.url);

/**
 * Runs a benchmark in a process of its own: what those before it left in memory would be swept again and again while it
 * is measured.
 */
export async function runApart(name: string, isQuick: boolean): Promise<readonly SectionText[]> {
  const child = fork(file, [name, ...(isQuick ? ['--quick'] : [])]);
  let told: unknown = null;
  child.on('message', (message) => {
    told = message;
  });
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  if (status !== 0) throw new Error(`benchmark "${name}" ended with status ${status}`);
  return z.array(toldSection).parse(told);
}

async function tell(name: string | undefined, isQuick: boolean): Promise<void> {
  const benchmark = benchmarks.find((one) => one.name === name);
  if (benchmark === undefined) throw new Error(`no benchmark "${name}"`);
  const directory = mkdtempSync(join(tmpdir(), 'everview-benchmark-'));
  try {
    const sections = await benchmark.run({ directory, isQuick });
    process.send?.(sections.map(textOf));
  } finally {
    rmSync(directory, { recursive: true, force: true });
    process.disconnect();
  }
}

// Whoever imports the file is the parent; where it is what runs, it is the child.
if (process.argv[1] === file) await tell(process.argv[2], process.argv[3] === '--quick');
