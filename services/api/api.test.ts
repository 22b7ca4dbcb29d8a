import { request as httpRequest } from 'node:http';
import type { MemoryBus } from '@holdfast/bus';
import type { ArmingView, ProblemDetails, StatusView } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

const call = caller(() => cluster);
const small = { cpus: 1, memoryMiB: 128 };

describe('who may ask', () => {
  test('nobody without the token gets further than a 401', async () => {
    for (const token of [null, 'wrong', `${cluster.token}x`]) {
      const { status, headers, body } = await call('/api/v1/hosts', { token });
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toContain('Bearer');
      expect(body.code).toBe('unauthorized');
    }
  });

  test('the token is asked for before the body is read', async () => {
    const { status } = await call('/api/v1/vms', { token: null, text: '{broken' });
    expect(status).toBe(401);
  });

  test('a token in the query is not taken', async () => {
    const { status } = await call(`/api/v1/hosts?token=${cluster.token}`, { token: null });
    expect(status).toBe(401);
  });
});

describe('every error is a problem document', () => {
  test('an unknown route is a 404 that names the routes', async () => {
    const { status, headers, body } = await call('/api/v1/nothing');
    expect(status).toBe(404);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ code: 'unknown-route', status: 404, instance: '/api/v1/nothing' });
    expect(body.remedy).toContain('/api/v1');
  });

  test('malformed JSON is a 400 without our insides', async () => {
    const { status, body } = await call('/api/v1/vms', { text: '{"name": "web1",' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'invalid',
      field: 'request',
      remedy: 'send one JSON object',
    });
    expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|at .*:\d+:\d+/);
  });

  test('a body of another type is a 415', async () => {
    const { status, body } = await call('/api/v1/vms', {
      text: 'name=web1',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(status).toBe(415);
    expect(body.field).toBe('Content-Type');
  });

  test('a body of more than 256 KiB is a 413', async () => {
    const { status, body } = await call('/api/v1/vms', { body: { name: 'x'.repeat(300_000) } });
    expect(status).toBe(413);
    expect(body.code).toBe('too-large');
  });

  test('a path that cannot be decoded is a 400', async () => {
    const { status, body } = await call('/api/v1/vms/%E0%A4%A');
    expect(status).toBe(400);
    expect(body.code).toBe('invalid');
  });

  test('the request id of the caller comes back, a harmful one does not', async () => {
    const kept = await call('/api/v1/nothing', { headers: { 'x-request-id': 'abc-1' } });
    expect(kept.headers.get('x-request-id')).toBe('abc-1');
    expect(kept.body.requestId).toBe('abc-1');
    const replaced = await call('/api/v1/nothing', { headers: { 'x-request-id': 'a b' } });
    expect(replaced.body.requestId).toMatch(/^[0-9a-f]{32}$/);
    expect(replaced.headers.get('traceparent')).toContain(`00-${replaced.body.requestId}-`);
  });

  test('answers carry security headers and do not say what serves them', async () => {
    const { headers } = await call('/api/v1/status');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('a VM as asked for is checked field by field', () => {
  test.each([
    ['no CPU', { name: 'a', cpus: 0, memoryMiB: 128 }, 'cpus'],
    ['half a CPU', { name: 'a', cpus: 0.5, memoryMiB: 128 }, 'cpus'],
    ['CPUs as text', { name: 'a', cpus: '1', memoryMiB: 128 }, 'cpus'],
    ['no memory', { name: 'a', cpus: 1 }, 'memoryMiB'],
    ['a bad name', { ...small, name: 'Web_1' }, 'name'],
    ['a disk of -1 GiB', { ...small, name: 'a', disks: [{ sizeMiB: -1024 }] }, 'disks[0].sizeMiB'],
    ['a field nobody knows', { ...small, name: 'a', memory: 5 }, 'memory'],
    ['a list', [], 'request'],
  ])('%s is refused with its field and a remedy', async (_what, body, field) => {
    const { status, body: problem } = await call('/api/v1/vms', { body });
    expect(status).toBe(400);
    expect(problem).toMatchObject({ code: 'invalid', field });
    expect(problem.remedy).toBeTruthy();
  });

  test.each([
    [{ restartWindowSeconds: 5 }, 'policy.restartWindowSeconds', 'whole seconds from 10'],
    [{ probes: { agent: { timeoutSeconds: 0 } } }, 'policy.probes.agent.timeoutSeconds', '`panic`, `watchdog`'],
    [7, 'policy', 'an object'],
  ])('a policy with %j is refused with a remedy of its own', async (policy, field, remedy) => {
    const { body: problem } = await call('/api/v1/vms', { body: { ...small, name: 'a', policy } });
    expect(problem).toMatchObject({ code: 'invalid', field, remedy: expect.stringContaining(remedy) });
  });

  test('nothing of a refused VM reaches the scheduler', () => {
    expect(cluster.scheduler.asked).toEqual([]);
  });

  test('more memory than any host has is refused by the scheduler with 422', async () => {
    const { status, body } = await call('/api/v1/vms', {
      body: { name: 'huge', cpus: 1, memoryMiB: 1_000_000 },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'no-capacity', field: 'memoryMiB' });
    expect(body.remedy).toContain('2048');
  });

  test('a host that is not there is a 404 with the hosts that are', async () => {
    const { status, body } = await call('/api/v1/vms', {
      body: { ...small, name: 'a', host: 'h7' },
    });
    expect(status).toBe(404);
    expect(body.field).toBe('host');
    expect(body.near).toEqual(['h1', 'h2']);
  });
});

describe('changes', () => {
  test('creating answers 202 with the operation, which can be read at once', async () => {
    const created = await call<{ operation: string; vm: string }>('/api/v1/vms', {
      body: { ...small, name: 'web1' },
    });
    expect(created.status).toBe(202);
    expect(created.body.vm).toBe('web1');
    const location = created.headers.get('location') ?? '';
    expect(location).toBe(`/api/v1/operations/${created.body.operation}`);
    const operation = await call<{ state: string }>(location);
    expect(operation.body).toMatchObject({
      id: created.body.operation,
      state: 'done',
      kind: 'create',
    });
    const vm = await call('/api/v1/vms/web1');
    expect(vm.body).toMatchObject({ name: 'web1', phase: 'running', copies: [] });
    expect(vm.body).not.toHaveProperty('transitions');
  });

  test('defaults are filled in before the scheduler is asked', () => {
    expect(cluster.scheduler.asked.at(-1)?.request).toMatchObject({
      start: true,
      host: null,
      spec: { image: 'tiny', disks: [{ sizeMiB: 64 }], network: 'guest' },
    });
  });

  test('a name twice is a 409', async () => {
    const { status, body } = await call('/api/v1/vms', { body: { ...small, name: 'web1' } });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'exists', field: 'name' });
    expect(body.remedy).toBeTruthy();
  });

  test('the same key and body are the same operation, another body is another one', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    const body = { ...small, name: 'web2' };
    const first = await call<{ operation: string }>('/api/v1/vms', { headers, body });
    const second = await call<{ operation: string }>('/api/v1/vms', {
      headers,
      body: { name: 'web2', memoryMiB: 128, cpus: 1 },
    });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.operation).toBe(first.body.operation);
    const other = await call('/api/v1/vms', { headers, body: { ...body, cpus: 2 } });
    expect(other.status).toBe(409);
  });

  test('a VM that is not there is a 404 that names the near ones', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/vms/web'],
      ['POST', '/api/v1/vms/web/start'],
      ['DELETE', '/api/v1/vms/web'],
    ] as const) {
      const { status, body } = await call(path, { method });
      expect(status).toBe(404);
      expect(body.near).toEqual(['web1', 'web2']);
      expect(body.remedy).toContain('web1');
    }
  });

  test('a state that does not allow it is a 409 with the remedy of the scheduler', async () => {
    const { status, body } = await call('/api/v1/vms/web1/start', { method: 'POST' });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'conflict', remedy: 'stop it first' });
  });

  test('a misspelt option is refused, not ignored', async () => {
    const { status, body } = await call('/api/v1/vms/web1/stop', { body: { forced: true } });
    expect(status).toBe(400);
    expect(body).toMatchObject({ field: 'forced' });
    expect(body.remedy).toContain('force');
  });

  test('stop, start and migrate reach the scheduler with their options', async () => {
    for (const [verb, body] of [
      ['stop', { force: true }],
      ['start', { host: 'h1' }],
      ['migrate', {}],
    ] as const) {
      const { status } = await call(`/api/v1/vms/web1/${verb}`, { body });
      expect(status).toBe(202);
      expect(cluster.scheduler.asked.at(-1)).toMatchObject({ command: verb });
    }
    const { body } = await call('/api/v1/vms/web1');
    expect(body).toMatchObject({ assignment: { host: 'h2', generation: 2 } });
  });

  test('a deleted VM is gone from view although its record stays a moment', async () => {
    await call('/api/v1/vms', { body: { ...small, name: 'short-lived' } });
    expect((await call('/api/v1/vms/short-lived', { method: 'DELETE' })).status).toBe(202);
    expect((await call('/api/v1/vms/short-lived')).status).toBe(404);
  });
});

