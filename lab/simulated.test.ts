import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker, type Bus } from '@holdfast/bus';
import {
  hosts,
  observed,
  vmCreate,
  vmDelete,
  vmMigrate,
  vms,
  vmSpecSchema,
  vmStop,
  vmStart,
  type HostRecord,
  type VmRecord,
} from '@holdfast/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SimulatedCluster } from './simulated.js';

const patiently = { timeout: 20_000, interval: 20 };

describe('a whole cluster over simulated parts', () => {
  let directory: string;
  let cluster: SimulatedCluster;
  let api: Bus;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-simulated-'));
    const broker = new MemoryBroker();
    cluster = new SimulatedCluster({
      hosts: 3,
      stateDirectory: directory,
      incarnation: 'test',
      connect: async (principal) => broker.connect(principal),
      log: { info: () => undefined, warn: () => undefined },
    });
    await cluster.start();
    api = broker.connect({ service: 'api', node: 'control1' });
    await vi.waitFor(async () => {
      for (const name of cluster.hostNames) expect((await host(name)).health).toBe('online');
    }, patiently);
  });

  afterEach(async () => {
    await cluster.stop();
    await api.close();
    await rm(directory, { recursive: true });
  });

  async function host(name: string): Promise<HostRecord> {
    const entry = await api.bucket(hosts).get(name);
    if (!entry) throw new Error(`no record of ${name}`);
    return entry.value;
  }

  async function vm(name: string): Promise<VmRecord> {
    const entry = await api.bucket(vms).get(name);
    if (!entry) throw new Error(`no record of ${name}`);
    return entry.value;
  }

  async function running(name: string): Promise<VmRecord> {
    return await vi.waitFor(async () => {
      const record = await vm(name);
      expect(record.phase).toBe('running');
      return record;
    }, patiently);
  }

  async function create(name: string): Promise<VmRecord> {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 });
    const request = { operation: `create-${name}`, vm: name, spec, start: true, host: null };
    const reply = await api.request(vmCreate, null, request, { timeoutMs: 5000 });
    expect(reply).toMatchObject({ ok: true });
    return await running(name);
  }

  it('creates, stops, starts and deletes a VM', async () => {
    await create('web1');
    expect(cluster.world.copiesOf('web1')).toHaveLength(1);
    const stop = { operation: 'stop-1', vm: 'web1', force: false };
    expect(await api.request(vmStop, null, stop, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => expect((await vm('web1')).phase).toBe('stopped'), patiently);
    expect(await cluster.san.listTargets()).toHaveLength(0);
    const start = { operation: 'start-1', vm: 'web1', host: null };
    expect(await api.request(vmStart, null, start, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await running('web1');
    const remove = { operation: 'delete-1', vm: 'web1' };
    expect(await api.request(vmDelete, null, remove, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => expect(await api.bucket(vms).get('web1')).toBeNull(), patiently);
    expect(await cluster.san.listVolumes()).toHaveLength(0);
  });

  it('spreads VMs that are created at the same moment', async () => {
    const records = await Promise.all(['a', 'b', 'c'].map((name) => create(name)));
    expect(new Set(records.map(({ assignment }) => assignment?.host)).size).toBe(3);
  });

  it('moves a running VM, and its source loses its access', async () => {
    const before = await create('web1');
    const migrate = { operation: 'migrate-1', vm: 'web1', host: null };
    expect(await api.request(vmMigrate, null, migrate, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => {
      const record = await vm('web1');
      expect(record.phase).toBe('running');
      expect(record.assignment?.host).not.toBe(before.assignment?.host);
    }, patiently);
    expect(cluster.world.copiesOf('web1')).toHaveLength(1);
    expect(await cluster.san.listTargets()).toHaveLength(1);
  });

  it('restarts the VMs of a host that loses its power, with proof, and takes the host back', async () => {
    const before = await create('db1');
    const lost = before.assignment?.host ?? '';
    await cluster.power(lost, 'off');
    await vi.waitFor(async () => {
      const record = await vm('db1');
      expect(record.phase).toBe('running');
      expect(record.assignment?.host).not.toBe(lost);
    }, patiently);
    const fenced = await host(lost);
    expect(fenced.health).toBe('fenced');
    expect(fenced.evidence.map(({ kind }) => kind)).toContain('storage-revoked');
    await cluster.power(lost, 'on');
    await vi.waitFor(async () => expect((await host(lost)).health).toBe('online'), patiently);
    expect((await api.bucket(observed).get(lost))?.value.staleCopies).toEqual([]);
  });

  it('leaves the VMs of a host alone whose agent stopped', async () => {
    const before = await create('db1');
    const at = before.assignment?.host ?? '';
    await cluster.agent(at, 'stop');
    await vi.waitFor(async () => expect((await host(at)).reason).toMatch(/agent does not run/), patiently);
    await cluster.agent(at, 'start');
    await vi.waitFor(async () => expect((await host(at)).health).toBe('online'), patiently);
    expect((await vm('db1')).assignment).toEqual(before.assignment);
  });
});
