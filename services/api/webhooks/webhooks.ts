import { randomUUID } from 'node:crypto';
import type { DeliveryView, NewWebhook, WebhookTest, WebhookView } from '@holdfast/client';
import { nameSchema, type CloudEvent } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { eventFilter } from '../http/events.controller.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { newSecret, readWebhookKey, sealed, unsealed } from './secret.js';
import { Sender } from './send.js';
import { addWebhook, redeliver } from './store.js';
import { TargetRefused, type Targets } from './target.js';

/** Each has queues of its own. */
const maxWebhooks = 100;
/** Only these can be shown; the oldest first. */
const shownDeliveries = 500;

const columns = `w.name, w.url, w.filter, w.enabled, w.created_at AS "createdAt",
  (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.name AND d.state = 'pending') AS pending,
  (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.name AND d.state = 'dead') AS dead`;

interface Row {
  name: string;
  url: string;
  filter: string;
  enabled: boolean;
  createdAt: Date;
  pending: string;
  dead: string;
}

const viewOf = ({ name, url, filter, enabled, createdAt, pending, dead }: Row): WebhookView => ({
  name, url, enabled,
  filter: filter.replace(/^evt\.v1\.>$/, '').replace(/^evt\.v1\./, '').replace(/\.>$/, ''),
  createdAt: createdAt.toISOString(), pending: Number(pending), dead: Number(dead),
});

interface Asked {
  name: string;
  url: string;
  /** As of GET /events; left out, all. */
  filter?: string | undefined;
  enabled: boolean;
}

/** The webhooks that people make. What they are told of is `WebhookSender`'s affair. */
export class Webhooks {
  private readonly sender: Sender;

  constructor(
    private readonly database: Database,
    private readonly keyFile: string | undefined,
    private readonly targets: Targets,
  ) {
    this.sender = new Sender(targets);
  }

  async list(): Promise<WebhookView[]> {
    const rows = await this.database.use((manager) =>
      manager.query<Row[]>(`SELECT ${columns} FROM webhooks w ORDER BY w.name`));
    return rows.map(viewOf);
  }

  async show(name: string): Promise<WebhookView> {
    return viewOf(await this.database.use((manager) => known(manager, name)));
  }

  async create({ name, url, filter, enabled }: Asked): Promise<NewWebhook> {
    await this.targets.check(url).catch((error: unknown) => {
      if (!(error instanceof TargetRefused)) throw error;
      throw new Problem('invalid', `url: ${error.message}`, { field: 'url', remedy: error.remedy });
    });
    const key = await this.key();
    const secret = newSecret();
    const row = await this.database.transaction(async (manager) => {
      // One after another, so that the bound holds.
      await manager.query('LOCK TABLE webhooks IN SHARE ROW EXCLUSIVE MODE');
      const names = await manager.query<{ name: string }[]>('SELECT name FROM webhooks');
      if (names.some((each) => each.name === name)) {
        const remedy = 'choose another name, or delete that webhook first';
        throw new Problem('exists', `there is a webhook ${name} already`, { field: 'name', remedy });
      }
      if (names.length >= maxWebhooks) {
        const remedy = 'delete one that is not needed';
        throw new Problem('conflict', `there are ${maxWebhooks} webhooks already`, { field: 'name', remedy });
      }
      await addWebhook(manager, { name, url, filter: eventFilter(filter), enabled, secret: sealed(secret, key, name) });
      return await known(manager, name);
    });
    return { webhook: viewOf(row), secret: secret.toString('base64url') };
  }

  /** With all that is on its way to it. */
  async remove(name: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      await known(manager, name);
      await manager.query('DELETE FROM webhooks WHERE name = $1', [name]);
    });
  }

  async deliveries(name: string): Promise<DeliveryView[]> {
    const rows = await this.database.use(async (manager) => {
      await known(manager, name);
      return await manager.query<(Omit<DeliveryView, 'nextAtMs'> & { nextAtMs: string })[]>(
        `SELECT id, state, attempts, next_at_ms AS "nextAtMs", failure, event FROM webhook_deliveries
         WHERE webhook = $1 ORDER BY state, number LIMIT $2`, [name, shownDeliveries]);
    });
    return rows.map((row) => ({ ...row, nextAtMs: row.state === 'dead' ? null : Number(row.nextAtMs) }));
  }

  /** Sends one event that says that it is a test, at once and once. */
  async test(name: string, nowMs: number): Promise<WebhookTest> {
    const { url, secret } = await this.database.use(async (manager) => {
      await known(manager, name);
      const rows = await manager.query<{ url: string; secret: Buffer }[]>(
        'SELECT url, secret FROM webhooks WHERE name = $1', [name]);
      return rows[0] ?? noSuch(name);
    });
    const opened = unsealed(secret, await this.key(), name);
    const failure = await this.sender.send(url, opened, randomUUID(), testEvent(name, nowMs), nowMs);
    return { taken: failure === null, failure };
  }

  /** All dead letters, or one, are tried anew; @returns how many. */
  async redeliver(name: string, id: string | null, nowMs: number): Promise<number> {
    return await this.database.transaction(async (manager) => {
      await known(manager, name);
      const count = await redeliver(manager, name, id, nowMs);
      if (id === null || count > 0) return count;
      const remedy = `see \`holdfast webhook show ${name}\``;
      throw new Problem('not-found', `${name} has no dead letter ${id}`, { field: 'delivery', remedy });
    });
  }

  async close(): Promise<void> {
    await this.sender.close();
  }

  private async key(): Promise<Buffer> {
    if (this.keyFile !== undefined) return await readWebhookKey(this.keyFile);
    const remedy = 'name a file of mode 600 with 32 random bytes in base64url as webhookKeyFile in its configuration';
    throw new Problem('unavailable', 'this API has no key to keep secrets with', { remedy });
  }
}

async function known(manager: EntityManager, name: string): Promise<Row> {
  if (!nameSchema.safeParse(name).success) noSuch(name);
  const rows = await manager.query<Row[]>(`SELECT ${columns} FROM webhooks w WHERE w.name = $1`, [name]);
  return rows[0] ?? noSuch(name);
}

function noSuch(name: string): never {
  const remedy = '`holdfast webhook list` has those that there are';
  throw new Problem('not-found', `there is no webhook ${JSON.stringify(name.slice(0, 100))}`, { remedy });
}

function testEvent(name: string, nowMs: number): CloudEvent {
  return {
    specversion: '1.0',
    id: `test.${randomUUID()}`,
    source: '/holdfast/api',
    type: 'io.holdfast.webhook.tested.v1',
    subject: name,
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    data: { text: `a test of the webhook ${name}`, atMs: nowMs, operation: null, incident: null },
  };
}
