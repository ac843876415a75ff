import { expect, it } from 'vitest';
import { Everview } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';

/** As JavaScript may call it. */
function call(method: 'decideModel' | 'decideUpdate' | 'decideIncident', given: readonly unknown[]) {
  return async (db: Everview) => failureOf(Promise.resolve(Reflect.apply(db[method], db, [...given])));
}

it.each([
  [
    'another action',
    call('decideUpdate', [1, 'aprove']),
    'decideUpdate(): action: Invalid option: expected one of "approve"|"reject"',
  ],
  [
    'an update that is no number',
    call('decideUpdate', ['1', 'reject']),
    'decideUpdate(): updateId: the number of an update',
  ],
  [
    'an option there is not',
    call('decideModel', ['m', 'hold', { version: 2 }]),
    'decideModel(): options: Unrecognized key: "version"',
  ],
  [
    'a rollback to nowhere',
    call('decideModel', ['m', 'rollback']),
    'decideModel(): options.version: the number of a version',
  ],
  ['a model without a name', call('decideModel', [7, 'promote']), 'decideModel(): name: the name of a model'],
  [
    'half an incident',
    call('decideIncident', [1.5, 'accept']),
    'decideIncident(): incidentId: a whole number',
  ],
  [
    'no duration',
    call('decideIncident', [1, 'accept', { for: 'a while' }]),
    'decideIncident(): options.for: ',
  ],
])('refuses %s, and decides nothing', async (_what, attempt, message) => {
  await using db = await Everview.open(':memory:', { scheduler: 'manual' });
  const failure = await attempt(db);
  expect(failure).toMatchObject({ code: 'invalid-option' });
  expect(failure.message).toContain(message);
});
