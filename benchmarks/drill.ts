import { join } from 'node:path';
import { drillShares } from '../src/ingest/drill/run-drill.ts';
import { openDuckdbStore } from '../src/store/duckdb-store.ts';
import type { Benchmark, ToldSection } from './benchmark.ts';
import { drillSection, percent, share } from './drill/drill-section.ts';
import { type LabelReplay, labelErrors, replayLabels } from './drill/label-replay.ts';
import { loadSet } from './drill/load-set.ts';
import { type ReplayResult, replay } from './drill/replay.ts';
import { replaySets } from './drill/replay-sets.ts';

/** Real tables, replayed clean and with the catalogue's errors put into copies of their updates. */
export const drill: Benchmark = {
  run: async ({ directory, isQuick }) => {
    const store = await openDuckdbStore(join(directory, 'drill.db'));
    const results: ReplayResult[] = [];
    const labels: LabelReplay[] = [];
    const absent: string[] = [];
    for (const set of isQuick ? replaySets.slice(0, 1) : replaySets) {
      const loaded = await store.write((tx) => loadSet(tx, set));
      if (loaded === null) absent.push(`${set.name} (${set.source})`);
      else results.push(await replay(loaded, isQuick));
    }
    for (const set of isQuick ? [] : replaySets) {
      const found = await store.write((tx) => replayLabels(tx, set, directory, labelUpdates));
      if (found !== null) labels.push(found);
    }
    await store.close();
    return [drillSection(results, absent), ...(labels.length === 0 ? [] : [labelSection(labels)])];
  },
};

/** Updates of each set that are replayed with a model of its label. */
const labelUpdates = 60;

function labelSection(replays: readonly LabelReplay[]): ToldSection {
  const sum = (figureOf: (one: LabelReplay) => number) =>
    replays.reduce((total, one) => total + figureOf(one), 0);
  const text =
    `The first ${labelUpdates} updates of each set through an engine that has a model of its label over the plain columns, the hour and the ` +
    'weekday, refreshed at every fourth. Counted is what the model says: of the updates as they came, and of copies of three of ' +
    'the last in which labels (or one number, chosen at random) are moved among rows, or classes exchanged, at 1, 5, 20 and ' +
    '100 % of the rows. What a model hardly knows, it cannot miss: of a feature that says nothing about the label nothing is found.';
  return {
    title: 'Labels broken in real tables',
    text,
    lines: [
      '| set | model | updates judged | blocked | noticed | error | 1 % | 5 % | 20 % | 100 % |',
      '|---|---|--:|--:|--:|---|--:|--:|--:|--:|',
      ...replays.flatMap(labelLines),
    ],
    judged: [
      {
        text: 'updates as they came that are noticed for what a model makes of them, at most 1 %',
        measured: percent(sum(({ noticed }) => noticed) / sum(({ updates }) => updates)),
        holds: sum(({ noticed }) => noticed) <= 0.01 * sum(({ updates }) => updates),
      },
      {
        text: 'updates as they came that are blocked for it, at most 0.1 %',
        measured: percent(sum(({ blocked }) => blocked) / sum(({ updates }) => updates)),
        holds: sum(({ blocked }) => blocked) <= 0.001 * sum(({ updates }) => updates),
      },
    ],
  };
}

function labelLines({ name, heldOut, method, updates, blocked, noticed, outcomes }: LabelReplay): string[] {
  return labelErrors.flatMap((error, place) => {
    const own = outcomes.filter((outcome) => outcome.error === error);
    if (own.length === 0) return [];
    const cells = drillShares.map((rows) => {
      const tried = own.filter((outcome) => outcome.share === rows);
      return share(tried.filter(({ isByModel }) => isByModel).length / tried.length);
    });
    const head =
      place === 0
        ? [
            `${name}${heldOut ? ' (held out)' : ''}`,
            method,
            updates,
            percent(blocked / updates),
            percent(noticed / updates),
          ]
        : ['', '', '', '', ''];
    return [`| ${[...head, error, ...cells].join(' | ')} |`];
  });
}
