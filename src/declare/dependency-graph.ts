import { EverviewError } from '../core/errors.ts';

/** An object and the names it reads. Names compare without case; names of no object are left alone. */
export type GraphNode = { readonly name: string; readonly reads: readonly string[] };

/** Who reads whom. Immutable. */
export class DependencyGraph {
  readonly #nodes: ReadonlyMap<string, GraphNode>;
  readonly #readers: ReadonlyMap<string, readonly string[]>;
  readonly #order: readonly string[];

  /** @throws EverviewError `cyclic-definition`, naming the cycle. */
  constructor(nodes: readonly GraphNode[]) {
    this.#nodes = new Map(nodes.map((node) => [node.name.toLowerCase(), node]));
    const readers = new Map<string, string[]>();
    for (const node of this.#nodes.values()) {
      for (const input of new Set(node.reads.map((name) => name.toLowerCase()))) {
        const others = readers.get(input);
        if (others === undefined) readers.set(input, [node.name]);
        else others.push(node.name);
      }
    }
    this.#readers = readers;
    this.#order = this.#sort();
  }

  /** Every name, each after all it reads; otherwise in the order given. */
  order(): readonly string[] {
    return this.#order;
  }

  /** The objects `name` reads, directly; without repeats. */
  inputs(name: string): readonly string[] {
    const reads = this.#nodes.get(name.toLowerCase())?.reads ?? [];
    const known = reads.map((read) => this.#nodes.get(read.toLowerCase())?.name);
    return [...new Set(known.filter((read) => read !== undefined))];
  }

  /** All that `name` depends on, itself left out, inputs first. */
  ancestors(name: string): readonly string[] {
    return this.#reach(name, (one) => this.inputs(one));
  }

  /** The objects that read `name`, directly. */
  readers(name: string): readonly string[] {
    return this.#readers.get(name.toLowerCase()) ?? [];
  }

  /** All that depend on `name`, itself left out, each after what it reads. */
  dependents(name: string): readonly string[] {
    return this.#reach(name, (one) => this.readers(one));
  }

  #reach(name: string, next: (name: string) => readonly string[]): readonly string[] {
    const reached = new Set<string>();
    const queue = [...next(name)];
    for (let one = queue.pop(); one !== undefined; one = queue.pop()) {
      if (reached.has(one)) continue;
      reached.add(one);
      queue.push(...next(one));
    }
    return this.#order.filter((one) => reached.has(one));
  }

  #sort(): string[] {
    const order: string[] = [];
    const done = new Set<string>();
    // Depth first, with the path from the root to see a cycle; not recursive, as chains of views can be long.
    for (const root of this.#nodes.values()) {
      const path: { name: string; pending: string[] }[] = [];
      const onPath = new Set<string>();
      const enter = (name: string): void => {
        if (done.has(name)) return;
        if (onPath.has(name)) {
          const names = path.map((step) => step.name);
          throw cycleError([...names.slice(names.indexOf(name)), name]);
        }
        onPath.add(name);
        path.push({ name, pending: this.inputs(name).toReversed() });
      };
      enter(root.name);
      for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
        const input = step.pending.pop();
        if (input !== undefined) {
          enter(input);
          continue;
        }
        path.pop();
        onPath.delete(step.name);
        done.add(step.name);
        order.push(step.name);
      }
    }
    return order;
  }
}

function cycleError(cycle: readonly string[]): EverviewError {
  const [name = ''] = cycle;
  return new EverviewError(
    'cyclic-definition',
    `"${name}" would depend on itself: ${cycle.join(' reads ')}`,
    {
      hint: 'a view can only read what does not read it',
      data: { cycle },
    },
  );
}
