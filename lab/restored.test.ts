import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker, type Bus } from '@holdfast/bus';
import {
  clusterKey,
  clusters,
  haArm,
  hosts,
  pools,
  registry,
  vmCreate,
  vmMigrate,
  vms,
  vmSpecSchema,
  vmStart,
  type Bucket,
  type VmRecord,
} from '@holdfast/contracts';
import { Projection } from '@holdfast/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SimulatedCluster } from './simulated.js';

const patiently = { timeout: 20_000, interval: 20 };
type Backup = { contract: Bucket; records: { key: string; value: unknown }[] }[];

describe('services that start with a new incarnation on records from a backup', () => {
  let directory: string;
  let broker: MemoryBroker;
  let cluster: SimulatedCluster;
  let api: Bus;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-restored-'));
    broker = new MemoryBroker();
    cluster = new SimulatedCluster({
      hosts: 2,
      stateDirectory: directory,
      incarnation: 'first',
      connect: async (principal) => broker.connect(principal),
      log: { info: () => undefined, warn: () => undefined },
    });
    await cluster.start();
    api = broker.connect({ service: 'api', node: 'control1' });
    await allOnline();
  });

  afterEach(async () => {
    await cluster.stop();
    await api.close();
    await rm(directory, { recursive: true });
  });

  async function allOnline(): Promise<void> {
    await vi.waitFor(async () => {
      for (const name of cluster.hostNames) {
        expect((await api.bucket(hosts).get(name))?.value).toMatchObject({ health: 'online' });
      }
    }, patiently);
  }

  async function running(name: string, isRight: (vm: VmRecord) => boolean = () => true): Promise<VmRecord> {
    return await vi.waitFor(async () => {
      const vm = (await api.bucket(vms).get(name))?.value;
      if (vm?.phase !== 'running' || !isRight(vm)) throw new Error(`${name} is ${vm?.phase}: ${vm?.reason}`);
      return vm;
    }, patiently);
  }

  async function create(name: string): Promise<VmRecord> {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128 });
    const request = { operation: `create-${name}`, vm: name, spec, start: true, host: null };
    expect(await api.request(vmCreate, null, request, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    return await running(name);
  }

  async function backUp(): Promise<Backup> {
    return await Promise.all(
      registry.buckets.map(async (contract) => {
        const [reader] = contract.readers;
        if (!reader) throw new Error(`nobody reads ${contract.name}`);
        const bus = broker.connect({ service: reader, node: 'backup' });
        const records = new Projection(bus, contract);
        await records.start();
        const entries = records.entries().map(({ key, value }) => ({ key, value }));
        await records.close();
        await bus.close();
        return { contract, records: entries };
      }),
    );
  }

  async function putBack(backup: Backup): Promise<void> {
    for (const { contract, records } of backup) {
      for (const { key, value } of records) {
        const node = contract.writes === 'own-node' ? key : 'backup';
        const owner = broker.connect({ service: contract.owner, node });
        await owner.bucket(contract).put(key, value);
        await owner.close();
      }
    }
  }

  const copiesOf = (vm: string): number => cluster.world.copiesOf(vm).length;

  it('touch nothing until a person arms, then take everything up above what was used', async () => {
    const before = await create('web1');
    const backup = await backUp();
    const migrate = { operation: 'migrate-1', vm: 'web1', host: null };
    expect(await api.request(vmMigrate, null, migrate, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    const moved = await running('web1', ({ generation }) => generation > before.generation);
    await create('unknown1');

    await cluster.stop();
    await api.close();
    broker = new MemoryBroker();
    await putBack(backup);
    await cluster.startAs('second');
    api = broker.connect({ service: 'api', node: 'control1' });
    await vi.waitFor(async () => {
      const record = (await api.bucket(clusters).get(clusterKey))?.value;
      expect(record).toMatchObject({ armed: false, incarnation: 'second', reconciled: false });
    }, patiently);

    // The old copies go on, at numbers that no record has; what people ask for waits.
    const targets = await cluster.san.listTargets();
    expect(targets.map(({ generation }) => generation)).toContain(moved.generation);
    expect([copiesOf('web1'), copiesOf('unknown1')]).toEqual([1, 1]);
    const start = { operation: 'start-1', vm: 'web1', host: null };
    expect(await api.request(vmStart, null, start, { timeoutMs: 5000 })).toMatchObject({ ok: false });
    const [unknown] = targets.filter(({ volume }) => volume.startsWith('unknown1'));
    await vi.waitFor(async () => {
      const [pool] = backup.flatMap(({ contract, records }) => (contract.name === pools.name ? records : []));
      const record = (await api.bucket(pools).get(pool?.key ?? ''))?.value;
      expect(record?.unknownVolumes).toEqual([unknown?.volume]);
    }, { ...patiently, timeout: 30_000 });

    const arm = { armed: true, reason: '', by: 'ann', operation: 'arm-1' };
    expect(await api.request(haArm, null, arm, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    const again = await running('web1', ({ incarnation }) => incarnation === 'second');
    expect(again.assignment?.generation).toBeGreaterThan(moved.generation);
    await allOnline();
    await vi.waitFor(async () => {
      expect((await api.bucket(clusters).get(clusterKey))?.value.reconciled).toBe(true);
      expect((await cluster.san.listTargets()).map(({ generation }) => generation)).toEqual([
        again.assignment?.generation,
      ]);
    }, patiently);
    expect([copiesOf('web1'), copiesOf('unknown1')]).toEqual([1, 0]);
    const volumes = (await cluster.san.listVolumes()).map(({ volume }) => volume);
    expect(volumes, 'nobody deletes what no record knows').toContain(unknown?.volume);
  }, 60_000);
});
