import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DependencyGraph } from '../../src/declare/dependency-graph.ts';

const chain = new DependencyGraph([
  { name: 'model', reads: ['examples'] },
  { name: 'examples', reads: ['Flights', 'daily', 'elsewhere'] },
  { name: 'daily', reads: ['flights', 'FLIGHTS'] },
  { name: 'flights', reads: [] },
]);

describe('DependencyGraph', () => {
  it('orders every object after what it reads', () => {
    expect(chain.order()).toEqual(['flights', 'daily', 'examples', 'model']);
  });

  it('knows inputs and dependents, near and far, without case', () => {
    expect(chain.inputs('EXAMPLES')).toEqual(['flights', 'daily']);
    expect(chain.ancestors('model')).toEqual(['flights', 'daily', 'examples']);
    expect(chain.readers('flights')).toEqual(['examples', 'daily']);
    expect(chain.dependents('Flights')).toEqual(['daily', 'examples', 'model']);
    expect(chain.dependents('model')).toEqual([]);
    expect(chain.dependents('nowhere')).toEqual([]);
  });

  it('names a cycle', () => {
    const cyclic = () =>
      new DependencyGraph([
        { name: 'a', reads: ['b'] },
        { name: 'b', reads: ['c'] },
        { name: 'c', reads: ['B'] },
      ]);
    expect(cyclic).toThrow(/"b" would depend on itself: b reads c reads b/);
    expect(() => new DependencyGraph([{ name: 'a', reads: ['A'] }])).toThrow(/a reads a/);
  });

  it('takes long chains', () => {
    const nodes = Array.from({ length: 20_000 }, (_, n) => ({ name: `v${n}`, reads: [`v${n + 1}`] }));
    expect(new DependencyGraph(nodes).order().at(-1)).toBe('v0');
  });

  it('orders any acyclic graph', () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 });
    fc.assert(
      fc.property(edges, fc.shuffledSubarray([...Array(10).keys()], { minLength: 10 }), (pairs, order) => {
        const nodes = order.map((n) => ({
          name: `v${n}`,
          reads: pairs.filter(([from, to]) => from === n && to < n).map(([, to]) => `v${to}`),
        }));
        const graph = new DependencyGraph(nodes);
        const place = new Map(graph.order().map((name, index) => [name, index]));
        expect(place.size).toBe(10);
        for (const { name, reads } of nodes) {
          for (const read of reads) expect(place.get(read)).toBeLessThan(place.get(name) ?? -1);
        }
      }),
    );
  });
});
