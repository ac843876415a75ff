import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

export type OpenedChromium = AsyncDisposable & { readonly browser: Browser };

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Headless Chromium as the package `@sparticuz/chromium` ships it (x86-64 Linux), with the shared libraries and the one
 * font that are in it, so that nothing has to be installed. It is unpacked into a directory of its own, which is gone
 * when this is disposed of. `EVERVIEW_CHROMIUM` names another Chromium to be used, on other systems.
 * @throws where no browser starts, with what it said
 */
export async function openChromium(): Promise<OpenedChromium> {
  const directory = await mkdtemp(join(tmpdir(), 'everview-chromium-'));
  const removed = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 3 });
  try {
    const own = process.env.EVERVIEW_CHROMIUM;
    const browser =
      own === undefined
        ? await launch(await unpack(directory), packagedEnvironment(directory))
        : await launch(own, process.env);
    return {
      browser,
      async [Symbol.asyncDispose]() {
        await browser.close();
        await removed();
      },
    };
  } catch (cause) {
    await removed();
    throw new Error(
      'no headless Chromium could be started: it comes with `npm ci` (package @sparticuz/chromium) for x86-64 Linux; ' +
        'elsewhere set EVERVIEW_CHROMIUM to the path of a Chromium or Chrome',
      { cause },
    );
  }
}

function launch(executablePath: string, env: NodeJS.ProcessEnv): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags, env: { ...env } });
}

/** The package unpacks to the temporary folder of its process, libraries only where it believes to be on Amazon's Linux. */
async function unpack(directory: string): Promise<string> {
  const script = `import('@sparticuz/chromium').then(async (of) => process.stdout.write(await of.default.executablePath()))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', script], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: directory, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  });
  await writeFile(
    join(directory, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${join(directory, 'fonts')}</dir><cachedir>${join(directory, 'font-cache')}</cachedir></fontconfig>`,
  );
  return stdout;
}

function packagedEnvironment(directory: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: directory,
    LD_LIBRARY_PATH: join(directory, 'al2023', 'lib'),
    FONTCONFIG_FILE: join(directory, 'fonts.conf'),
  };
}
