import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi, type ApiConfig } from '@holdfast/api';
import { MemoryBroker } from '@holdfast/bus';
import { HoldfastClient } from '@holdfast/client';
import { operations, type CloudEvent } from '@holdfast/contracts';
import { createLog, type RunningService } from '@holdfast/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SimulatedCluster } from './simulated.js';

const patiently = { timeout: 60_000, interval: 20 };
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const token = 't'.repeat(43);

describe('what one request causes', () => {
  let directory: string;
  let cluster: SimulatedCluster;
  let api: RunningService<ApiConfig>;
  let client: HoldfastClient;
  let broker: MemoryBroker;
  const events: CloudEvent[] = [];
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ service: 'all', node: 'local', logLevel: 'info' }, {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });

  beforeEach(async () => {
    events.length = lines.length = 0;
    broker = new MemoryBroker();
    directory = await mkdtemp(join(tmpdir(), 'holdfast-trace-'));
    cluster = new SimulatedCluster({
      hosts: 2, stateDirectory: directory, incarnation: 'test', log,
      connect: async (principal) => broker.connect(principal),
    });
    await cluster.start();
    const tokenFile = join(directory, 'token');
    await writeFile(tokenFile, token, { mode: 0o600 });
    const stateDirectory = join(directory, 'api');
    await mkdir(stateDirectory);
    const config: ApiConfig = {
      service: 'api', node: 'control1', incarnation: 'test', nats: { servers: [], seedFile: '' },
      http: { address: '127.0.0.1', port: 0 }, stateDirectory, logLevel: 'info', tokenFile, tls: null,
      apiReplicas: 1, controlNodes: ['control1'],
    };
    const bus = broker.connect({ service: 'api', node: 'control1' });
    await bus.followEvents({ since: 1, onEvent: (event) => void events.push(event) });
    api = await startApi(config, bus, { log });
    client = new HoldfastClient({ baseUrl: api.url, token });
  });

  afterEach(async () => {
    await client.close();
    await api.close();
    await cluster.stop();
    await rm(directory, { recursive: true });
  });

  const ask = (method: string, path: string, body: object): Promise<Response> =>
    fetch(`${api.url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
      body: JSON.stringify(body),
    });

  it('has its trace: operation, events, audit entry, and the logs of scheduler, storage and agent', async () => {
    const wanted = { name: 'web1', cpus: 1, memoryMiB: 128 };
    const answer = await vi.waitFor(async () => {
      const created = await ask('POST', 'vms', wanted);
      expect(created.status).toBe(202);
      return created;
    }, patiently);
    expect(answer.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(answer.headers.get('x-request-id')).toBe(traceId);
    const { operation } = (await answer.json()) as { operation: string };
    const ended = await client.waitForOperation(operation, { timeoutMs: 60_000, signal: new AbortController().signal });
    expect(ended).toMatchObject({ state: 'done', traceId });
    const { items } = await client.operations({ filter: `traceId=${traceId}` });
    expect(items.map(({ id }) => id)).toEqual([operation]);
    const reader = broker.connect({ service: 'api', node: 'control1' });
    const stored = (await reader.bucket(operations).get(operation))?.value;
    expect(stored?.traceparent).toBe(answer.headers.get('traceparent'));

    const traced = (): string[] =>
      events.filter(({ traceparent }) => traceparent === stored?.traceparent).map(({ type }) => type.slice(12, -3));
    await vi.waitFor(() => expect(traced()).toEqual(expect.arrayContaining([
      'vm.requested', 'volume.requested', 'volume.created', 'attachment.opened', 'vm.placed', 'vm.started',
    ])), patiently);
    const said = lines.filter((line) => line['traceId'] === traceId).map(({ msg, event }) => event ?? msg);
    expect(said).toEqual(expect.arrayContaining(['vm.started', 'volume.created', 'does what it was told']));
    const audited = lines.map(({ audit }) => audit).filter((audit) => audit !== undefined);
    expect(audited).toContainEqual(expect.objectContaining({ path: '/api/v1/vms', status: 202, traceId }));
  }, 120_000);

  it('ends where what it asked for has ended', async () => {
    await vi.waitFor(async () => expect((await ask('POST', 'vms', { name: 'web1', cpus: 1, memoryMiB: 128 })).status)
      .toBe(202), patiently);
    const copy = await vi.waitFor(() => {
      const [running] = cluster.world.copiesOf('web1');
      if (!running) throw new Error('it does not run yet');
      return running;
    }, patiently);
    await vi.waitFor(async () => expect((await client.vm('web1')).phase).toBe('running'), patiently);
    events.length = 0;
    await cluster.power(copy.host, 'off');
    const later = (): CloudEvent | undefined => events.find(({ type }) => type === 'io.holdfast.vm.started.v1');
    await vi.waitFor(() => expect(later()).toBeDefined(), patiently);
    expect(later()?.traceparent).toBeUndefined();
  }, 120_000);
});
