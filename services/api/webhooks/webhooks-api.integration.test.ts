import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeliveryView, NewWebhook, Page, ProblemDetails, WebhookTest, WebhookView } from '@holdfast/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { begin, words } from '../../../clients/cli/testing/command-line.js';
import { ClusterWithPeople } from '../testing/with-people.js';

let people: ClusterWithPeople;
let server: Server;
let url: string;
let got: { signature: string; body: string }[] = [];
let status = 204;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      got.push({ signature: String(request.headers['holdfast-signature']), body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  // The events of the fake cluster are years old.
  const history = { days: 3650, maxEvents: 10_000 };
  people = await ClusterWithPeople.start({ webhookTargets: ['127.0.0.1/32'], history });
});
afterAll(async () => {
  await people.close();
  server.closeAllConnections();
  server.close();
});

const holdfast = (line: string): ReturnType<typeof begin>['finished'] => begin(words(line), people.cluster).finished;

test('a webhook is told of what happens, signed with the secret that was shown once', async () => {
  const asked = { name: 'hook', url, filter: 'vm.*.noticed' };
  const made = await people.call<NewWebhook>('/api/v1/webhooks', { body: asked });
  expect(made).toMatchObject({ status: 201, body: { webhook: { name: 'hook', filter: 'vm.*.noticed', pending: 0 } } });
  const { secret } = made.body;
  expect(JSON.stringify((await people.call('/api/v1/webhooks/hook')).body)).not.toContain(secret);

  const { scheduler } = people.cluster;
  await people.call('/api/v1/vms', { body: { name: 'web1', cpus: 1, memoryMiB: 128 } });
  await scheduler.replaceVm('web1', (vm) => scheduler.noted(vm, null, 'vm.noticed', 'was noticed'));
  await scheduler.publishNewest('web1');
  await vi.waitFor(() => expect(got).toHaveLength(1), 30_000);
  const [{ signature = '', body = '' } = {}] = got;
  expect(JSON.parse(body)).toMatchObject({ subject: 'web1', type: 'io.holdfast.vm.noticed.v1' });
  const [, t = '', v1] = /^t=(\d+),v1=(\w+)$/.exec(signature) ?? [];
  const expected = createHmac('sha256', Buffer.from(secret, 'base64url')).update(`${t}.${body}`).digest('hex');
  expect(v1).toBe(expected);
});

test('a test is sent at once, and what became of it is told', async () => {
  got = [];
  status = 500;
  const failed = await people.call<WebhookTest>('/api/v1/webhooks/hook/test', { body: {} });
  expect(failed).toMatchObject({ status: 200, body: { taken: false, failure: 'answered 500' } });
  status = 204;
  expect(await holdfast('webhook test hook')).toMatchObject({ code: 0, out: 'hook has taken it\n' });
  expect(got.map(({ body }) => (JSON.parse(body) as { type: string }).type))
    .toEqual(['io.holdfast.webhook.tested.v1', 'io.holdfast.webhook.tested.v1']);
});

test.each([
  [{ name: 'a', url: 'http://169.254.169.254/' }, 'url', 'webhookTargets'],
  [{ name: 'a', url: 'http://[::1]/' }, 'url', 'webhookTargets'],
  [{ name: 'a', url: 'http://127.0.0.2:1/' }, 'url', 'webhookTargets'],
  [{ name: 'a', url: 'ftp://example.org/' }, 'url', 'public'],
  [{ name: 'a', url: 'nowhere' }, 'url', 'http'],
  [{ name: 'A', url: 'https://example.org' }, 'name', 'lower-case'],
  [{ name: 'a', url: 'https://example.org', filter: 'vm web1' }, 'filter', 'noun'],
  [{ name: 'a', url: 'https://example.org', secret: 'mine' }, 'secret', 'leave it out'],
])('%j is refused with its field and a remedy', async (body, field, remedy) => {
  const refused = await people.call<ProblemDetails>('/api/v1/webhooks', { body });
  expect([refused.status, refused.body.field]).toEqual([400, field]);
  expect(refused.body.remedy).toContain(remedy);
});

test('only who may write webhooks makes one, and a name is taken once', async () => {
  const operator = await people.user('olga', { role: 'operator' });
  const body = { name: 'other', url };
  expect((await people.call('/api/v1/webhooks', { body, token: operator })).status).toBe(403);
  expect(await people.status('/api/v1/webhooks', operator)).toBe(200);
  expect((await people.call('/api/v1/webhooks', { body: { ...body, name: 'hook' } })).status).toBe(409);
  expect(await people.status('/api/v1/webhooks/nobody', people.cluster.token)).toBe(404);
  expect(await people.status('/api/v1/webhooks/%00', people.cluster.token)).toBe(404);
});

test('dead letters are shown, and tried anew one by one or all at once', async () => {
  got = [];
  status = 500;
  const { scheduler } = people.cluster;
  await scheduler.replaceVm('web1', (vm) => scheduler.noted(vm, null, 'vm.noticed', 'was noticed again'));
  await scheduler.publishNewest('web1');
  const deliveries = async (): Promise<DeliveryView[]> =>
    (await people.call<Page<DeliveryView>>('/api/v1/webhooks/hook/deliveries')).body.items;
  await vi.waitFor(async () => expect(await deliveries()).toMatchObject([{ failure: 'answered 500' }]), 30_000);
  expect((await holdfast('webhook show hook')).out).toContain('answered 500');
  expect((await holdfast('webhook redeliver hook')).out).toBe('0 on their way again\n');
  const delivery = '00000000-0000-4000-8000-000000000000';
  expect((await people.call('/api/v1/webhooks/hook/redeliver', { body: { delivery } })).status).toBe(404);
  status = 204;
  await vi.waitFor(async () => expect(await deliveries()).toEqual([]), 60_000);

  expect((await holdfast('webhook delete hook')).code).toBe(0);
  expect((await people.call<Page<WebhookView>>('/api/v1/webhooks')).body.items).toEqual([]);
  expect((await holdfast('webhook list')).out).toContain('no webhook yet');
});

test('without the database webhooks are not available, and it is said when to ask again', async () => {
  await people.postgres.kill();
  const { status: answered, headers } = await people.call('/api/v1/webhooks');
  expect([answered, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  await people.postgres.start();
});