describe('waiting for an operation', () => {
  test('answers when it ends', async () => {
    cluster.scheduler.holds = true;
    const { body } = await call<{ operation: string }>('/api/v1/vms', {
      body: { ...small, name: 'slow1' },
    });
    cluster.scheduler.holds = false;
    const path = `/api/v1/operations/${body.operation}`;
    const early = await call<{ state: string }>(`${path}?waitMs=20`);
    expect(early.body.state).toBe('running');
    const waiting = call<{ state: string; reason: string }>(`${path}?waitMs=30000`);
    await cluster.scheduler.end(body.operation, 'failed', 'no host has room');
    expect((await waiting).body).toMatchObject({ state: 'failed', reason: 'no host has room' });
  });

  test('ends by a cancel, which stops the VM as long as this is what it does', async () => {
    cluster.scheduler.holds = true;
    const { body } = await call<{ operation: string }>('/api/v1/vms', { body: { ...small, name: 'never' } });
    cluster.scheduler.holds = false;
    const path = `/api/v1/operations/${body.operation}/cancel`;
    const headers = { 'idempotency-key': 'cancel-1' };
    const cancelled = await call<{ operation: string }>(path, { method: 'POST', headers });
    expect(cancelled.status).toBe(202);
    expect(cancelled.headers.get('location')).toBe(`/api/v1/operations/${cancelled.body.operation}`);
    expect(cluster.scheduler.asked.at(-1)).toMatchObject({
      command: 'stop', request: { vm: 'never', force: true, overrules: body.operation },
    });
    await cluster.scheduler.end(body.operation, 'failed', 'create was overruled by stop');
    await call(`/api/v1/operations/${body.operation}?waitMs=1000`);
    expect((await call(path, { method: 'POST', headers })).body).toEqual(cancelled.body);
    expect((await call(path, { method: 'POST' })).body).toMatchObject({ code: 'conflict', status: 409 });
    expect((await call('/api/v1/operations/none/cancel', { method: 'POST' })).status).toBe(404);
    expect((await call('/api/v1/vms/never', { method: 'DELETE' })).status).toBe(202);
  });

  test('cannot be cancelled where nothing could be taken back', async () => {
    cluster.scheduler.holds = true;
    const { body } = await call<{ operation: string }>('/api/v1/vms/slow1/reboot', { method: 'POST' });
    cluster.scheduler.holds = false;
    const refused = await call(`/api/v1/operations/${body.operation}/cancel`, { method: 'POST' });
    expect(refused.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('reboot') as string });
    await cluster.scheduler.end(body.operation, 'done');
  });

  test('is bounded', async () => {
    const { status, body } = await call('/api/v1/operations/x?waitMs=60000');
    expect(status).toBe(400);
    expect(body.field).toBe('waitMs');
  });

  test('an unknown operation is a 404', async () => {
    expect((await call('/api/v1/operations/none')).status).toBe(404);
  });
});

