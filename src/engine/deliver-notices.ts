import type { Notifier } from '../core/notifier.ts';
import { dueDeliveries, nextDelivery, recordAttempt } from '../log/delivery-log.ts';
import type { EngineCore } from './engine-core.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Sends the notices that are due, in order, and records each try. Sent before it is recorded: a process that dies in
 * between sends it again. One that fails is tried again after a pause, and those behind it are not held up.
 * @param mayGoOn asked before each
 */
export async function deliverNotices(
  core: EngineCore,
  notifier: Notifier,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  const { nextDeliveryMs } = core.state;
  if (core.isHeld || nextDeliveryMs === null || nextDeliveryMs > core.clock.nowMs()) return;
  const due = await core.store.read(
    () => null,
    (snapshot) => dueDeliveries(snapshot, core.clock.nowMs()),
  );
  for (const delivery of due) {
    if (!mayGoOn()) return;
    const failure = await notifier.send(delivery.deliveryId, delivery.body).then(
      () => null,
      (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
    );
    await core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      await recordAttempt(tx, delivery, failure, draft.nowMs);
      draft.update({ nextDeliveryMs: await nextDelivery(tx) });
      return draft.committed(undefined);
    });
  }
}
