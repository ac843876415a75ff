import { EverviewError } from '../../core/errors.ts';
import type { TimestampPart } from '../../declare/expansion.ts';
import { pairSeparator } from '../feature-source.ts';
import type { ScoredCategory, Scorer } from '../scorer.ts';
import { missingText } from './exported-values.ts';
import type { GraphBuilder, Value } from './graph-builder.ts';
import type { ModelInputs } from './model-inputs.ts';
import { MomentGraph } from './moment-graph.ts';

/** Where a category's value is in a table of its levels: after those come `missing` and `unseen`. */
export type CategoryPlaces = {
  /** int64, one per row. */
  readonly place: Value;
  /** Of the null level where there is one that counts, else one after the levels. */
  readonly missing: number;
  readonly unseen: number;
};

/** A text that stands for a value of the source, and the value's place. */
type Entry = readonly [text: string, place: number];

/** How many values a part can have; years by far, from the first that a moment can be in. */
const partSizes: Readonly<Record<TimestampPart, number>> = {
  hour: 24,
  weekday: 7,
  day: 32,
  week: 54,
  month: 13,
  quarter: 5,
  year: 2 ** 21,
};
const yearShift = 2 ** 20;

/** Finds the levels of categories. */
export class CategoryGraph {
  readonly #graph: GraphBuilder;
  readonly #inputs: ModelInputs;
  readonly #moments: MomentGraph;

  constructor(graph: GraphBuilder, inputs: ModelInputs) {
    this.#graph = graph;
    this.#inputs = inputs;
    this.#moments = new MomentGraph(graph);
  }

