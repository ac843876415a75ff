import pico from 'picocolors';
import { expect, test } from 'vitest';
import type { Output } from '../../src/cli/terminal.ts';
import { createWaiting } from '../../src/cli/waiting.ts';

function output(isTerminal: boolean): Output & { readonly written: string[] } {
  const written: string[] = [];
  return {
    isTerminal,
    colors: pico.createColors(false),
    widthColumns: 80,
    written,
    write: async (data) => {
      written.push(String(data));
    },
  };
}

/** Ends when the terminal was written to, so the test waits for the sign and for no fixed time. */
async function untilWritten(to: { readonly written: string[] }): Promise<'done'> {
  while (to.written.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  return 'done';
}

test('long work shows seconds on a terminal and leaves the line empty', async () => {
  const terminal = output(true);
  expect(await createWaiting(terminal).during(untilWritten(terminal))).toBe('done');
  expect(terminal.written[0]).toMatch(/^\r… \d+ s$/);
  expect(terminal.written.at(-1)).toBe('\r\u001b[K');
});

test('short work, failing work and a pipe show nothing', async () => {
  const terminal = output(true);
  const pipe = output(false);
  expect(await createWaiting(terminal).during(Promise.resolve(1))).toBe(1);
  await expect(createWaiting(terminal).during(Promise.reject(new RangeError('no')))).rejects.toThrow('no');
  expect(await createWaiting(pipe).during(Promise.resolve(2))).toBe(2);
  expect([...terminal.written, ...pipe.written]).toEqual([]);
});
