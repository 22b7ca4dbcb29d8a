/** The first try again comes after this, each further one after twice as long, at most `maxRetryMs`. */
export const firstRetryMs = 1000;
export const maxRetryMs = 3_600_000;
/** Counted from the first try; after that it is a dead letter. */
export const retryForMs = 86_400_000;
/** Of one webhook. What comes in beyond that is a dead letter at once. */
export const maxPending = 10_000;
const maxSendingOfOne = 8;
const maxSending = 64;

/** One event on its way to one webhook. */
export interface Delivery {
  readonly id: string;
  readonly webhook: string;
  /** What the event is about, such as `vm.web1`; its events go out in the order of their numbers. */
  readonly subject: string;
  readonly number: number;
  readonly attempts: number;
  /** Of the first try; null before it. */
  readonly firstAtMs: number | null;
  readonly nextAtMs: number;
}

/** What came of a try. */
export type Next =
  | { readonly state: 'done' }
  | { readonly state: 'pending'; readonly nextAtMs: number }
  | { readonly state: 'dead' };

/**
 * What to send now: of each webhook and subject the oldest only, when its time has come and nothing of it is under way.
 * @param sending those under way, which may stand in `pending` as well.
 */
export function due(pending: readonly Delivery[], sending: readonly Delivery[], nowMs: number): Delivery[] {
  const seen = new Set(sending.map(laneOf));
  const sendingOf = new Map<string, number>();
  for (const { webhook } of sending) sendingOf.set(webhook, (sendingOf.get(webhook) ?? 0) + 1);
  const chosen: Delivery[] = [];
  for (const delivery of [...pending].sort((a, b) => a.number - b.number)) {
    const lane = laneOf(delivery);
    if (seen.has(lane)) continue;
    seen.add(lane);
    const busy = sendingOf.get(delivery.webhook) ?? 0;
    if (delivery.nextAtMs > nowMs || busy >= maxSendingOfOne || sending.length + chosen.length >= maxSending) continue;
    sendingOf.set(delivery.webhook, busy + 1);
    chosen.push(delivery);
  }
  return chosen;
}

/** @param random in [0, 1): spreads receivers' retries over the second half of the wait. */
export function afterTry(delivery: Delivery, isTaken: boolean, nowMs: number, random: () => number): Next {
  if (isTaken) return { state: 'done' };
  const endMs = (delivery.firstAtMs ?? nowMs) + retryForMs;
  if (nowMs >= endMs) return { state: 'dead' };
  const waitMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(delivery.attempts, 30));
  return { state: 'pending', nextAtMs: Math.min(endMs, Math.ceil(nowMs + waitMs * (0.5 + random() / 2))) };
}

function laneOf({ webhook, subject }: Delivery): string {
  return `${webhook} ${subject}`;
}
