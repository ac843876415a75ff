import { z } from 'zod';
import { type Clock, type CostMeter, checkedClock } from '../core/clock.ts';
import { EverviewError } from '../core/errors.ts';
import type { Notifier } from '../core/notifier.ts';
import type { WebhookOptions } from './webhook.ts';

export type OpenOptions = {
  /** Where time comes from; the system's by default. */
  readonly clock?: Clock;
  /** What the cost model learns from: wall time, or rows touched where a history is to be replayed exactly. */
  readonly meter?: CostMeter;
  /** Of every random choice. None is made yet; kept so that histories recorded now stay replayable. */
  readonly seed?: number;
  /**
   * One way for all refreshes that have the choice. A view without the named incremental rung takes its cheapest
   * incremental one.
   */
  readonly refresh?: 'full' | 'incremental' | 'algebraic' | 'domain';
  /** `background` refreshes by deadline by itself; `manual` waits for `step()`: the default with a SimulatedClock. */
  readonly scheduler?: 'background' | 'manual';
  /** DuckDB's memory limit, such as `1GB`. */
  readonly memoryLimit?: string;
  /**
   * Threads of DuckDB, and parallel streams of a model's full fit; all cores by default. With one, commits of few rows are
   * quicker (of 1,000 by a quarter, where two cores are there), and whatever reads whole tables is slower.
   */
  readonly threads?: number;
  /** Versions of history kept for AT (VERSION => n); all by default. */
  readonly historyVersions?: number;
  /** How many false alarms a month may be expected of the judgement of all tables together; 1 by default. */
  readonly falseAlarms?: number;
  /** Who decisions (of incidents, of promotions) are recorded for where a statement does not say BY. */
  readonly user?: string;
  /** Where notices of incidents are posted, as JSON; tried again until they arrive. */
  readonly webhook?: WebhookOptions;
  /** In place of `webhook`: whatever else is to be told. */
  readonly notifier?: Notifier;
  /** Told of refreshes in the background that failed; they are tried again. */
  readonly onError?: (failure: unknown) => void;
};

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

const optionsSchema = z.strictObject({
  clock: z
    .custom<Clock>((value) => hasMethod(value, 'nowMs'), 'a clock: an object with a function nowMs()')
    .optional(),
  meter: z
    .custom<CostMeter>((value) => hasMethod(value, 'start'), 'a meter: an object with a function start()')
    .optional(),
  seed: z.number().int().optional(),
  refresh: z.enum(['full', 'incremental', 'algebraic', 'domain']).optional(),
  scheduler: z.enum(['background', 'manual']).optional(),
  memoryLimit: z
    .string()
    .regex(/^\d+(\.\d+)? ?[KMGT]i?B$/i, 'a size such as 1GB')
    .optional(),
  threads: z.number().int().positive().optional(),
  historyVersions: z.number().int().nonnegative().optional(),
  falseAlarms: z.number().positive().optional(),
  user: z.string().min(1).optional(),
  webhook: z
    .strictObject({
      url: z.string(),
      headers: z.record(z.string(), z.string()).optional(),
      timeoutMs: z.number().positive().optional(),
    })
    .optional(),
  notifier: z
    .custom<Notifier>((value) => hasMethod(value, 'send'), 'a notifier: an object with a function send()')
    .optional(),
  onError: z.custom<(failure: unknown) => void>((value) => typeof value === 'function').optional(),
});

/** @throws EverviewError `invalid-option` */
export function assertOpenable(path: string, options: OpenOptions): void {
  assertPath(path);
  const checked = optionsSchema.safeParse(options);
  if (!checked.success) {
    throw new EverviewError(
      'invalid-option',
      `Everview.open: ${z.prettifyError(checked.error).replaceAll('\n', ' ')}`,
    );
  }
  if (options.clock !== undefined) checkedClock(options.clock).nowMs();
}

/** @throws EverviewError `invalid-option` */
function assertPath(path: unknown): void {
  // DuckDB opens a database in memory where there is no path, as of an environment variable that is not set
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return;
  const what = path === '' ? 'empty' : typeof path === 'string' ? 'a text with a NUL in it' : String(path);
  throw new EverviewError('invalid-option', `Everview.open: the path is ${what}`, {
    hint: "give the name of a file; ':memory:' opens a database that is kept in no file",
  });
}
