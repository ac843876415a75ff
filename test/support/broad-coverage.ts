import { z } from 'zod';
import { type Operator, type OperatorPair, operators, requiredPairs } from './broad-operator.ts';
import type { BroadResult } from './broad-run.ts';
import { situations } from './broad-situation.ts';

const times = z.int();
const operator = z.enum(operators);

/** What a campaign met, as one process tells it another. */
export const coverageCounts = z.strictObject({
  views: z.map(operator, times),
  pairs: z.map(z.templateLiteral([operator, '>', z.enum([...operators, 'table'])]), times),
  ways: z.map(operator, z.map(z.string(), times)),
  situations: z.map(z.enum(situations), times),
  undefined: z.array(z.string()),
  refused: z.map(z.string(), times),
});

export type CoverageCounts = z.infer<typeof coverageCounts>;

/** What the histories of a campaign were made of: how often each operator stood over each other one, and how kept. */
export class BroadCoverage {
  readonly counts: CoverageCounts = {
    views: new Map(),
    pairs: new Map(),
    ways: new Map(),
    situations: new Map(),
    undefined: [],
    refused: new Map(),
  };

  add(result: BroadResult): void {
    for (const { view, ways } of result.maintained) {
      for (const operator of new Set(view.operators)) {
        count(this.counts.views, operator);
        const kept = this.counts.ways.get(operator) ?? new Map<string, number>();
        this.counts.ways.set(operator, kept);
        for (const [way, times] of Object.entries(ways)) count(kept, way, times);
      }
      for (const pair of new Set(view.pairs)) count(this.counts.pairs, pair);
    }
    for (const situation of result.situations) count(this.counts.situations, situation);
    for (const { message } of result.refused) count(this.counts.refused, message.replace(/^.*: /, ''));
    if (result.undefinedBy !== null) this.counts.undefined.push(result.undefinedBy);
  }

  /** Adds what another part of the campaign met. */
  merge(counts: CoverageCounts): void {
    addTo(this.counts.views, counts.views);
    addTo(this.counts.pairs, counts.pairs);
    addTo(this.counts.situations, counts.situations);
    addTo(this.counts.refused, counts.refused);
    for (const [operator, kept] of counts.ways) {
      const ways = this.counts.ways.get(operator) ?? new Map<string, number>();
      this.counts.ways.set(operator, ways);
      addTo(ways, kept);
    }
    this.counts.undefined.push(...counts.undefined);
  }

  /** In how many views the operator stood. */
  viewsWith(operator: Operator): number {
    return this.counts.views.get(operator) ?? 0;
  }

  viewsWithPair(pair: OperatorPair): number {
    return this.counts.pairs.get(pair) ?? 0;
  }

  get pairs(): number {
    return this.counts.pairs.size;
  }

  /** What a campaign of some length has to meet, and this one did not. */
  get missing(): readonly string[] {
    return [
      ...operators.filter((operator) => this.viewsWith(operator) === 0),
      ...requiredPairs.filter((pair) => this.viewsWithPair(pair) === 0),
      ...situations.filter((situation) => !this.counts.situations.has(situation)),
    ];
  }

  /** Why bare DuckDB ended histories early. */
  get undefinedBy(): readonly string[] {
    return this.counts.undefined;
  }

  /** Operators, the ways their views were refreshed, and what they stood over, as text. */
  table(): string {
    const ways = [...new Set([...this.counts.ways.values()].flatMap((one) => [...one.keys()]))].sort();
    const head = [
      'operator'.padEnd(20),
      'views'.padStart(6),
      ...ways.map((way) => way.padStart(12)),
      ' directly over',
    ];
    const lines = operators.map((operator) => {
      const kept = this.counts.ways.get(operator);
      const cells = ways.map((way) => String(kept?.get(way) ?? 0).padStart(12));
      const below = [...this.counts.pairs].flatMap(([pair, times]) => {
        const [outer, inner] = pair.split('>');
        return outer === operator ? [`${inner} ${times}`] : [];
      });
      const total = String(this.viewsWith(operator)).padStart(6);
      return [operator.padEnd(20), total, ...cells, ` ${below.length}: ${below.join(', ')}`].join('');
    });
    const refused = [...this.counts.refused].map(([why, times]) => `refused ${times} ×: ${why}`);
    const ended = this.counts.undefined.map((why) => `ended by DuckDB: ${why.split('\n')[0] ?? ''}`);
    const met = situations.map((situation) => `${situation} ${this.counts.situations.get(situation) ?? 0}`);
    const sums = [`${this.pairs} pairs`, `histories with: ${met.join(', ')}`];
    return [head.join(''), ...lines, ...sums, ...refused, ...ended].join('\n');
  }
}

function count<K>(counts: Map<K, number>, key: K, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}

function addTo<K>(counts: Map<K, number>, more: ReadonlyMap<K, number>): void {
  for (const [key, times] of more) count(counts, key, times);
}
