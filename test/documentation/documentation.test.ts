import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { depth, longTests } from '../support/depth.ts';
import {
  readme,
  readText,
  reference,
  root,
  type ShownPrograms,
  shownPrograms,
} from '../support/documentation.ts';

describe('the documentation', () => {
  it('has the reference that the code gives (npm run docs)', async () => {
    expect(readText('src/REFERENCE.md')).toBe(await reference());
  });

  it('names every law and the test file of each', () => {
    const architecture = readText('src/ARCHITECTURE.md');
    const laws = readdirSync(`${root}/test/laws`).filter((file) => file.startsWith('law-'));
    for (const file of laws) expect(architecture).toContain(`test/laws/${file}`);
    for (const [path] of architecture.matchAll(/test\/laws\/[\w.-]+\.test\.ts/g)) {
      expect(laws).toContain(path.slice('test/laws/'.length));
    }
  });

  it('explains every dependency', () => {
    const contributing = readText('CONTRIBUTING.md');
    const manifest = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> };
    for (const name of Object.keys(manifest.dependencies)) expect(contributing).toContain(`\`${name}\``);
  });

  let programs: ShownPrograms;

  beforeAll(async () => {
    programs = await shownPrograms();
  });

  afterAll(() => programs[Symbol.asyncDispose]());

  it('shows the examples as they are, and their output as it is (npm run docs)', () => {
    const text = readText('README.md');
    expect(text).toContain('<!-- output: examples/first-model.sql -->');
    // An experiment takes as long as the rest of this file.
    const runs = (example: string) => depth(!example.endsWith('.yaml'), true);
    expect(readme(text, programs, runs)).toBe(text);
  });

  it('has a TypeScript example that says what the SQL one says', () => {
    const output = programs.outputOf('examples/first-model.ts');
    const shown = readText('README.md');
    const predictions = [...output.matchAll(/will_sell: (-?[\d.]+)/g)].map((match) => String(match[1]));
    expect(predictions).toHaveLength(2);
    for (const prediction of predictions) expect(shown).toContain(prediction);
    expect(output).toContain('1 row set aside');
  });

  longTests(() => {
    it('has a tour that runs after the first model', () => {
      const text = `${readText('examples/first-model.sql')};${readText('examples/tour.sql')}`;
      const output = programs.outputOf('src/cli/main.ts', 'sql', '--format', 'json', '-c', text);
      const lines = output.trim().split('\n');
      const answers = lines.map((line) => JSON.parse(line) as { error?: unknown });
      expect(answers).toHaveLength(19);
      expect(answers.filter((answer) => answer.error !== undefined)).toEqual([]);
    });
  });
});
