import { EverviewError } from '../core/errors.ts';
import type { Notifier } from '../core/notifier.ts';

export type WebhookOptions = {
  /** `https:`, or `http:` to the machine itself. */
  readonly url: string;
  /** As an authorization; never printed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until a try counts as failed. */
  readonly timeoutMs?: number;
};

const usualTimeoutMs = 10_000;

/** Posts notices as JSON. Redirects are not followed, so that nothing goes where the user did not say. */
export function createWebhook({ url, headers = {}, timeoutMs = usualTimeoutMs }: WebhookOptions): Notifier {
  const target = webhookUrl(url);
  return {
    async send(deliveryId, body) {
      const response = await fetch(target, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'idempotency-key': `everview-${deliveryId}`,
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new EverviewError('not-delivered', `the webhook answered ${response.status}`);
    },
  };
}

/** @throws EverviewError `invalid-option` */
function webhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) return url;
  throw new EverviewError('invalid-option', 'Everview.open: the url of the webhook is not one to send to', {
    hint: 'give an https: address, or http: of the machine itself',
  });
}
