import type { CloudEvent } from '@holdfast/contracts';
import { createHmac, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../persistence/database.js';
import { TestPostgres, untilState } from '../persistence/testing/postgres.js';
import { retryForMs } from './core.js';
import { newSecret, sealed } from './secret.js';
import { Sender } from './send.js';
import { addWebhook, redeliver } from './store.js';
import { Targets } from './target.js';
import { WebhookSender } from './webhook-sender.js';

interface Got {
  headers: IncomingHttpHeaders;
  body: string;
  subject: string;
  status: number;
}

const key = randomBytes(32);
const secret = newSecret();
const loopback = new Targets(['127.0.0.0/8']);
let postgres: TestPostgres;
let keyFile: string;
let database: Database;
let server: Server;
let url: string;
let got: Got[];
let statusFor: (subject: string) => number;
let aheadMs: number;
const senders: WebhookSender[] = [];

beforeAll(async () => {
  postgres = await TestPostgres.begin();
  keyFile = join(postgres.directory, 'webhook-key');
  await writeFile(keyFile, key.toString('base64url'), { mode: 0o600 });
});
afterAll(() => postgres.end());
beforeEach(async () => {
  got = [];
  aheadMs = 0;
  statusFor = () => 204;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { subject } = JSON.parse(body) as CloudEvent;
      const status = statusFor(subject);
      got.push({ headers: request.headers, body, subject, status });
      response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  database = await postgres.database();
  await database.use((manager) => addWebhook(manager, {
    name: 'hook', url, filter: 'evt.v1.vm.*.started', enabled: true, secret: sealed(secret, key, 'hook'),
  }));
});
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
  await database.close();
  server.closeAllConnections();
  server.close();
});

function begin(): void {
  const sender = new WebhookSender(database, {
    webhookKeyFile: keyFile, targets: loopback, now: () => Date.now() + aheadMs, random: () => 0,
  });
  senders.push(sender);
  sender.start();
}

async function happened(vm: string, number: number, verb = 'started'): Promise<void> {
  const event = { specversion: '1.0', id: `test.vm.${vm}.${number}`, source: '/holdfast/scheduler', subject: vm,
    type: `io.holdfast.vm.${verb}.v1`, time: new Date().toISOString(), datacontenttype: 'application/json', data: {} };
  await database.use((manager) => manager.query(
    `INSERT INTO event_history (event_id, at, noun, record, verb, event) VALUES ($1, now(), 'vm', $2, $3, $4)`,
    [event.id, vm, verb, JSON.stringify(event)]));
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!await isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`it does not come to that: ${JSON.stringify(got)}`);
    await sleep(20);
  }
}

async function states(): Promise<string[]> {
  const rows = await database.use((manager) => manager.query<{ state: string }[]>(
    'SELECT state FROM webhook_deliveries ORDER BY number'));
  return rows.map(({ state }) => state);
}

const taken = (): string[] => got.filter(({ status }) => status === 204)
  .map(({ body }) => (JSON.parse(body) as CloudEvent).id);

it('a receiver can tell that an event is from us, and gets what it asked for, once from two replicas', async () => {
  begin();
  begin();
  await happened('web1', 1, 'stopped');
  await happened('web1', 2);
  await until(async () => got.length > 0 && (await states()).length === 0);
  expect(taken()).toEqual(['test.vm.web1.2']);
  const [first] = got;
  if (!first) throw new Error('nothing arrived');
  const { headers, body } = first;
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['holdfast-signature'])) ?? [];
  expect(hex).toBe(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'));
  expect(headers['content-type']).toBe('application/cloudevents+json');
});

it('what is refused is tried again, in order, while other subjects go on', async () => {
  statusFor = (vm) => (vm === 'web1' ? 500 : 204);
  begin();
  await happened('web1', 1);
  await happened('web1', 2);
  await happened('web2', 1);
  await until(() => got.filter(({ subject }) => subject === 'web1').length >= 2 && taken().length === 1);
  expect(taken()).toEqual(['test.vm.web2.1']);
  statusFor = () => 204;
  aheadMs = 60_000;
  await until(() => taken().length === 3);
  expect(taken().slice(1)).toEqual(['test.vm.web1.1', 'test.vm.web1.2']);
});

it('after a day it is a dead letter, that is sent again by hand; a redirect is not followed', async () => {
  statusFor = () => 302;
  begin();
  await happened('web1', 1);
  await until(() => got.length === 1);
  aheadMs = retryForMs + 1000;
  await until(async () => (await states()).includes('dead'));
  expect(got.every(({ headers }) => headers['holdfast-delivery'] === got[0]?.headers['holdfast-delivery'])).toBe(true);
  statusFor = () => 204;
  expect(await database.use((manager) => redeliver(manager, 'hook', null, Date.now()))).toBe(1);
  await until(() => taken().length === 1);
});

it('nothing is lost while the database is away', async () => {
  statusFor = () => 500;
  begin();
  await happened('web1', 1);
  await happened('web1', 2);
  await until(() => got.length > 0);
  await postgres.kill();
  await untilState(database, 'away');
  statusFor = () => 204;
  await postgres.start();
  await untilState(database, 'up');
  await until(async () => (await states()).length === 0);
  expect([...new Set(taken())]).toEqual(['test.vm.web1.1', 'test.vm.web1.2']);
});

it('a name that turns to an address inside is not connected to', async () => {
  const answers = ['93.184.216.34', '127.0.0.1'];
  const targets = new Targets([], (_host, answer) => answer(null, [{ address: answers.shift() ?? '', family: 4 }]));
  const rebound = url.replace('127.0.0.1', 'hooks.example');
  await targets.check(rebound);
  const sender = new Sender(targets);
  const event = { subject: 'web1' } as CloudEvent;
  expect(await sender.send(rebound, secret, 'id', event, 0)).toContain('webhooks may not reach');
  await sender.close();
  expect(got).toEqual([]);
});
