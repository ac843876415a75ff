import { Random } from '../support/random.ts';
import type { TpchTableName } from './tpch-schema.ts';
import {
  colours,
  commentWords,
  containerSyllables,
  instructions,
  modes,
  nations,
  priorities,
  regions,
  segments,
  typeSyllables,
} from './tpch-words.ts';

/** A row's values in the order of its table's columns, as `TpchKind` says they travel. */
export type TpchRow = readonly (number | string)[];

export type TpchRows = ReadonlyMap<TpchTableName, readonly TpchRow[]>;

/** Orders with their lineitems. */
export type TpchOrders = { readonly orders: TpchRow[]; readonly lineitem: TpchRow[] };

/**
 * Rows after the TPC-H specification's clause 4.2.3, of a seed: the same scale and seed give the same rows on every
 * machine, and an order is the same whenever it is asked for.
 *
 * What differs from dbgen. Suppliers are spread evenly over nations, not drawn. The suppliers of a part step by less
 * than a third of all, so that the four differ at scales as small as 0.002. Some rows are planted, since at such
 * scales Q16 to Q20 would be empty, or never change: every 20th part has brand and container of Q17, another one those
 * of Q19, every 40th a name that starts with Q20's colour and little in stock, every 25th supplier Q16's complaints,
 * every 50th order Q18's quantity, and some orders are of the customers that never order (Q22).
 */
export class TpchGenerator {
  readonly scale: number;
  readonly #seed: number;
  readonly #parts: number;
  readonly #suppliers: number;
  readonly #customers: number;
  readonly baseOrders: number;
  /** Of one refresh: clause 2.5.2, a thousandth of the base. */
  readonly ordersPerStream: number;

  constructor(scale: number, seed: number) {
    this.scale = scale;
    this.#seed = seed;
    this.#parts = Math.round(200_000 * scale);
    this.#suppliers = Math.max(25, Math.round(10_000 * scale));
    this.#customers = Math.round(150_000 * scale);
    this.baseOrders = Math.round(1_500_000 * scale);
    this.ordersPerStream = Math.ceil(1_500 * scale);
  }

