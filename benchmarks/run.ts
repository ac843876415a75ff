import { writeFileSync } from 'node:fs';
import { benchmarks } from './all-benchmarks.ts';
import { machineLines } from './machine.ts';
import { report, type SectionText } from './report.ts';
import { runApart } from './run-apart.ts';

/**
 * npm run bench -- [name …] [--quick]
 *
 * Prints the machine and a table per benchmark; a full run of all of them writes RESULTS.md.
 */
const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const names = given.filter((argument) => argument !== '--quick');
const unknown = names.filter((name) => !benchmarks.has(name));

if (unknown.length > 0) {
  console.error(`no benchmark "${unknown[0]}"; there are ${[...benchmarks.keys()].join(', ')}`);
  process.exitCode = 1;
} else {
  await runAll([...benchmarks.keys()].filter((name) => names.length === 0 || names.includes(name)));
}

async function runAll(chosen: readonly string[]): Promise<void> {
  const machine = machineLines(['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' '));
  console.log(machine.join('\n'));
  const sections: SectionText[] = [];
  for (const name of chosen) {
    for (const section of await runApart(name, isQuick)) {
      sections.push(section);
      console.log(`\n${section.lines.join('\n')}`);
    }
  }
  const results = report(machine, sections);
  if (!isQuick && chosen.length === benchmarks.size) {
    writeFileSync(new URL('RESULTS.md', import.meta.url), results);
  }
}
