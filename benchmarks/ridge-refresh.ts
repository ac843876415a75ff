import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { measureRounds } from './measure.ts';
import { ScanAndGemm } from './scan-and-gemm.ts';
import { openWide, wideRows } from './wide-table.ts';

const alone = 'scan and Gemm alone';
const refresh = 'REFRESH m FULL';

/** The full refresh of a ridge model, next to the least it could do. */
export const ridgeRefresh: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, features, rounds] = isQuick ? [5_000, 4, 1] : [1_000_000, 50, 9];
    const path = join(directory, 'ridge-refresh.db');
    const everview = await openWide(path, rows, features);
    const baseline = await ScanAndGemm.open(
      join(directory, 'scan-and-gemm.db'),
      `CREATE TABLE t AS ${wideRows(rows, features)}`,
    );
    const measured = await measureRounds(
      [
        { name: alone, run: () => baseline.sum(rows, features + 1) },
        { name: refresh, run: () => everview.refresh('m', 'full') },
      ],
      rounds,
    );
    await baseline.close();
    await everview.close();
    return [
      {
        title: `Full refresh of a ridge model, ${rows.toLocaleString('en')} × ${features}`,
        text:
          'A table of doubles in a file, a training set over all of it, a ridge model. The refresh scans the kept ' +
          'training set on two streams, sums the products, solves, judges, and commits the new model version; the ' +
          'training set is up to date already. The baseline copies every column of the same rows out of a DuckDB ' +
          'file of its own on two streams and gives each block of 8,192 rows to the Gemm of onnxruntime, and ' +
          'nothing else.',
        rows: measured,
        baseline: alone,
        aims: [
          {
            text: 'the full refresh within 1.5 × of scan and Gemm alone',
            contender: refresh,
            baseline: alone,
            limit: 1.5,
          },
        ],
      },
    ];
  },
};