  /** Every table but `orders` and `lineitem`. */
  dimensions(): TpchRows {
    const random = new Random(this.#seed);
    return new Map<TpchTableName, readonly TpchRow[]>([
      ['region', regions.map((name, key) => [key, name, comment(random, 31, 115)])],
      ['nation', nations.map(([name, region], key) => [key, name, region, comment(random, 31, 114)])],
      ['supplier', random.list(this.#suppliers, (place) => supplierRow(random, place + 1))],
      ['part', random.list(this.#parts, (place) => partRow(random, place + 1))],
      ['partsupp', random.list(this.#parts * 4, (place) => this.#partsuppRow(random, place))],
      ['customer', random.list(this.#customers, (place) => customerRow(random, place + 1))],
    ]);
  }

  /** Base orders by their place, from `first` on. */
  orders(first: number, count: number): TpchOrders {
    return this.#ordersOf(count, (place) => ({
      key: sparseKey(first + place, 0),
      isLarge: (first + place) % 50 === 3,
      isFirst: (first + place) % 200 === 5,
      random: new Random(this.#seed * 7 + (first + place) * 2 + 1_000_003),
    }));
  }

  /** What RF1 inserts: new orders by their place, with keys from the gaps of the base's. */
  inserted(first: number, count: number): TpchOrders {
    return this.#ordersOf(count, (place) => ({
      key: sparseKey(first + place, 8),
      isLarge: place % 50 === 3,
      isFirst: place % 8 === 1,
      random: new Random(this.#seed * 7 + (first + place) * 2 + 2_000_006_001),
    }));
  }

  /** What RF2 deletes: keys of base orders by their place. */
  deletedKeys(first: number, count: number): number[] {
    return Array.from({ length: count }, (_, place) => sparseKey(first + place, 0));
  }

  #ordersOf(count: number, order: (place: number) => OrderDraft): TpchOrders {
    const made: TpchOrders = { orders: [], lineitem: [] };
    for (let place = 0; place < count; place++) this.#addOrder(order(place), made);
    return made;
  }

  #addOrder({ key, isLarge, isFirst, random }: OrderDraft, to: TpchOrders): void {
    const orderDay = random.int(firstDay, lastDay - 151);
    const lines = random.list(isLarge ? 7 : random.int(1, 7), (place) =>
      this.#lineDraft(random, orderDay, isLarge, key, place + 1),
    );
    const open = lines.filter((line) => line.isOpen).length;
    to.orders.push([
      key,
      this.#customerOfOrder(random, isFirst),
      open === 0 ? 'F' : open === lines.length ? 'O' : 'P',
      lines.reduce((sum, line) => sum + line.charge, 0),
      orderDay,
      random.pick(priorities),
      `Clerk#${padded(random.int(1, Math.max(1, Math.round(1_000 * this.scale))))}`,
      0,
      comment(random, 19, 78),
    ]);
    to.lineitem.push(...lines.map((line) => line.row));
  }

  /** A third of the customers never orders, but for their planted orders. */
  #customerOfOrder(random: Random, isFirst: boolean): number {
    for (;;) {
      const key = random.int(1, this.#customers);
      if ((key % 3 === 0) === isFirst) return key;
    }
  }

  #lineDraft(random: Random, orderDay: number, isLarge: boolean, key: number, line: number): LineDraft {
    const part = random.int(1, this.#parts);
    const planted = isPlantedForQ19(part) && random.chance(0.5) ? planForQ19(part) : null;
    const quantity = isLarge ? random.int(44, 50) : (planted?.quantity(random) ?? random.int(1, 50));
    const price = quantity * retailPrice(part);
    const discount = random.int(0, 10);
    const tax = random.int(0, 8);
    const shipDay = orderDay + random.int(1, 121);
    const receiptDay = shipDay + random.int(1, 30);
    const isOpen = shipDay > currentDay;
    const row: TpchRow = [
      key,
      part,
      this.#supplierOf(part, random.int(0, 3)),
      line,
      quantity * 100,
      price,
      discount,
      tax,
      receiptDay <= currentDay ? random.pick(['R', 'A']) : 'N',
      isOpen ? 'O' : 'F',
      shipDay,
      orderDay + random.int(30, 90),
      receiptDay,
      planted === null ? random.pick(instructions) : 'DELIVER IN PERSON',
      planted === null ? random.pick(modes) : 'AIR',
      comment(random, 10, 43),
    ];
    return { row, isOpen, charge: Math.round((price * (100 + tax) * (100 - discount)) / 10_000) };
  }

  #partsuppRow(random: Random, place: number): TpchRow {
    const part = Math.floor(place / 4) + 1;
    return [
      part,
      this.#supplierOf(part, place % 4),
      isPlantedForQ20(part) ? random.int(1, 30) : random.int(1, 9_999),
      random.int(100, 100_000),
      comment(random, 49, 198),
    ];
  }

  #supplierOf(part: number, which: number): number {
    const all = this.#suppliers;
    const step = Math.floor(all / 4) + (Math.floor((part - 1) / all) % Math.max(1, Math.floor(all / 12)));
    return ((part + which * step) % all) + 1;
  }
}

type OrderDraft = {
  readonly key: number;
  readonly isLarge: boolean;
  /** Of a customer who never orders otherwise. */
  readonly isFirst: boolean;
  readonly random: Random;
};

/** `charge`: what the line adds to the order's total price, in cents. */
type LineDraft = { readonly row: TpchRow; readonly isOpen: boolean; readonly charge: number };

const msPerDay = 86_400_000;
const firstDay = Date.UTC(1992, 0, 1) / msPerDay;
const lastDay = Date.UTC(1998, 11, 31) / msPerDay;
/** What the specification takes for today: later lines are not shipped yet. */
const currentDay = Date.UTC(1995, 5, 17) / msPerDay;

/** The first 8 keys of every 32 are the base's, the next 8 the refreshes'. */
function sparseKey(place: number, offset: number): number {
  return Math.floor(place / 8) * 32 + (place % 8) + offset + 1;
}

function supplierRow(random: Random, key: number): TpchRow {
  const nation = (key * 7) % nations.length;
  const said = key % 25 === 7 ? ' Customer slow Complaints' : key % 25 === 19 ? ' Customer Recommends' : '';
  return [
    key,
    `Supplier#${padded(key)}`,
    address(random),
    nation,
    phone(random, nation),
    random.int(-99_999, 999_999),
    `${comment(random, 25, 74)}${said}`,
  ];
}

function customerRow(random: Random, key: number): TpchRow {
  const nation = random.int(0, nations.length - 1);
  return [
    key,
    `Customer#${padded(key)}`,
    address(random),
    nation,
    phone(random, nation),
    random.int(-99_999, 999_999),
    random.pick(segments),
    comment(random, 29, 116),
  ];
}

function partRow(random: Random, key: number): TpchRow {
  const manufacturer = random.int(1, 5);
  const kind = isPlantedForQ19(key) ? planForQ19(key) : key % 20 === 10 ? planForQ17 : null;
  const name = random.sample(colours, 5);
  return [
    key,
    (isPlantedForQ20(key)
      ? ['forest', ...name.filter((colour) => colour !== 'forest')].slice(0, 5)
      : name
    ).join(' '),
    `Manufacturer#${kind?.brand.at(0) ?? manufacturer}`,
    `Brand#${kind?.brand ?? `${manufacturer}${random.int(1, 5)}`}`,
    typeSyllables.map((syllables) => random.pick(syllables)).join(' '),
    kind === planForQ17 || kind === null ? random.int(1, 50) : random.int(1, 5),
    kind === null
      ? containerSyllables.map((syllables) => random.pick(syllables)).join(' ')
      : random.pick(kind.containers),
    retailPrice(key),
    comment(random, 5, 22),
  ];
}

type PlantedPart = {
  readonly brand: string;
  readonly containers: readonly string[];
  readonly quantity: (random: Random) => number;
};

const planForQ17: PlantedPart = {
  brand: '23',
  containers: ['MED BOX'],
  quantity: (random) => random.int(1, 50),
};

const plansForQ19: readonly PlantedPart[] = [
  {
    brand: '12',
    containers: ['SM CASE', 'SM BOX', 'SM PACK', 'SM PKG'],
    quantity: (random) => random.int(1, 11),
  },
  {
    brand: '23',
    containers: ['MED BAG', 'MED BOX', 'MED PKG', 'MED PACK'],
    quantity: (random) => random.int(10, 20),
  },
  {
    brand: '34',
    containers: ['LG CASE', 'LG BOX', 'LG PACK', 'LG PKG'],
    quantity: (random) => random.int(20, 30),
  },
];

function isPlantedForQ19(part: number): boolean {
  return part % 20 === 0;
}

function isPlantedForQ20(part: number): boolean {
  return part % 40 === 5;
}

function planForQ19(part: number): PlantedPart {
  return plansForQ19[(part / 20) % plansForQ19.length] ?? planForQ17;
}

/** In cents (clause 4.2.3). */
function retailPrice(part: number): number {
  return 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1_000);
}

function padded(key: number): string {
  return String(key).padStart(9, '0');
}

function phone(random: Random, nation: number): string {
  return `${nation + 10}-${random.int(100, 999)}-${random.int(100, 999)}-${random.int(1_000, 9_999)}`;
}

const addressLetters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, ';

function address(random: Random): string {
  return random.list(random.int(10, 40), () => addressLetters[random.int(0, 63)] ?? ' ').join('');
}

/** Sentences, cut to a length between the two. */
function comment(random: Random, least: number, most: number): string {
  const length = random.int(least, most);
  let text = '';
  while (text.length < length) {
    const { adjective, noun, verb, adverb } = commentWords;
    text += `${text === '' ? '' : ' '}${random.pick(adjective)} ${random.pick(noun)} ${random.pick(verb)} ${random.pick(adverb)}`;
  }
  return text.slice(0, length);
}
