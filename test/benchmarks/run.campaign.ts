import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** It takes half a minute where nothing else runs. */
const busyMachineMs = 400_000;

test(
  'every benchmark runs, and says machine, medians, spreads and ratios',
  () => {
    const printed = execFileSync(process.execPath, ['--import', 'tsx', 'benchmarks/run.ts', '--quick'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(printed).toMatch(/\d+ cores, \d+ GB/);
    expect(printed).toMatch(/Node \d+\.\d+.*duckdb.*onnxruntime/);
    expect(printed).toMatch(/The choice of a rung: \d+ cells/);
    expect(printed).toMatch(/beside an insert and a recompute/);
    // A figure for pg_ivm, or that there is none.
    expect(printed).toMatch(/\| PostgreSQL, view kept by pg_ivm \| 1 \||pg_ivm is \*\*not measured\*\*/);
    for (const row of [
      'scan and Gemm alone',
      'REFRESH m FULL',
      'training set and model, 1 % change',
      'Everview, view kept',
    ]) {
      expect(printed).toMatch(
        new RegExp(`\\| ${row} \\| 1 \\| [\\d.]+ \\| [\\d.]+ to [\\d.]+ \\| [\\d.]+ \\|`),
      );
    }
  },
  busyMachineMs,
);
