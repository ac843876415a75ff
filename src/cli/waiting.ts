import type { Output } from './terminal.ts';

/** Tells a person that a statement is still being worked on. */
export interface Waiting {
  during<T>(work: Promise<T>): Promise<T>;
}

const firstSignMs = 1_000;
const signEveryMs = 500;

/** Seconds that count up on one line of a terminal and leave nothing behind; nothing where there is no terminal. */
export function createWaiting(stderr: Output): Waiting {
  if (!stderr.isTerminal) return { during: (work) => work };
  return {
    async during(work) {
      const startedMs = performance.now();
      const seconds = () => ((performance.now() - startedMs) / 1_000).toFixed(0);
      let shown = false;
      let last: Promise<unknown> = Promise.resolve();
      const timer = setInterval(() => {
        if (performance.now() - startedMs < firstSignMs) return;
        shown = true;
        last = stderr.write(`\r${stderr.colors.dim(`… ${seconds()} s`)}`).catch(() => undefined);
      }, signEveryMs);
      try {
        return await work;
      } finally {
        clearInterval(timer);
        await last;
        // Back to the start of the line, and what is on it erased (ECMA-48 EL).
        if (shown) await stderr.write('\r\u001b[K').catch(() => undefined);
      }
    },
  };
}
