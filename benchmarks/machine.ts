import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { allocatorSetting } from '../src/cli/allocator-setting.ts';

/** What the numbers were measured on, in lines for people. */
export function machineLines(command: string): string[] {
  const [cpu] = cpus();
  const { name, value } = allocatorSetting;
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return [
    `${cpu?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${memoryGb} GB, ${platform()} ${arch()}`,
    `Node ${process.versions.node}, @duckdb/node-api ${versionOf('@duckdb/node-api')}, onnxruntime-node ${versionOf('onnxruntime-node')}`,
    `${name}=${process.env[name] ?? value}`,
    `commit ${commit()}, load average ${loadavg()[0]?.toFixed(1)} at the start`,
    `\`${command}\``,
  ];
}

function versionOf(dependency: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('dependencies' in manifest)) return 'unknown';
  const { dependencies } = manifest;
  if (typeof dependencies !== 'object' || dependencies === null) return 'unknown';
  return String(new Map(Object.entries(dependencies)).get(dependency));
}

/** Of a checkout; a copy of the files has none. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: new URL('.', import.meta.url),
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}
