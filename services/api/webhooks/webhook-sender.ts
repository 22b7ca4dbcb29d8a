import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { afterTry, due } from './core.js';
import { readWebhookKey, unsealed } from './secret.js';
import { Sender } from './send.js';
import { enqueue, isSender, pendingDeliveries, settle, stopSending, type Tried, type Waiting } from './store.js';
import { Targets } from './target.js';

const everyMs = 200;
const awayMs = 1000;
/** Longer than a send may take: whoever is gone for so long has nothing under way. */
const sendsForMs = 30_000;

export interface SenderOptions {
  readonly webhookKeyFile?: string | undefined;
  readonly targets: Targets;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * Tells webhooks of the events in the history; one replica at a time. A delivery ends when its receiver took it and the
 * database knows: if that is away just then, it is sent again with the same id.
 */
export class WebhookSender {
  private readonly logger = new Logger('webhooks');
  private readonly closing = new AbortController();
  private readonly replica = randomUUID();
  private readonly sender: Sender;
  private readonly sending = new Map<string, Promise<void>>();
  private readonly underWay = new Map<string, Waiting>();
  private readonly now: () => number;
  private running: Promise<void> | null = null;

  constructor(
    private readonly database: Database,
    private readonly options: SenderOptions,
  ) {
    this.sender = new Sender(options.targets);
    this.now = options.now ?? Date.now;
  }

  start(): void {
    if (this.database.status.state === 'not-configured' || this.options.webhookKeyFile === undefined) return;
    this.running ??= this.run(this.options.webhookKeyFile);
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
    await this.sender.close();
    await Promise.all(this.sending.values());
    if (this.running) await this.database.use((manager) => stopSending(manager, this.replica)).catch(() => undefined);
  }

  private async run(keyFile: string): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      let waitMs = everyMs;
      try {
        if (await this.round(await readWebhookKey(keyFile))) waitMs = 0;
      } catch (error) {
        waitMs = awayMs;
        // The database says by itself when it is away.
        const isAway = error instanceof Problem && error.code === 'unavailable';
        if (!isAway) this.logger.warn(`webhooks wait: ${String(error)}`);
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns whether there is more to do at once. */
  private async round(key: Buffer): Promise<boolean> {
    if (!await this.database.use((manager) => isSender(manager, this.replica, sendsForMs))) return false;
    const isMore = await this.database.transaction((manager) => enqueue(manager, this.now()));
    // Taken before the question: what ends meanwhile may still stand in its answer.
    const sending = [...this.underWay.values()];
    const pending = await this.database.use(pendingDeliveries);
    for (const delivery of due(pending, sending, this.now()) as Waiting[]) this.begin(delivery, key);
    return isMore;
  }

  private begin(delivery: Waiting, key: Buffer): void {
    this.underWay.set(delivery.id, delivery);
    this.sending.set(delivery.id, this.deliver(delivery, key).catch(() => undefined).finally(() => {
      this.underWay.delete(delivery.id);
      this.sending.delete(delivery.id);
    }));
  }

  private async deliver(delivery: Waiting, key: Buffer): Promise<void> {
    const firstAtMs = delivery.firstAtMs ?? this.now();
    const failure = await this.attempt(delivery, key);
    // Not the receiver's fault: it is tried again after the next start.
    if (failure !== null && this.closing.signal.aborted) return;
    const next = afterTry({ ...delivery, firstAtMs }, failure === null, this.now(), this.options.random ?? Math.random);
    const tried: Tried = { next, firstAtMs, failure };
    await this.database.transaction((manager) => settle(manager, delivery, tried));
  }

  private async attempt(delivery: Waiting, key: Buffer): Promise<string | null> {
    let secret: Buffer;
    try {
      secret = unsealed(delivery.secret, key, delivery.webhook);
    } catch {
      return 'its secret cannot be read with the key in webhookKeyFile';
    }
    return await this.sender.send(delivery.url, secret, delivery.id, delivery.event, this.now());
  }
}
