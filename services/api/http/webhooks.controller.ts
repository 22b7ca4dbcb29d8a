import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import type { DeliveryView, NewWebhook, Page, Redelivered, Removed, WebhookTest, WebhookView } from '@holdfast/client';
import { nameSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { Webhooks } from '../webhooks/webhooks.js';
import { eventsQuerySchema } from './events.controller.js';
import { parsed } from './parse.js';

export const newWebhookRequestSchema = z.strictObject({
  name: nameSchema,
  url: z.url().max(2000),
  filter: eventsQuerySchema.shape.filter,
  enabled: z.boolean().default(true),
});
export const redeliverSchema = z.strictObject({ delivery: z.uuid().nullable().default(null) }).prefault({});

const remedies = {
  url: 'give `url` as an http or https URL of at most 2000 characters',
  enabled: 'give `enabled` as true or false',
  delivery: 'give `delivery` as the id of a dead letter, or leave it out for all of them',
};

/** Who is told of events over HTTP. */
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(@Inject(Webhooks) private readonly webhooks: Webhooks) {}

  @Get()
  async list(): Promise<Page<WebhookView>> {
    return { items: await this.webhooks.list(), next: null };
  }

  @Post()
  create(@Body() body: unknown): Promise<NewWebhook> {
    return this.webhooks.create(parsed(newWebhookRequestSchema, body ?? {}, remedies));
  }

  @Get(':webhook')
  show(@Param('webhook') name: string): Promise<WebhookView> {
    return this.webhooks.show(name);
  }

  @Delete(':webhook')
  async remove(@Param('webhook') name: string): Promise<Removed> {
    await this.webhooks.remove(name);
    return { removed: name };
  }

  /** Those on their way first, then the dead letters. */
  @Get(':webhook/deliveries')
  async deliveries(@Param('webhook') name: string): Promise<Page<DeliveryView>> {
    return { items: await this.webhooks.deliveries(name), next: null };
  }

  @Post(':webhook/test')
  @HttpCode(200)
  test(@Param('webhook') name: string): Promise<WebhookTest> {
    return this.webhooks.test(name, Date.now());
  }

  @Post(':webhook/redeliver')
  @HttpCode(200)
  async redeliver(@Param('webhook') name: string, @Body() body: unknown): Promise<Redelivered> {
    const { delivery } = parsed(redeliverSchema, body, remedies);
    return { redelivered: await this.webhooks.redeliver(name, delivery, Date.now()) };
  }
}
