/** Linear-regression data sets of NIST's Statistical Reference Datasets, with their certified values (public domain). */
export type NistDataSet = {
  readonly name: string;
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
  /** The powers of the one column, from 1 on, that the model is linear in; 1 where there are several columns. */
  readonly degree: number;
  /** The intercept, then the slopes. */
  readonly certified: readonly number[];
  readonly residualSquares: number;
  readonly residualDeviation: number;
  /** What the residual squares are divided by for that. */
  readonly degreesOfFreedom: number;
  readonly rSquared: number;
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

/** Loads of the Pontius set: twice 20 of them. */
const pontiusX = Array.from({ length: 40 }, (_, index) => 150_000 * (1 + (index % 20)));
const pontiusY = [
  0.11019, 0.21956, 0.32949, 0.43899, 0.54803, 0.65694, 0.76562, 0.87487, 0.98292, 1.09146, 1.20001, 1.30822,
  1.41599, 1.52399, 1.63194, 1.73947, 1.84646, 1.95392, 2.06128, 2.16844, 0.11052, 0.22018, 0.32939, 0.43886,
  0.54798, 0.65739, 0.76596, 0.87474, 0.983, 1.0915, 1.20004, 1.30818, 1.41613, 1.52408, 1.63159, 1.73965,
  1.84696, 1.95445, 2.06177, 2.16829,
];

const filipX = [
  -6.860120914, -4.324130045, -4.358625055, -4.358426747, -6.955852379, -6.661145254, -6.355462942,
  -6.118102026, -7.115148017, -6.815308569, -6.519993057, -6.204119983, -5.853871964, -6.109523091,
  -5.79832982, -5.482672118, -5.171791386, -4.851705903, -4.517126416, -4.143573228, -3.709075441,
  -3.499489089, -6.300769497, -5.953504836, -5.642065153, -5.031376979, -4.680685696, -4.329846955,
  -3.928486195, -8.56735134, -8.363211311, -8.107682739, -7.823908741, -7.522878745, -7.218819279,
  -6.920818754, -6.628932138, -6.323946875, -5.991399828, -8.781464495, -8.663140179, -8.473531488,
  -8.247337057, -7.971428747, -7.676129393, -7.352812702, -7.072065318, -6.774174009, -6.478861916,
  -6.159517513, -6.835647144, -6.53165267, -6.224098421, -5.910094889, -5.598599459, -5.290645224,
  -4.974284616, -4.64454848, -4.290560426, -3.885055584, -3.408378962, -3.13200249, -8.726767166, -8.66695597,
  -8.511026475, -8.165388579, -7.886056648, -7.588043762, -7.283412422, -6.995678626, -6.691862621,
  -6.392544977, -6.067374056, -6.684029655, -6.378719832, -6.065855188, -5.752272167, -5.132414673,
  -4.811352704, -4.098269308, -3.66174277, -3.2644011,
];
const filipY = [
  0.8116, 0.9072, 0.9052, 0.9039, 0.8053, 0.8377, 0.8667, 0.8809, 0.7975, 0.8162, 0.8515, 0.8766, 0.8885,
  0.8859, 0.8959, 0.8913, 0.8959, 0.8971, 0.9021, 0.909, 0.9139, 0.9199, 0.8692, 0.8872, 0.89, 0.891, 0.8977,
  0.9035, 0.9078, 0.7675, 0.7705, 0.7713, 0.7736, 0.7775, 0.7841, 0.7971, 0.8329, 0.8641, 0.8804, 0.7668,
  0.7633, 0.7678, 0.7697, 0.77, 0.7749, 0.7796, 0.7897, 0.8131, 0.8498, 0.8741, 0.8061, 0.846, 0.8751, 0.8856,
  0.8919, 0.8934, 0.894, 0.8957, 0.9047, 0.9129, 0.9209, 0.9219, 0.7739, 0.7681, 0.7665, 0.7703, 0.7702,
  0.7761, 0.7809, 0.7961, 0.8253, 0.8602, 0.8809, 0.8301, 0.8664, 0.8834, 0.8898, 0.8964, 0.8963, 0.9074,
  0.9119, 0.9228,
];

/** Least squares through the origin: with each row's mirror image beside it, the best intercept is 0. Squares double. */
const mirrored = (values: readonly number[]) => [...values, ...values.map((value) => -value)];
const noInt1X = Array.from({ length: 11 }, (_, index) => 60 + index);

const ones = [1, 1, 1, 1, 1, 1];

const column = (values: readonly number[]) => values.map((value) => [value]);

export const nistDataSets: readonly NistDataSet[] = [
  {
    name: 'Norris',
    x: column(norrisX),
    y: norrisY,
    degree: 1,
    certified: [-0.262323073774029, 1.00211681802045],
    residualSquares: 26.6173985294224,
    residualDeviation: 0.884796396144373,
    degreesOfFreedom: 34,
    rSquared: 0.999993745883712,
    digits: 13,
  },
  {
    name: 'Pontius',
    x: column(pontiusX),
    y: pontiusY,
    degree: 2,
    certified: [0.673565789473684e-3, 0.732059160401003e-6, -0.316081871345029e-14],
    residualSquares: 0.155761768796992e-5,
    residualDeviation: 0.205177424076185e-3,
    degreesOfFreedom: 37,
    rSquared: 0.999999900178537,
    digits: 12,
  },
  {
    name: 'NoInt1',
    x: column(mirrored(noInt1X)),
    y: mirrored(noInt1X.map((x) => x + 70)),
    degree: 1,
    certified: [0, 2.07438016528926],
    residualSquares: 2 * 127.272727272727,
    residualDeviation: 3.56753034006338,
    degreesOfFreedom: 20,
    rSquared: 0.999365492298663,
    digits: 14,
  },
  {
    name: 'NoInt2',
    x: column(mirrored([4, 5, 6])),
    y: mirrored([3, 4, 4]),
    degree: 1,
    certified: [0, 0.727272727272727],
    residualSquares: 2 * 0.272727272727273,
    residualDeviation: 0.369274472937998,
    degreesOfFreedom: 4,
    rSquared: 0.993348115299335,
    digits: 14,
  },
  {
    name: 'Filip',
    x: column(filipX),
    y: filipY,
    degree: 10,
    certified: [
      -1467.4896142298, -2772.17959193342, -2316.37108160893, -1127.97394098372, -354.478233703349,
      -75.1242017393757, -10.8753180355343, -1.06221498588947, -0.0670191154593408, -0.00246781078275479,
      -0.0000402962525080404,
    ],
    residualSquares: 0.795851382172941e-3,
    residualDeviation: 0.334801051324544e-2,
    degreesOfFreedom: 71,
    rSquared: 0.99672741618562,
    digits: 7.5,
  },
  {
    name: 'Longley',
    x: longleyX,
    y: longleyY,
    degree: 1,
    certified: [
      -3482258.63459582, 15.0618722713733, -0.035819179292591, -2.02022980381683, -1.03322686717359,
      -0.0511041056535807, 1829.15146461355,
    ],
    residualSquares: 836424.055505915,
    residualDeviation: 304.854073561965,
    degreesOfFreedom: 9,
    rSquared: 0.995479004577296,
    digits: 13,
  },
  {
    name: 'Wampler1',
    x: column(steps),
    y: wampler1Y,
    degree: 5,
    certified: ones,
    residualSquares: 0,
    residualDeviation: 0,
    degreesOfFreedom: 15,
    rSquared: 1,
    digits: 14,
  },
  {
    name: 'Wampler2',
    x: column(steps),
    y: wampler2Y,
    degree: 5,
    certified: [1, 0.1, 0.01, 0.001, 0.0001, 0.00001],
    residualSquares: 0,
    residualDeviation: 0,
    degreesOfFreedom: 15,
    rSquared: 1,
    digits: 13,
  },
  {
    name: 'Wampler3',
    x: column(steps),
    y: wampler3Y,
    degree: 5,
    certified: ones,
    residualSquares: 83554268,
    residualDeviation: 2360.14502379268,
    degreesOfFreedom: 15,
    rSquared: 0.99999555902582,
    digits: 14,
  },
  {
    name: 'Wampler4',
    x: column(steps),
    y: worse(100),
    degree: 5,
    certified: ones,
    residualSquares: 835542680000,
    residualDeviation: 236014.502379268,
    degreesOfFreedom: 15,
    rSquared: 0.957478440825662,
    digits: 14,
  },
  {
    name: 'Wampler5',
    x: column(steps),
    y: worse(10_000),
    degree: 5,
    certified: ones,
    residualSquares: 8355426800000000,
    residualDeviation: 23601450.2379268,
    degreesOfFreedom: 15,
    rSquared: 0.22466892157494e-2,
    digits: 8,
  },
];
