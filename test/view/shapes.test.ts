import { beforeAll, describe, expect, it } from 'vitest';
import { rungsOf } from '../../src/plan/view-plan.ts';
import { firstOf } from '../support/depth.ts';
import { refusedShapes, shapeCatalogue } from '../support/shape-catalogue.ts';
import { refusalOf, runShapes, type ShapeFindings } from '../support/shape-run.ts';

describe.each(shapeCatalogue)('$title', ({ shapes: all }) => {
  const shapes = firstOf(all, 2);
  let findings: ReadonlyMap<string, ShapeFindings>;

  beforeAll(async () => {
    findings = await runShapes(shapes);
  }, 240_000);

  it.each(shapes)('$name: has its rungs, and each gives what DuckDB gives', ({ name, target, now }) => {
    const found = findings.get(name);
    if (found === undefined) throw new RangeError(`${name} was not run`);
    expect(rungsOf(found.plan)[0], JSON.stringify(found.plan)).toBe(now ?? target);
    for (const { rung, failure, taken } of found.outcomes) {
      expect({ rung, failure }).toEqual({ rung, failure: null });
      expect({ rung, wasTaken: taken > 0 }).toEqual({ rung, wasTaken: true });
    }
  });
});

it('names every shape differently', () => {
  const names = shapeCatalogue.flatMap((group) => group.shapes.map((shape) => shape.name));
  expect(new Set(names).size).toBe(names.length);
});

it.each(refusedShapes)('is no view: $name', async ({ sql, code }) => {
  expect(await refusalOf(sql)).toBe(code);
});
