import type { DeliveryView, NewWebhook, Page, Redelivered, Removed, WebhookTest, WebhookView } from './resources.js';
import { Routes } from './routes.js';

/** Who is told of events over HTTP. Throws as `HoldfastClient` does. */
export class WebhookClient extends Routes {
  webhooks(): Promise<Page<WebhookView>> {
    return this.get('/api/v1/webhooks', {});
  }

  webhook(webhook: string): Promise<WebhookView> {
    return this.get('/api/v1/webhooks/{webhook}', { path: { webhook } });
  }

  /** The only time that its secret is told. */
  newWebhook(body: { name: string; url: string; filter?: string; enabled?: boolean }): Promise<NewWebhook> {
    return this.post('/api/v1/webhooks', { body });
  }

  deleteWebhook(webhook: string): Promise<Removed> {
    return this.delete('/api/v1/webhooks/{webhook}', { path: { webhook } });
  }

  deliveries(webhook: string): Promise<Page<DeliveryView>> {
    return this.get('/api/v1/webhooks/{webhook}/deliveries', { path: { webhook } });
  }

  testWebhook(webhook: string): Promise<WebhookTest> {
    return this.post('/api/v1/webhooks/{webhook}/test', { path: { webhook } });
  }

  /** All dead letters, or one. */
  redeliver(webhook: string, delivery: string | null): Promise<Redelivered> {
    return this.post('/api/v1/webhooks/{webhook}/redeliver', { path: { webhook }, body: { delivery } });
  }
}
