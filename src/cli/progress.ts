import { SingleBar } from 'cli-progress';

/** Tells a person how far long work has come. One bar at a time. */
export interface Progress {
  start(total: number, label: string): void;
  /** @param amount what was done since the last call. */
  tick(amount?: number): void;
  /** Takes the bar away. */
  stop(): void;
}

const noProgress: Progress = { start() {}, tick() {}, stop() {} };

/** @param stream a terminal, or null where there is none: then nothing is shown. */
export function createProgress(stream: NodeJS.WritableStream | null): Progress {
  if (stream === null) return noProgress;
  let bar: SingleBar | null = null;
  const stop = (): void => {
    bar?.stop();
    bar = null;
  };
  return {
    start(total, label) {
      stop();
      bar = new SingleBar({
        stream,
        format: '{label} {bar} {value}/{total} · {duration_formatted}, {eta_formatted} to go',
        barCompleteChar: '█',
        barIncompleteChar: '░',
        barsize: 30,
        hideCursor: true,
        clearOnComplete: true,
        // A change in the window's width must not leave half a bar behind.
        linewrap: true,
      });
      bar.start(total, 0, { label });
    },
    tick(amount = 1) {
      bar?.increment(amount);
    },
    stop,
  };
}
