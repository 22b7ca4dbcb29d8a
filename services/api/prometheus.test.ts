import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';

let cluster: FakeCluster;
const call = caller(() => cluster);

beforeAll(async () => {
  cluster = await startFakeCluster();
  const made = await call('/api/v1/vms', { method: 'POST', body: { name: 'web1', cpus: 1, memoryMiB: 128 } });
  expect(made.status).toBe(202);
});
afterAll(() => cluster.close());

describe('the service discovery for Prometheus', () => {
  test('has the metrics of each host, with its labels to choose by', async () => {
    await call('/api/v1/hosts/h1/labels', { method: 'POST', body: { set: { 'rack-row': 'r1' } } });
    const { status, body } = await call('/api/v1/prometheus/hosts');
    expect(status).toBe(200);
    const { addresses, probePort } = (await call('/api/v1/hosts/h1')).body as never as {
      addresses: { management: string };
      probePort: number;
    };
    expect(body).toHaveLength(2);
    expect(body).toContainEqual({
      targets: [`${addresses.management}:${probePort}`],
      labels: expect.objectContaining({
        __meta_holdfast_kind: 'host',
        __meta_holdfast_host: 'h1',
        __meta_holdfast_health: 'online',
        __meta_holdfast_label_rack_row: 'r1',
      }),
    });
  });

  test('has each running guest by its name, at the port that is asked for', async () => {
    const labels = { __meta_holdfast_kind: 'guest', __meta_holdfast_vm: 'web1', __meta_holdfast_host: 'h1' };
    await vi.waitFor(async () => {
      const { body } = await call('/api/v1/prometheus/guests');
      expect(body).toEqual([{ targets: ['web1:9100'], labels: expect.objectContaining(labels) }]);
    }, 10_000);
    expect((await call('/api/v1/prometheus/guests?port=9999')).body).toMatchObject([{ targets: ['web1:9999'] }]);
    const refused = await call('/api/v1/prometheus/guests?port=70000');
    expect(refused).toMatchObject({ status: 400, body: { field: 'port' } });
  });
});