  places({ source, levels }: ScoredCategory, missingRows: Scorer['missing']): CategoryPlaces {
    const nullPlace = levels.findIndex(({ level }) => level === null);
    const missing = nullPlace < 0 || missingRows === 'drop' ? levels.length : nullPlace;
    const unseen = levels.length + 1;
    const entries = levels.flatMap(({ level }, place): Entry[] => (level === null ? [] : [[level, place]]));
    switch (source.kind) {
      case 'part':
        return {
          place: this.#season(source.column, [source.part], entries, missing, unseen),
          missing,
          unseen,
        };
      case 'season':
        return {
          place: this.#season(source.column, source.parts, entries, missing, unseen),
          missing,
          unseen,
        };
      case 'pair':
        return { place: this.#pair(source.columns, entries, missing, unseen), missing, unseen };
      case 'column':
        return { place: this.#column(source.column, entries, missing, unseen), missing, unseen };
      default:
        throw new EverviewError('internal', `a ${source.kind} is no category`);
    }
  }

  #column(column: string, entries: readonly Entry[], missing: number, unseen: number): Value {
    const kind = this.#inputs.kindOf(column);
    if (kind === 'text') return this.#ofTexts(column, entries, missing, unseen);
    const read = kind === 'boolean' ? booleanOf : numberOf;
    const known = entries.flatMap(([text, place]): [number, number][] => {
      const value = read(text);
      return value === null ? [] : [[value, place]];
    });
    assertApart(column, known, entries.length);
    return this.#ofNumbers(column, known, missing, unseen);
  }

  #ofTexts(column: string, entries: readonly Entry[], missing: number, unseen: number): Value {
    if (entries.some(([text]) => text === missingText)) {
      throw new EverviewError('unsupported', `"${column}" has the level U+FFFF, which means missing in ONNX`);
    }
    return this.#graph.node(
      'LabelEncoder',
      [column],
      {
        keys_strings: [...entries.map(([text]) => text), missingText],
        values_int64s: [...entries.map(([, place]) => place), missing],
        default_int64: unseen,
      },
      'ml',
    );
  }

  #ofNumbers(
    column: string,
    known: readonly (readonly [number, number])[],
    missing: number,
    unseen: number,
  ): Value {
    const graph = this.#graph;
    const value = this.#inputs.number(column);
    const isMissing = graph.node('IsNaN', [value]);
    if (known.length === 0)
      return graph.node('Where', [isMissing, graph.integer(missing), graph.integer(unseen)]);
    const levels = graph.doubles(known.map(([level]) => level));
    const same = graph.cast(graph.node('Equal', [graph.column(value), levels]), 'double');
    const steps = graph.doubles(known.map(([, place]) => place - unseen));
    const place = graph.node('Add', [graph.node('MatMul', [same, steps]), graph.double(unseen)]);
    const found = graph.cast(place, 'int64');
    return graph.node('Where', [isMissing, graph.integer(missing), found]);
  }

  #season(
    column: string,
    parts: readonly TimestampPart[],
    entries: readonly Entry[],
    missing: number,
    unseen: number,
  ): Value {
    const graph = this.#graph;
    const moment = this.#inputs.moment(column);
    const keys = entries.map(([text, place]): [number, number] => [
      text.split(pairSeparator).reduce((key, value, index) => combined(key, Number(value), parts[index]), 0),
      place,
    ]);
    const key = parts.reduce((before, part) => {
      const value = this.#moments.part(part, moment.value);
      const shifted = part === 'year' ? graph.node('Add', [value, graph.integer(yearShift)]) : value;
      return graph.node('Add', [graph.node('Mul', [before, graph.integer(partSizes[part])]), shifted]);
    }, graph.integer(0));
    return graph.node('Where', [moment.missing, graph.integer(missing), this.#ofKeys(key, keys, unseen)]);
  }

  /** A row has the level if some way to cut the level's text gives the texts of its columns. */
  #pair(columns: readonly string[], entries: readonly Entry[], missing: number, unseen: number): Value {
    const graph = this.#graph;
    const cuts = entries.flatMap(([text, place]) => {
      const ways = waysToCut(text, columns.length).filter((parts) =>
        parts.every((part, index) => this.#canBe(columns[index] ?? '', part)),
      );
      if (ways.length === 0) throw tooLarge(columns.join(pairSeparator));
      return ways.map((parts) => ({ parts, place }));
    });
    const known = columns.map((_, index) => [...new Set(cuts.map(({ parts }) => parts[index] ?? ''))]);
    const sizes = known.map((texts) => texts.length + 2);
    if (!Number.isSafeInteger(sizes.reduce((total, size) => total * size, 1))) {
      throw new EverviewError('unsupported', `${columns.join(' × ')} has too many levels to be exported`);
    }
    // the place of a column's text among the known ones, from 2 on; 0: missing, 1: another
    const codes = columns.map((column, index) =>
      this.#column(
        column,
        (known[index] ?? []).map((text, place): Entry => [text, place + 2]),
        0,
        1,
      ),
    );
    const key = codes.reduce((before, code, index) =>
      graph.node('Add', [graph.node('Mul', [before, graph.integer(sizes[index] ?? 1)]), code]),
    );
    const keys = cuts.map(({ parts, place }): [number, number] => [
      parts.reduce((before, part, index) => {
        const code = (known[index] ?? []).indexOf(part) + 2;
        return before * (sizes[index] ?? 1) + code;
      }, 0),
      place,
    ]);
    const least = graph.node('Min', codes);
    const isMissing = graph.node('Equal', [least, graph.integer(0)]);
    return graph.node('Where', [isMissing, graph.integer(missing), this.#ofKeys(key, keys, unseen)]);
  }

  #canBe(column: string, text: string): boolean {
    switch (this.#inputs.kindOf(column)) {
      case 'boolean':
        return booleanOf(text) !== null;
      case 'number':
        return String(numberOf(text)) === text;
      default:
        return true;
    }
  }

  #ofKeys(key: Value, keys: readonly (readonly [key: number, place: number])[], unseen: number): Value {
    // no key is negative; the operator wants one at least
    const all: readonly (readonly [number, number])[] = [...keys, [-1, unseen]];
    return this.#graph.node(
      'LabelEncoder',
      [key],
      {
        keys_int64s: all.map(([one]) => one),
        values_int64s: all.map(([, place]) => place),
        default_int64: unseen,
      },
      'ml',
    );
  }
}

function combined(key: number, value: number, part: TimestampPart | undefined): number {
  if (part === undefined) throw new EverviewError('internal', 'a season with more parts than were declared');
  return key * partSizes[part] + value + (part === 'year' ? yearShift : 0);
}

function booleanOf(text: string): number | null {
  return text === 'true' ? 1 : text === 'false' ? 0 : null;
}

function numberOf(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** A column of numbers comes in as DOUBLE: its levels must differ as such. */
function assertApart(column: string, known: readonly (readonly [number, number])[], levels: number): void {
  const distinct = new Set(known.map(([value]) => value)).size;
  if (distinct === levels && known.every(([value]) => Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return;
  throw tooLarge(column);
}

function tooLarge(column: string): EverviewError {
  return new EverviewError(
    'unsupported',
    `the levels of "${column}" are too large to be told apart as DOUBLE`,
    { hint: 'cast the column to VARCHAR in the training set' },
  );
}

/** Every way to read a text as `count` texts with the separator between them. */
function waysToCut(text: string, count: number): string[][] {
  if (count <= 1) return [[text]];
  const ways: string[][] = [];
  for (let at = text.indexOf(pairSeparator); at >= 0; at = text.indexOf(pairSeparator, at + 1)) {
    const rest = text.slice(at + pairSeparator.length);
    for (const more of waysToCut(rest, count - 1)) ways.push([text.slice(0, at), ...more]);
  }
  return ways;
}
