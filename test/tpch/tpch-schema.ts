/** How a column's values travel: whole numbers, hundredths of a DECIMAL(15,2), days since 1970-01-01, texts. */
export type TpchKind = 'integer' | 'decimal' | 'date' | 'text';

export type TpchTable = {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, kind: TpchKind])[];
  /** PRIMARY KEY and REFERENCES, as the specification (clause 1.4.2) has them. */
  readonly constraints: readonly string[];
};

const sqlTypes: Readonly<Record<TpchKind, string>> = {
  integer: 'INTEGER',
  decimal: 'DECIMAL(15,2)',
  date: 'DATE',
  text: 'VARCHAR',
};

export function sqlTypeOf(kind: TpchKind): string {
  return sqlTypes[kind];
}

/** Columns of one kind, in words: `integer: a b`. */
function columns(text: string): (readonly [string, TpchKind])[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => {
      const [name = '', mark = 'text'] = word.split(':');
      return [name, kinds[mark] ?? 'text'] as const;
    });
}

const kinds: Readonly<Record<string, TpchKind>> = { i: 'integer', m: 'decimal', d: 'date' };

const region: TpchTable = {
  name: 'region',
  columns: columns('r_regionkey:i r_name r_comment'),
  constraints: ['PRIMARY KEY (r_regionkey)'],
};

const nation: TpchTable = {
  name: 'nation',
  columns: columns('n_nationkey:i n_name n_regionkey:i n_comment'),
  constraints: ['PRIMARY KEY (n_nationkey)', 'FOREIGN KEY (n_regionkey) REFERENCES region (r_regionkey)'],
};

const supplier: TpchTable = {
  name: 'supplier',
  columns: columns('s_suppkey:i s_name s_address s_nationkey:i s_phone s_acctbal:m s_comment'),
  constraints: ['PRIMARY KEY (s_suppkey)', 'FOREIGN KEY (s_nationkey) REFERENCES nation (n_nationkey)'],
};

const part: TpchTable = {
  name: 'part',
  columns: columns('p_partkey:i p_name p_mfgr p_brand p_type p_size:i p_container p_retailprice:m p_comment'),
  constraints: ['PRIMARY KEY (p_partkey)'],
};

const partsupp: TpchTable = {
  name: 'partsupp',
  columns: columns('ps_partkey:i ps_suppkey:i ps_availqty:i ps_supplycost:m ps_comment'),
  constraints: [
    'PRIMARY KEY (ps_partkey, ps_suppkey)',
    'FOREIGN KEY (ps_partkey) REFERENCES part (p_partkey)',
    'FOREIGN KEY (ps_suppkey) REFERENCES supplier (s_suppkey)',
  ],
};

const customer: TpchTable = {
  name: 'customer',
  columns: columns('c_custkey:i c_name c_address c_nationkey:i c_phone c_acctbal:m c_mktsegment c_comment'),
  constraints: ['PRIMARY KEY (c_custkey)', 'FOREIGN KEY (c_nationkey) REFERENCES nation (n_nationkey)'],
};

const orders: TpchTable = {
  name: 'orders',
  columns: columns(
    `o_orderkey:i o_custkey:i o_orderstatus o_totalprice:m o_orderdate:d o_orderpriority o_clerk
     o_shippriority:i o_comment`,
  ),
  constraints: ['PRIMARY KEY (o_orderkey)', 'FOREIGN KEY (o_custkey) REFERENCES customer (c_custkey)'],
};

const lineitem: TpchTable = {
  name: 'lineitem',
  columns: columns(
    `l_orderkey:i l_partkey:i l_suppkey:i l_linenumber:i l_quantity:m l_extendedprice:m l_discount:m l_tax:m
     l_returnflag l_linestatus l_shipdate:d l_commitdate:d l_receiptdate:d l_shipinstruct l_shipmode l_comment`,
  ),
  constraints: [
    'PRIMARY KEY (l_orderkey, l_linenumber)',
    'FOREIGN KEY (l_orderkey) REFERENCES orders (o_orderkey)',
    'FOREIGN KEY (l_partkey, l_suppkey) REFERENCES partsupp (ps_partkey, ps_suppkey)',
  ],
};

export const tpchTables = { region, nation, supplier, part, partsupp, customer, orders, lineitem } as const;

export type TpchTableName = keyof typeof tpchTables;

/** Each after those it refers to. */
export const tpchLoadOrder: readonly TpchTableName[] = [
  'region',
  'nation',
  'supplier',
  'part',
  'partsupp',
  'customer',
  'orders',
  'lineitem',
];

export function createTableSql(table: TpchTable, withConstraints: boolean): string {
  const list = table.columns.map(([name, kind]) => `${name} ${sqlTypeOf(kind)} NOT NULL`);
  return `CREATE TABLE ${table.name} (${[...list, ...(withConstraints ? table.constraints : [])].join(', ')})`;
}
