/** Linear-regression data sets of NIST's Statistical Reference Datasets, with their certified values (public domain). */
export type NistDataSet = {
  readonly name: string;
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
  /** The intercept, then the slopes. */
  readonly certified: readonly number[];
  readonly residualSquares: number;
  /** Decimal digits every one of them is reached to, at least. */
  readonly digits: number;
};

const norrisX = [
  0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777, 558.2, 0.4, 0.6, 775.5, 666.9, 338, 447.5,
  11.6, 556, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999, 779, 11.1, 118.3, 229.2, 669.1,
  448.9, 0.5,
];
const norrisY = [
  0.1, 338.8, 118.1, 888, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9,
  10.8, 557.7, 228.3, 998, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4,
  449.2, 0.2,
];

const longleyX = [
  [83, 234289, 2356, 1590, 107608, 1947],
  [88.5, 259426, 2325, 1456, 108632, 1948],
  [88.2, 258054, 3682, 1616, 109773, 1949],
  [89.5, 284599, 3351, 1650, 110929, 1950],
  [96.2, 328975, 2099, 3099, 112075, 1951],
  [98.1, 346999, 1932, 3594, 113270, 1952],
  [99, 365385, 1870, 3547, 115094, 1953],
  [100, 363112, 3578, 3350, 116219, 1954],
  [101.2, 397469, 2904, 3048, 117388, 1955],
  [104.6, 419180, 2822, 2857, 118734, 1956],
  [108.4, 442769, 2936, 2798, 120445, 1957],
  [110.8, 444546, 4681, 2637, 121950, 1958],
  [112.6, 482704, 3813, 2552, 123366, 1959],
  [114.2, 502601, 3931, 2514, 125368, 1960],
  [115.7, 518173, 4806, 2572, 127852, 1961],
  [116.9, 554894, 4007, 2827, 130081, 1962],
];
const longleyY = [
  60323, 61122, 60171, 61187, 63221, 63639, 64989, 63761, 66019, 67857, 68169, 66513, 68655, 69564, 69331,
  70551,
];

const steps = Array.from({ length: 21 }, (_, step) => step);
const powers = steps.map((step) => [1, 2, 3, 4, 5].map((power) => step ** power));
const wampler1Y = steps.map((step) => 1 + step + step ** 2 + step ** 3 + step ** 4 + step ** 5);
const wampler2Y = [
  1, 1.11111, 1.24992, 1.42753, 1.65984, 1.96875, 2.38336, 2.94117, 3.68928, 4.68559, 6, 7.71561, 9.92992,
  12.75603, 16.32384, 20.78125, 26.29536, 33.05367, 41.26528, 51.16209, 63,
];
const wampler3Y = [
  760, -2042, 2111, -1684, 3888, 1858, 11379, 17560, 39287, 64382, 113159, 175108, 273291, 400186, 581243,
  811568, 1121004, 1506550, 2002767, 2611612, 3369180,
];
/** Wampler 4 and 5 are Wampler 1 with 100 and 10,000 times the error of Wampler 3. */
const worse = (times: number) =>
  wampler1Y.map((value, step) => value + times * ((wampler3Y[step] ?? 0) - value));

const ones = [1, 1, 1, 1, 1, 1];

export const nistDataSets: readonly NistDataSet[] = [
  {
    name: 'Norris',
    x: norrisX.map((x) => [x]),
    y: norrisY,
    certified: [-0.262323073774029, 1.00211681802045],
    residualSquares: 26.6173985294224,
    digits: 13,
  },
  {
    name: 'Longley',
    x: longleyX,
    y: longleyY,
    certified: [
      -3482258.63459582, 15.0618722713733, -0.035819179292591, -2.02022980381683, -1.03322686717359,
      -0.0511041056535807, 1829.15146461355,
    ],
    residualSquares: 836424.055505915,
    digits: 13,
  },
  { name: 'Wampler1', x: powers, y: wampler1Y, certified: ones, residualSquares: 0, digits: 14 },
  {
    name: 'Wampler2',
    x: powers,
    y: wampler2Y,
    certified: [1, 0.1, 0.01, 0.001, 0.0001, 0.00001],
    residualSquares: 0,
    digits: 13,
  },
  { name: 'Wampler3', x: powers, y: wampler3Y, certified: ones, residualSquares: 83554268, digits: 14 },
  { name: 'Wampler4', x: powers, y: worse(100), certified: ones, residualSquares: 835542680000, digits: 14 },
  {
    name: 'Wampler5',
    x: powers,
    y: worse(10_000),
    certified: ones,
    residualSquares: 8355426800000000,
    digits: 8,
  },
];
