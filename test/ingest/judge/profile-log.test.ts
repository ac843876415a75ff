import { expect, test } from 'vitest';
import { versionOf } from '../../../src/core/version.ts';
import { learnFrom, loadTableHistory, recordProfile } from '../../../src/ingest/judge/profile-log.ts';
import type { LearningState, UpdateKind } from '../../../src/ingest/judge/table-history.ts';
import { openDuckdbStore } from '../../../src/store/duckdb-store.ts';

const profile = {
  rows: 1,
  duplicates: 0,
  columns: [],
  correlations: [],
  rules: [],
  dependencies: [],
  effects: [],
};

test('updates that go on as noticed are learned, and none of another kind, or blocked, with them', async () => {
  const store = await openDuckdbStore(':memory:');
  const recorded: readonly (readonly [version: number, kind: UpdateKind, state: LearningState])[] = [
    [1, 'insert', 'learned'],
    [2, 'insert', 'noticed'],
    [3, 'insert', 'blocked'],
    [4, 'insert', 'noticed'],
    [5, 'replace', 'noticed'],
    [6, 'replace', 'blocked'],
    [7, 'insert', 'noticed'],
    [8, 'insert', 'noticed'],
  ];
  await store.write(async (tx) => {
    for (const [version, kind, state] of recorded) {
      const verdict = {
        table: 't',
        version: versionOf(version),
        rows: 1,
        state: 'judged',
        severity: null,
        history: 0,
        tests: 0,
        thresholds: { block: 0, notice: 0 },
        findings: [],
      } as const;
      const unit = { version, atMs: 0, profile, subjects: [], blocking: [] };
      await recordProfile(tx, verdict, kind, state, unit, null, version);
    }
    await learnFrom(tx, 't', 'insert', [4, 7, 8]);
    const versions = async (kind: UpdateKind) =>
      (await loadTableHistory(tx, 't', kind)).units.map((unit) => unit.version);
    expect(await versions('insert')).toEqual([1, 4, 7, 8]);
    expect(await versions('replace')).toEqual([]);
  });
  await store.close();
});
