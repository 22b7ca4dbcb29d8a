import { subjectMatches } from '@holdfast/bus';
import type { CloudEvent } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { nounOf } from '../event-history.js';
import { maxPending, type Delivery, type Next } from './core.js';

const batchEvents = 200;
/** Of the oldest of each webhook; more are looked at once these are through. */
const maxLookedAt = 500;
const maxDead = 10_000;

export interface Webhook {
  readonly name: string;
  readonly url: string;
  /** As the bus has it: `evt.v1.vm.>`. */
  readonly filter: string;
  readonly enabled: boolean;
  /** Encrypted with `sealed`. */
  readonly secret: Buffer;
}

export interface Waiting extends Delivery {
  readonly event: CloudEvent;
  readonly url: string;
  readonly secret: Buffer;
}

/** It is told of what is kept in the history from now on. */
export async function addWebhook(manager: EntityManager, webhook: Webhook): Promise<void> {
  const { name, url, filter, enabled, secret } = webhook;
  await manager.query(
    `INSERT INTO webhooks (name, url, filter, enabled, secret, after_number)
     SELECT $1, $2, $3, $4, $5, coalesce(max(number), 0) FROM event_history`, [name, url, filter, enabled, secret]);
}

/** Whether this replica is the one that sends, for the next seconds. */
export async function isSender(manager: EntityManager, replica: string, forMs: number): Promise<boolean> {
  const rows = await manager.query<[object[], number]>(
    `UPDATE webhook_position SET sender = $1, sends_until = now() + $2 * interval '1 millisecond'
     WHERE sender = $1 OR sends_until < now() RETURNING 1`, [replica, forMs]);
  return rows[1] > 0;
}

export async function stopSending(manager: EntityManager, replica: string): Promise<void> {
  await manager.query('UPDATE webhook_position SET sends_until = to_timestamp(0) WHERE sender = $1', [replica]);
}

/**
 * Puts the history's next events into the queues. How far it has come moves with them, so each is put there once.
 * @returns whether there may be more.
 */
export async function enqueue(manager: EntityManager, nowMs: number): Promise<boolean> {
  const [position] = await manager.query<{ number: string }[]>('SELECT number FROM webhook_position FOR UPDATE');
  const events = await manager.query<{ number: string; event: CloudEvent }[]>(
    'SELECT number, event FROM event_history WHERE number > $1 ORDER BY number LIMIT $2',
    [position?.number ?? 0, batchEvents]);
  const last = events.at(-1);
  if (!last) return false;
  const hooks = await manager.query<{ name: string; filter: string; after_number: string }[]>(
    'SELECT name, filter, after_number FROM webhooks WHERE enabled');
  for (const { name, filter, after_number: after } of hooks) {
    const wanted = events.filter(({ number, event }) =>
      Number(number) > Number(after) && subjectMatches(filter, subjectOf(event)));
    if (wanted.length > 0) await put(manager, name, wanted, nowMs);
  }
  await manager.query('UPDATE webhook_position SET number = $1', [last.number]);
  return events.length === batchEvents;
}

async function put(
  manager: EntityManager, webhook: string, events: readonly { number: string; event: CloudEvent }[], nowMs: number,
): Promise<void> {
  const [row] = await manager.query<{ count: string }[]>(
    `SELECT count(*) FROM webhook_deliveries WHERE state = 'pending' AND webhook = $1`, [webhook]);
  const room = Math.max(0, maxPending - Number(row?.count ?? 0));
  const rows = events.map(({ number, event }, at) => ({
    number, event, subject: `${nounOf(event)}.${event.subject}`, state: at < room ? 'pending' : 'dead',
  }));
  await manager.query(
    `INSERT INTO webhook_deliveries (webhook, number, subject, event, state, next_at_ms, failure)
     SELECT $1, number, subject, event, state, $3, CASE state WHEN 'dead' THEN 'too many were waiting' END
     FROM jsonb_to_recordset($2::jsonb) AS row (number bigint, subject text, event jsonb, state text)
     ON CONFLICT (webhook, number) DO NOTHING`, [webhook, JSON.stringify(rows), nowMs]);
  if (events.length > room) await forgetOldDead(manager, webhook);
}

/** The oldest pending of each webhook that is enabled. */
export async function pendingDeliveries(manager: EntityManager): Promise<Waiting[]> {
  const rows = await manager.query<Record<string, unknown>[]>(
    `SELECT d.id, d.webhook, d.subject, d.number, d.attempts, d.first_at_ms AS "firstAtMs",
       d.next_at_ms AS "nextAtMs", d.event, w.url, w.secret
     FROM webhooks w CROSS JOIN LATERAL (SELECT DISTINCT ON (subject) * FROM webhook_deliveries
       WHERE state = 'pending' AND webhook = w.name ORDER BY subject, number LIMIT $1) d
     WHERE w.enabled`, [maxLookedAt]);
  return rows.map((row) => ({
    ...(row as unknown as Waiting),
    number: Number(row.number),
    firstAtMs: row.firstAtMs === null ? null : Number(row.firstAtMs),
    nextAtMs: Number(row.nextAtMs),
  }));
}

export interface Tried {
  readonly next: Next;
  readonly firstAtMs: number;
  readonly failure: string | null;
}

export async function settle(manager: EntityManager, delivery: Delivery, tried: Tried): Promise<void> {
  const { next, firstAtMs, failure } = tried;
  if (next.state === 'done') {
    await manager.query('DELETE FROM webhook_deliveries WHERE id = $1', [delivery.id]);
    return;
  }
  await manager.query(
    `UPDATE webhook_deliveries SET state = $2, attempts = attempts + 1, first_at_ms = $3,
       next_at_ms = coalesce($4, next_at_ms), failure = $5 WHERE id = $1`,
    [delivery.id, next.state, firstAtMs, next.state === 'pending' ? next.nextAtMs : null, failure]);
  if (next.state === 'dead') await forgetOldDead(manager, delivery.webhook);
}

/** All dead letters of a webhook, or one, are tried anew; @returns how many. */
export async function redeliver(
  manager: EntityManager, webhook: string, id: string | null, nowMs: number,
): Promise<number> {
  const [, count] = await manager.query<[object[], number]>(
    `UPDATE webhook_deliveries SET state = 'pending', attempts = 0, first_at_ms = NULL, next_at_ms = $3
     WHERE webhook = $1 AND state = 'dead' AND ($2::uuid IS NULL OR id = $2)`, [webhook, id, nowMs]);
  return count;
}

async function forgetOldDead(manager: EntityManager, webhook: string): Promise<void> {
  await manager.query(
    `DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries
       WHERE state = 'dead' AND webhook = $1 ORDER BY number DESC OFFSET $2)`, [webhook, maxDead]);
}

function subjectOf(event: CloudEvent): string {
  return `evt.v1.${nounOf(event)}.${event.subject}.${event.type.split('.')[3] ?? ''}`;
}
