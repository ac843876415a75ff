import { type Operator, type OperatorPair, operators, requiredPairs } from './broad-operator.ts';
import type { BroadResult } from './broad-run.ts';
import { type Situation, situations } from './broad-situation.ts';

/** What the histories of a campaign were made of: how often each operator stood over each other one, and how kept. */
export class BroadCoverage {
  readonly #views = new Map<Operator, number>();
  readonly #pairs = new Map<OperatorPair, number>();
  readonly #ways = new Map<Operator, Map<string, number>>();
  readonly #situations = new Map<Situation, number>();
  readonly #undefined: string[] = [];
  readonly #refused = new Map<string, number>();

  add(result: BroadResult): void {
    for (const { view, ways } of result.maintained) {
      for (const operator of new Set(view.operators)) {
        count(this.#views, operator);
        const kept = this.#ways.get(operator) ?? new Map<string, number>();
        this.#ways.set(operator, kept);
        for (const [way, times] of Object.entries(ways)) count(kept, way, times);
      }
      for (const pair of new Set(view.pairs)) count(this.#pairs, pair);
    }
    for (const situation of result.situations) count(this.#situations, situation);
    for (const { message } of result.refused) count(this.#refused, message.replace(/^.*: /, ''));
    if (result.undefinedBy !== null) this.#undefined.push(result.undefinedBy);
  }

  /** In how many views the operator stood. */
  viewsWith(operator: Operator): number {
    return this.#views.get(operator) ?? 0;
  }

  viewsWithPair(pair: OperatorPair): number {
    return this.#pairs.get(pair) ?? 0;
  }

  get pairs(): number {
    return this.#pairs.size;
  }

  /** What a campaign of some length has to meet, and this one did not. */
  get missing(): readonly string[] {
    return [
      ...operators.filter((operator) => this.viewsWith(operator) === 0),
      ...requiredPairs.filter((pair) => this.viewsWithPair(pair) === 0),
      ...situations.filter((situation) => !this.#situations.has(situation)),
    ];
  }

  /** Why bare DuckDB ended histories early. */
  get undefinedBy(): readonly string[] {
    return this.#undefined;
  }

  /** Operators, the ways their views were refreshed, and what they stood over, as text. */
  table(): string {
    const ways = [...new Set([...this.#ways.values()].flatMap((one) => [...one.keys()]))].sort();
    const head = [
      'operator'.padEnd(20),
      'views'.padStart(6),
      ...ways.map((way) => way.padStart(12)),
      ' directly over',
    ];
    const lines = operators.map((operator) => {
      const kept = this.#ways.get(operator);
      const cells = ways.map((way) => String(kept?.get(way) ?? 0).padStart(12));
      const below = [...this.#pairs].flatMap(([pair, times]) => {
        const [outer, inner] = pair.split('>');
        return outer === operator ? [`${inner} ${times}`] : [];
      });
      const total = String(this.viewsWith(operator)).padStart(6);
      return [operator.padEnd(20), total, ...cells, ` ${below.length}: ${below.join(', ')}`].join('');
    });
    const refused = [...this.#refused].map(([why, times]) => `refused ${times} ×: ${why}`);
    const ended = this.#undefined.map((why) => `ended by DuckDB: ${why.split('\n')[0] ?? ''}`);
    const met = situations.map((situation) => `${situation} ${this.#situations.get(situation) ?? 0}`);
    const sums = [`${this.pairs} pairs`, `histories with: ${met.join(', ')}`];
    return [head.join(''), ...lines, ...sums, ...refused, ...ended].join('\n');
  }
}

function count<K>(counts: Map<K, number>, key: K, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}
