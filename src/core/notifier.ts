/**
 * Where notices of incidents go. A notice may come twice, never not at all while tries are left: `deliveryId` tells
 * copies apart.
 * @throws whatever went wrong; the notice is tried again later.
 */
export interface Notifier {
  send(deliveryId: number, body: string): Promise<void>;
}
