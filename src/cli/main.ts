#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import pico from 'picocolors';
import { allocatorSetting } from './allocator-setting.ts';
import { runProgram } from './program.ts';
import { createProgress } from './progress.ts';
import { openReadlinePrompt } from './readline-prompt.ts';
import {
  type ExitStatus,
  exitStatus,
  Interruption,
  type Output,
  OutputLost,
  type Terminal,
} from './terminal.ts';

const signals = {
  SIGINT: exitStatus.interrupted,
  SIGTERM: exitStatus.terminated,
  SIGHUP: exitStatus.hungUp,
} as const;

/** Closing waits for the statement that runs; what is not committed by then is undone when the file is next opened. */
const closingGraceMs = 2_000;

// Before a command loads DuckDB.
process.env[allocatorSetting.name] ??= allocatorSetting.value;

process.exit(await main());

async function main(): Promise<ExitStatus> {
  const interruption = new AbortController();
  for (const [signal, status] of Object.entries(signals)) {
    process.on(signal, () => {
      // A second one does not wait for the engine to close.
      if (interruption.signal.aborted) process.exit(status);
      interrupt(interruption, status);
    });
  }
  const terminal = createTerminal(interruption);
  try {
    return await runProgram(process.argv.slice(2), packageVersion(), terminal);
  } catch (error) {
    return await endOf(error, terminal);
  } finally {
    terminal.progress.stop();
  }
}

function interrupt(interruption: AbortController, status: ExitStatus): void {
  setTimeout(() => process.exit(status), closingGraceMs).unref();
  interruption.abort(new Interruption(status));
}

async function endOf(error: unknown, terminal: Terminal): Promise<ExitStatus> {
  if (error instanceof Interruption) return error.exitStatus;
  if (error instanceof OutputLost && error.brokenPipe) return exitStatus.brokenPipe;
  const { failureOf } = await import('./failure.ts');
  const { renderFailure } = await import('./failure-report.ts');
  const text = renderFailure(failureOf(error), null, terminal.stderr.colors);
  return terminal.stderr.write(text).then(
    () => exitStatus.failed,
    () => exitStatus.failed,
  );
}

function createTerminal(interruption: AbortController): Terminal {
  return {
    stdin: {
      isTerminal: process.stdin.isTTY === true,
      chunks: () => process.stdin,
    },
    stdout: createOutput(process.stdout, 'standard output'),
    stderr: createOutput(process.stderr, 'standard error'),
    progress: createProgress(process.stderr.isTTY ? process.stderr : null),
    interrupted: interruption.signal,
    openPrompt: () =>
      openReadlinePrompt({
        input: process.stdin,
        output: process.stdout,
        historyPath: join(homedir(), '.everview_history'),
        interrupt: () => interrupt(interruption, exitStatus.interrupted),
      }),
  };
}

function createOutput(stream: NodeJS.WriteStream, name: string): Output {
  const isTerminal = stream.isTTY === true;
  const colored = isTerminal && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  // The write's own callback tells; without a listener Node would end the process.
  stream.on('error', () => {});
  return {
    isTerminal,
    colors: pico.createColors(colored),
    get widthColumns() {
      return isTerminal ? stream.columns : null;
    },
    write: (data) =>
      new Promise((resolve, reject) => {
        stream.write(data, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(lostOutput(error, name));
        });
      }),
  };
}

function lostOutput(error: NodeJS.ErrnoException, name: string): OutputLost {
  return new OutputLost(`${name} cannot be written: ${error.message}`, error.code === 'EPIPE');
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null;
  return typeof version === 'string' ? version : 'unknown';
}
