import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker, type Bus } from '@holdfast/bus';
import {
  drains,
  hostMaintenance,
  hosts,
  observed,
  ruleDelete,
  rulePut,
  rules,
  vmCreate,
  vmDelete,
  vmMigrate,
  operations as operationRecords,
  vmRelocate,
  vmSet,
  vms,
  vmSpecSchema,
  vmStop,
  vmStart,
  type HostRecord,
  type Reply,
  type RuleSpec,
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

  let operations = 0;
  const operation = (): string => `op-${(operations += 1)}`;

  async function maintenance(name: string, on: boolean): Promise<void> {
    const request = { operation: operation(), host: name, on, reason: 'new memory' };
    expect(await api.request(hostMaintenance, null, request, { timeoutMs: 5000 })).toMatchObject({ ok: true });
  }

  const rule = (name: string, spec: RuleSpec): Promise<Reply<{ rule: string }>> =>
    api.request(rulePut, null, { operation: operation(), rule: name, spec }, { timeoutMs: 5000 });

  it('empties a host, keeps it empty, and brings its VMs home when it works again', async () => {
    const before = await Promise.all(['a', 'b', 'c', 'd'].map((name) => create(name)));
    const home = before[0]?.assignment?.host ?? '';
    await maintenance(home, true);
    await vi.waitFor(async () => expect((await host(home)).admin).toBe('maintenance'), patiently);
    expect((await api.bucket(drains).get(home))?.value).toMatchObject({ left: [], reason: 'new memory' });
    const moved = await Promise.all(before.map(({ name }) => running(name)));
    expect(moved.map(({ assignment }) => assignment?.host)).not.toContain(home);
    expect((await create('late')).assignment?.host).not.toBe(home);
    await maintenance(home, false);
    await vi.waitFor(async () => {
      const now = await Promise.all(before.map(({ name }) => vm(name)));
      expect(now.map(({ phase, assignment }) => `${phase} on ${assignment?.host}`)).toEqual(
        before.map(({ assignment }) => `running on ${assignment?.host}`),
      );
    }, { timeout: 40_000, interval: 50 });
    expect((await host(home)).admin).toBe('active');
    await vi.waitFor(async () => expect(await api.bucket(drains).get(home)).toBeNull(), patiently);
  }, 60_000);

  it('keeps VMs apart as long as a rule says so', async () => {
    const apart = { kind: 'vm-affinity' as const, vms: ['a', 'b', 'c', 'd'], together: false };
    expect(await rule('apart', apart)).toMatchObject({ ok: true });
    const records = await Promise.all(['a', 'b', 'c'].map((name) => create(name)));
    expect(new Set(records.map(({ assignment }) => assignment?.host)).size).toBe(3);
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 });
    const request = { operation: operation(), vm: 'd', spec, start: true, host: null };
    expect(await api.request(vmCreate, null, request, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => expect((await vm('d')).reason).toMatch(/rule apart/), patiently);
    const drop = { operation: operation(), rule: 'apart' };
    expect(await api.request(ruleDelete, null, drop, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await running('d');
    await vi.waitFor(async () => expect(await api.bucket(rules).get('apart')).toBeNull(), patiently);
    expect(await api.request(ruleDelete, null, drop, { timeoutMs: 5000 })).toMatchObject({
      ok: false,
      refusal: { code: 'not-found' },
    });
  }, 60_000);

  it('moves a running VM that a new rule wants elsewhere', async () => {
    const from = (await create('web1')).assignment?.host;
    const to = cluster.hostNames.find((name) => name !== from) ?? '';
    const pinned = { kind: 'host-affinity' as const, vms: ['web1'], hosts: { [to]: 1 }, strict: true };
    expect(await rule('pinned', pinned)).toMatchObject({ ok: true });
    await vi.waitFor(async () => expect((await vm('web1')).assignment?.host).toBe(to), patiently);
    await running('web1');
  });

  it('refuses a rule that contradicts another, naming it', async () => {
    await rule('near', { kind: 'vm-affinity', vms: ['a', 'b'], together: true });
    await vi.waitFor(async () => expect(await api.bucket(rules).get('near')).not.toBeNull(), patiently);
    const reply = await rule('far', { kind: 'vm-affinity', vms: ['b', 'a'], together: false });
    expect(reply).toMatchObject({ ok: false, refusal: { code: 'conflict' } });
    expect(reply.ok ? '' : reply.refusal.message).toMatch(/far.*near/);
  });

  it('relocates a VM: stopped here, started there', async () => {
    const before = await create('web1');
    const to = cluster.hostNames.find((name) => name !== before.assignment?.host) ?? '';
    const request = { operation: operation(), vm: 'web1', host: to };
    expect(await api.request(vmRelocate, null, request, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => {
      expect(await vm('web1')).toMatchObject({ phase: 'running', assignment: { host: to }, operation: null });
    }, patiently);
    expect(cluster.world.copiesOf('web1')).toHaveLength(1);
  });

  it('changes the policy of a VM that runs on, as an operation that has ended', async () => {
    const before = await create('web1');
    const request = { operation: operation(), vm: 'web1', policy: { proof: 'power' as const, priority: 90 } };
    expect(await api.request(vmSet, null, request, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => {
      const { spec, phase, generation } = await vm('web1');
      expect([phase, generation, spec.policy.maxRelocate]).toEqual(['running', before.generation, 1]);
      expect(spec.policy).toMatchObject({ proof: 'power', priority: 90 });
      const ended = await api.bucket(operationRecords).get(request.operation);
      expect(ended?.value).toMatchObject({ kind: 'set', state: 'done' });
    }, patiently);
    const circle = { ...request, operation: operation(), policy: { after: ['web1'] } };
    const refusal = await api.request(vmSet, null, circle, { timeoutMs: 5000 });
    expect(refusal).toMatchObject({ ok: false, refusal: { field: 'after' } });
  });

  it('runs the VMs of a host that is shut down elsewhere, without any proof but its word', async () => {
    const before = await create('db1');
    const from = before.assignment?.host ?? '';
    await cluster.shutdown(from);
    await vi.waitFor(async () => {
      const record = await vm('db1');
      expect(record.phase).toBe('running');
      expect(record.assignment?.host).not.toBe(from);
    }, patiently);
    expect((await vm('db1')).transitions.map(({ text }) => text).join()).toMatch(/going down/);
  });
});
