import { EverviewError } from '../core/errors.ts';
import { versionColumn, weightColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { catalogueCauses } from '../core/verdict.ts';
import { type Version, versionOf } from '../core/version.ts';
import { brokenConstraints, dropDrilled } from '../ingest/drill/broken-constraints.ts';
import {
  type DrillLine,
  type DrillOutcome,
  drillLines,
  drillShares,
  drillUpdate,
} from '../ingest/drill/run-drill.ts';
import { seededRandom } from '../ingest/drill/seeded-random.ts';
import { updatesPerMonth } from '../ingest/judge/judge-batch.ts';
import { loadTableHistory } from '../ingest/judge/profile-log.ts';
import { learningUpdates, type TableHistory } from '../ingest/judge/table-history.ts';
import { type BatchColumns, readBlocks } from '../ingest/profile/batch-columns.ts';
import { logRelation } from '../ingest/relation-names.ts';
import { nameOf, type TableEntry } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { falseAlarmsOf } from './false-alarms.ts';
import { profiledEntry } from './profile-table.ts';
import type { Shown } from './show-objects.ts';
import { targetAt } from './table-clock.ts';
import { useOfTable } from './use-of-table.ts';

export type TableDrill = {
  readonly table: string;
  /** Versions whose updates were copied. */
  readonly versions: readonly number[];
  readonly lines: readonly DrillLine[];
};

export type DrillProgress = (done: number, total: number) => void;

export type DrillOptions = {
  /** Called with how many updates are done. */
  readonly progress?: DrillProgress;
};

/** Updates that are copied. */
const updatesCopied = 3;

/**
 * VALIDATE DRILL: errors of the catalogue put into copies of the table's own latest updates, in memory, and judged as
 * those updates were: by the constraints and rules about arrival that are declared, and by the learned profile. Nothing is
 * written but temporary tables.
 *
 * @throws EverviewError as `profileTable`; `not-enough-rows` for a table that is still learning
 */
export function drillTable(core: EngineCore, name: string, progress?: DrillProgress): Promise<TableDrill> {
  return core.store.read(
    () => core.state,
    async (snapshot, state) => {
      const entry = profiledEntry(core, name);
      const table = nameOf(entry);
      const history = await loadTableHistory(snapshot, table, 'insert');
      const copied = history.units.slice(learningUpdates).slice(-updatesCopied);
      if (copied.length === 0) throw stillLearning(table, history);
      const outcomes: DrillOutcome[] = [];
      const settings = {
        table,
        random: seededRandom(1),
        falseAlarmsPerMonth: falseAlarmsOf(state, entry.declared.definition),
        updatesPerMonth: updatesPerMonth(history, core.clock.nowMs()),
        use: await useOfTable(core, snapshot, state, entry),
      };
      const isRuled = hasRules(entry);
      progress?.(0, copied.length);
      for (const [done, { version, atMs }] of copied.entries()) {
        const before = history.units.filter((unit) => unit.version < version);
        const batch = await rowsOf(snapshot, entry, version, state.horizon);
        const last = before[before.length - 1];
        const previous =
          last === undefined ? null : await rowsOf(snapshot, entry, last.version, state.horizon);
        if (batch !== null) {
          const known = { ...history, units: before, latest: last ?? null };
          const update = {
            version: versionOf(version),
            atMs,
            batch,
            previous: previous ?? batch,
            history: known,
          };
          const arrived = { version: update.version, atMs };
          const constraints = isRuled
            ? (broken: BatchColumns) => brokenConstraints(snapshot, targetAt(entry, atMs), broken, arrived)
            : null;
          outcomes.push(...(await drillUpdate(update, { ...settings, constraints, watch: null })));
        }
        progress?.(done + 1, copied.length);
      }
      if (isRuled) await dropDrilled(snapshot);
      return { table, versions: copied.map(({ version }) => version), lines: drillLines(outcomes) };
    },
  );
}

function hasRules({ declared }: TableEntry): boolean {
  const { constraints, arrival } = declared.definition;
  const { maxFutureMs, allowedLatenessMs, eventTimeOrder } = arrival;
  return (
    constraints.length > 0 || maxFutureMs !== null || allowedLatenessMs !== null || eventTimeOrder !== 'none'
  );
}

function stillLearning(table: string, { units }: TableHistory): EverviewError {
  const needed = learningUpdates + 1;
  return new EverviewError(
    'not-enough-rows',
    `"${table}" is still learning: ${units.length} of its updates are known, and a drill takes ${needed}`,
    { hint: 'take more updates, and try again' },
  );
}

/** The rows an update brought; null where the history kept does not reach it. At most one block of them. */
async function rowsOf(
  session: Session,
  { target }: TableEntry,
  version: Version | number,
  horizon: Version,
): Promise<BatchColumns | null> {
  if (version <= horizon) return null;
  const relation = `(SELECT * FROM ${logRelation(target.name)} WHERE ${versionColumn} = ${version} AND ${weightColumn} > 0)`;
  for await (const block of readBlocks(session, relation, target.schema)) return block;
  return null;
}

export function shownDrill({ lines }: TableDrill): Shown {
  return {
    columns: [
      { name: 'number', type: 'INTEGER' },
      { name: 'error', type: 'VARCHAR' },
      { name: 'done', type: 'VARCHAR' },
      ...drillShares.map((share) => ({ name: `caught_at_${share * 100}`, type: 'DOUBLE' })),
      { name: 'named', type: 'DOUBLE' },
      { name: 'by', type: 'VARCHAR' },
    ],
    rows: lines.map((line) => ({
      number: catalogueCauses[line.cause][0],
      error: line.cause,
      done: line.what,
      ...Object.fromEntries(
        line.recall.map((value, place) => [`caught_at_${(drillShares[place] ?? 0) * 100}`, orNull(value)]),
      ),
      named: orNull(line.rightlyNamed / line.judged),
      by: line.by.slice(0, 3).join(', '),
    })),
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