describe('looking', () => {
  test('a list comes in pages that follow each other', async () => {
    const names: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const query: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
      const { body }: { body: { items: { name: string }[]; next: string | null } } = await call(
        `/api/v1/vms?limit=1${query}`,
      );
      names.push(...body.items.map(({ name }) => name));
      after = body.next;
    }
    expect(names).toEqual(['slow1', 'web1', 'web2']);
  });

  test('a page of no item or of too many is refused', async () => {
    for (const limit of ['0', '501', 'many']) {
      const { status, body } = await call(`/api/v1/vms?limit=${limit}`);
      expect(status).toBe(400);
      expect(body.field).toBe('limit');
    }
  });

  test('hosts come with what their agents observe', async () => {
    const { body } = await call('/api/v1/hosts/h1');
    expect(body).toMatchObject({
      host: 'h1',
      health: 'online',
      observed: { capacity: { cpus: 4 } },
    });
    expect(JSON.stringify(body)).not.toContain('sealKey');
    expect((await call('/api/v1/hosts/h3')).body.near).toEqual(['h1', 'h2']);
  });

  test('the status counts, and names the single points of failure that remain', async () => {
    const { body } = await call<{ singlePoints: string[] }>('/api/v1/status');
    expect(body).toMatchObject({
      hosts: { total: 2, byHealth: { online: 2 } },
      vms: { total: 3 },
      capacity: { cpus: 8, memoryMiB: 4096 },
      openIncidents: ['incident-1'],
      services: [{ service: 'failover' }, { service: 'scheduler' }],
    });
    for (const part of ['storage node (san1)', 'NATS server', 'scheduler', 'failover', 'API']) {
      expect(body.singlePoints.some((point) => point.includes(part))).toBe(true);
    }
  });

  test('a screenshot is put together from its parts, as a PNG that nobody may keep', async () => {
    const headers = { authorization: `Bearer ${cluster.token}` };
    const answer = await fetch(`${cluster.api.url}/api/v1/vms/web2/screenshot`, { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toMatch(/^web2 on (h\d), part 0\.web2 on \1, part 1\.web2 on \1, part 2\.$/);
  });

  test('the console comes from the host where the VM is', async () => {
    const { body } = await call('/api/v1/vms/web2/console?bytes=100');
    expect(body).toEqual({ vm: 'web2', host: 'h1', text: 'web2 says hello from h1\n' });
    expect((await call('/api/v1/vms/web2/console?bytes=0')).body.field).toBe('bytes');
  });

  test("a VM's events come from the stream and from its record, each once", async () => {
    await cluster.scheduler.publishNewest('web2');
    const { body } = await call<{ items: { type: string }[] }>('/api/v1/vms/web2/events');
    expect(body.items.map(({ type }) => type)).toEqual(['io.holdfast.vm.created.v1']);
  });

  test('an incident is a report in the order of time, with the VMs that it moved', async () => {
    await cluster.scheduler.replaceVm('web2', (vm) =>
      cluster.scheduler.noted(
        { ...vm, incident: 'incident-1' },
        null,
        'vm.recovered',
        'runs on h1',
        'incident-1',
      ),
    );
    const { body } = await call<{
      timeline: { sinceHeardMs: number; text: string }[];
    }>('/api/v1/incidents/incident-1');
    const since = body.timeline.map(({ sinceHeardMs }) => sinceHeardMs);
    expect(since).toEqual([...since].sort((a, b) => a - b));
    const texts = body.timeline.map(({ text }) => text);
    expect(texts).toContain('web2 runs on h1');
    expect(texts).toContain('proof storage-revoked obtained: 2 targets are gone');
  });
});

describe('a VM that is renamed', () => {
  const idsOf = async (path: string): Promise<string[]> => {
    const { status, body } = await call<{ items: { id: string }[] }>(path);
    expect(status).toBe(200);
    return body.items.map(({ id }) => id);
  };
  const namesIn = async (query: string): Promise<string[]> => {
    const { body } = await call<{ items: { name: string }[] }>(`/api/v1/vms?${query}`);
    return body.items.map(({ name }) => name);
  };
  const before: string[] = [];

  test('is one VM while it has both names, and answers to each', async () => {
    await cluster.scheduler.replaceVm('slow1', (vm) =>
      cluster.scheduler.noted(vm, null, 'vm.placed', 'is placed', 'incident-1'));
    before.push(...await idsOf('/api/v1/vms/slow1/events'));
    await cluster.scheduler.beginRename('slow1', 'quick1');
    expect((await call('/api/v1/vms/quick1')).status).toBe(200);
    expect((await call('/api/v1/vms/slow1')).status).toBe(200);
    expect(await namesIn('')).toEqual(['quick1', 'web1', 'web2']);
    expect(await namesIn('limit=2&after=' + encodeURIComponent(await afterFirst()))).toEqual(['web1', 'web2']);
    expect((await call<StatusView>('/api/v1/status')).body.vms.total).toBe(3);
    const { body } = await call<{ timeline: { text: string }[] }>('/api/v1/incidents/incident-1');
    expect(body.timeline.filter(({ text }) => text === 'slow1 is placed')).toHaveLength(1);
  });

  test('has one history, of which what was under the old name is a part', async () => {
    await cluster.scheduler.publishNewest('slow1');
    await cluster.scheduler.endRename('slow1', 'quick1');
    const after = await idsOf('/api/v1/vms/quick1/events');
    expect(before.length).toBeGreaterThan(0);
    expect(after.slice(0, -1)).toEqual(before);
    const { body } = await call<{ items: { subject: string; type: string }[] }>('/api/v1/vms/quick1/events');
    expect(body.items.map(({ subject }) => subject)).toContain('slow1');
    expect(body.items.at(-1)).toMatchObject({ subject: 'quick1', type: 'io.holdfast.vm.renamed.v1' });
    expect((await call('/api/v1/vms/slow1')).status).toBe(404);
    expect(await namesIn('')).toEqual(['quick1', 'web1', 'web2']);
  });

  test('leaves its name to another one, which has a history of its own', async () => {
    expect((await call('/api/v1/vms', { body: { ...small, name: 'slow1' } })).status).toBe(202);
    const own = await idsOf('/api/v1/vms/slow1/events');
    expect(own).toHaveLength(1);
    expect(before).not.toContain(own[0]);
    expect(await namesIn('')).toEqual(['quick1', 'slow1', 'web1', 'web2']);
    expect((await call('/api/v1/vms/quick1', { method: 'DELETE' })).status).toBe(202);
  });

  async function afterFirst(): Promise<string> {
    return (await call<{ next: string | null }>('/api/v1/vms?limit=1')).body.next ?? '';
  }
});

describe('a person vouches for a death', () => {
  test('the name has to be typed once more', async () => {
    const { status, body } = await call('/api/v1/hosts/h2/confirm-dead', {
      body: { confirm: 'h1', reason: 'I pulled its plug' },
    });
    expect(status).toBe(400);
    expect(body.field).toBe('confirm');
    expect(cluster.confirmed).toEqual([]);
  });

  test('a reason is needed', async () => {
    const { body } = await call('/api/v1/hosts/h2/confirm-dead', {
      body: { confirm: 'h2', reason: ' ' },
    });
    expect(body.field).toBe('reason');
  });

  test('failover gets the word, with the reason', async () => {
    const { status, body } = await call('/api/v1/hosts/h2/confirm-dead', {
      body: { confirm: 'h2', reason: 'I pulled its plug' },
    });
    expect(status).toBe(202);
    expect(body).toEqual({ host: 'h2', incident: 'incident-1' });
    expect(cluster.confirmed).toMatchObject([{ host: 'h2', reason: 'I pulled its plug' }]);
  });
});

describe('disarming', () => {
  const put = (body: object) =>
    call<ArmingView & ProblemDetails>('/api/v1/cluster/armed', { method: 'PUT', body });
  const status = () => call<StatusView>('/api/v1/status');

  test('a cluster that nobody disarmed is armed', async () => {
    const { body } = await call('/api/v1/cluster/armed');
    expect(body).toMatchObject({ armed: true, reason: '', by: '', sinceMs: null });
  });

  test('the answer and the status say by whom and why, and arming ends it', async () => {
    const { status: code, body } = await put({ armed: false, reason: ' the switch is replaced ' });
    expect(code).toBe(200);
    expect(body).toMatchObject({ armed: false, reason: 'the switch is replaced' });
    expect((await status()).body.arming).toEqual(body);
    expect((await put({ armed: true })).body).toMatchObject({ armed: true });
    expect((await status()).body.arming).toMatchObject({ armed: true });
  });

  test.each([
    ['without a reason', { armed: false }, 'reason'],
    ['without saying what', { reason: 'because' }, 'armed'],
    ['with more than it takes', { armed: true, host: 'h1' }, 'host'],
  ])('%s it is refused, naming the field', async (_how, body, field) => {
    const answer = await put(body);
    expect(answer.status).toBe(400);
    expect(answer.body.field).toBe(field);
  });
});

describe('beside the routes of version 1', () => {
  test('health and metrics need no token and tell no record', async () => {
    expect((await call('/health/live', { token: null })).body).toMatchObject({ ok: true });
    expect((await call('/health/ready', { token: null })).status).toBe(200);
    const metrics = await (await fetch(`${cluster.api.url}/metrics`)).text();
    expect(metrics).toMatch(/^holdfast_api_request_seconds_count\{.*method="GET",status="200"/m);
    expect(metrics).not.toContain('web1');
  });

  test('a lost bus makes it unready, with the reason', async () => {
    const other = await startFakeCluster();
    try {
      (other.api.context.bus as MemoryBus).disconnect();
      const response = await fetch(`${other.api.url}/health/ready`);
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ ok: false, reasons: ['bus: not connected'] });
    } finally {
      await other.close();
    }
  });
});

