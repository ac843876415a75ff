import { readFileSync } from 'node:fs';
import { kill, pid } from 'node:process';

/** One process among all that ever ran here: numbers of processes are given again. */
export type ProcessMark = {
  readonly pid: number;
  /** When it began, as told by whoever can; null: nobody could. */
  readonly started: string | null;
};

/** Who runs on this machine. */
export interface RunningProcesses {
  readonly self: ProcessMark;
  /** False when it is certain that the process has ended. */
  isRunning(mark: ProcessMark): boolean;
}

/** The one place below the shells that asks the system about processes: a lock has to name who holds it. */
export function systemProcesses(): RunningProcesses {
  // threads of one process are told the same origin, and another process of that number another one
  const self = { pid, started: startOf(pid) ?? `origin ${performance.timeOrigin}` };
  return {
    self,
    isRunning(mark) {
      if (mark.pid === self.pid) return mark.started === self.started;
      const isOfLinux = mark.started?.startsWith(bootPrefix) === true;
      return isOfLinux ? startOf(mark.pid) === mark.started : answers(mark.pid);
    },
  };
}

const bootPrefix = 'boot ';

/**
 * On Linux, the boot and the tick of it at which a process began; null where there is none, or only what is left of one
 * until its parent asks (state Z), and on other systems.
 */
function startOf(process: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const told = readFileSync(`/proc/${process}/stat`, 'utf8');
    // the second field is the program's name in parentheses, which may hold anything
    const [state = '', ...fields] = told.slice(told.lastIndexOf(')') + 2).split(' ');
    const tick = fields[18];
    return tick === undefined || 'ZX'.includes(state) ? null : `${bootPrefix}${boot} tick ${tick}`;
  } catch {
    return null;
  }
}

function answers(process: number): boolean {
  try {
    return kill(process, 0);
  } catch (failure) {
    // it is there, and somebody else's
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
}