describe('without a scheduler', () => {
  test('a change is a 503 that may be tried again, and reading goes on', async () => {
    const other = await startFakeCluster();
    try {
      await other.scheduler.bus.close();
      const headers = {
        authorization: `Bearer ${other.token}`,
        'content-type': 'application/json',
      };
      const response = await fetch(`${other.api.url}/api/v1/vms`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ ...small, name: 'web1' }),
      });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toMatchObject({ code: 'unavailable' });
      expect((await fetch(`${other.api.url}/api/v1/hosts`, { headers })).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});

/** Reads an event stream until `count` events have come, then leaves. */
function readEvents(
  path: string,
  headers: Record<string, string>,
  count: number,
  onOpen: () => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const sent = httpRequest(
      `${cluster.api.url}${path}`,
      { headers: { authorization: `Bearer ${cluster.token}`, ...headers } },
      (response) => {
        response.setEncoding('utf8');
        response.once('data', onOpen);
        response.on('data', (piece: string) => {
          text += piece;
          if (text.split('\ndata: ').length > count) {
            sent.destroy();
            resolve(text);
          }
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('events', () => {
  test('come as they happen, with their place in the stream', async () => {
    const text = await readEvents('/api/v1/events?filter=vm.web1', {}, 1, () => {
      void cluster.scheduler
        .publishNewest('web2')
        .then(() => cluster.scheduler.publishNewest('web1'));
    });
    expect(text).toMatch(/^id: \d+$/m);
    expect(text).toMatch(/^event: io\.holdfast\.vm\.migrate-done\.v1$/m);
    expect(text).toContain('"subject":"web1"');
  });

  test('go on after the last one that the client had', async () => {
    const all = await readEvents('/api/v1/events?since=1', {}, 2, () => undefined);
    const ids = [...all.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const first = ids[0] ?? 0;
    const rest = await readEvents(
      '/api/v1/events',
      { 'last-event-id': String(first) },
      1,
      () => undefined,
    );
    expect(/^id: (\d+)$/m.exec(rest)?.[1]).toBe(String(ids[1]));
  });

  test('that are not to be followed end after what there is, and say so', async () => {
    const whole = async (query: string): Promise<string> => {
      const headers = { authorization: `Bearer ${cluster.token}` };
      return (await fetch(`${cluster.api.url}/api/v1/events?follow=false${query}`, { headers })).text();
    };
    expect(await whole('')).toMatch(/^id: 1$[^]*\nevent: caught-up\ndata: {}\n\n$/m);
    expect(await whole('&since=2020-01-01T00:00:00Z')).toMatch(/^id: 1$/m);
    const later = await whole(`&since=${encodeURIComponent('2999-01-01T00:00:00+01:00')}`);
    expect(later).not.toMatch(/^id:/m);
    expect(later).toContain('event: caught-up');
  });

  test('a filter or a place that cannot be is refused', async () => {
    expect((await call('/api/v1/events?filter=$KV.secrets')).body.field).toBe('filter');
    expect((await call('/api/v1/events?since=-1')).body.field).toBe('since');
    expect((await call('/api/v1/events?since=yesterday')).body.field).toBe('since');
    expect((await call('/api/v1/events', { headers: { 'last-event-id': 'x' } })).body.field).toBe(
      'Last-Event-ID',
    );
  });
});
