import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

const vms = ['f1', 'f2', 'f3'] as const;

/** What must be the same after a fault that disturbs nobody. */
async function undisturbed(system: TestSystem): Promise<object> {
  const { items } = await system.client.vms();
  return {
    boots: vms.map((vm) => `${vm} ${system.newest(vm).bootId}`),
    places: items.map(({ name, assignment }) => `${name} ${assignment?.host} g${assignment?.generation}`),
    epochs: await system.epochs(),
  };
}

async function allWriteOn(system: TestSystem, withinMs?: number): Promise<void> {
  await Promise.all(vms.map((vm) => system.writesOn(vm, 2, withinMs)));
  for (const vm of vms) expect(system.journal(vm).isWhole()).toBe(true);
}

/** Open is exactly what the records grant, and nothing of it lies below a durable floor. */
async function targetsAreAsGranted(system: TestSystem): Promise<void> {
  const { items } = await system.client.volumes();
  const floors = await system.floors();
  for (const { volume, attachment } of items) {
    for (const holder of attachment?.holders ?? []) {
      expect(holder.generation).toBeGreaterThanOrEqual(floors.volumes[volume] ?? 0);
      expect(holder.hostEpoch).toBeGreaterThanOrEqual(floors.hosts[holder.host] ?? 0);
    }
  }
  expect(await system.openTargets()).toEqual(await system.grantedTargets());
}

/** A VM runs again, in a new boot, on the journal of the old one. */
async function recovered(system: TestSystem, vm: string, bootId: string): Promise<void> {
  await system.newBoot(vm, bootId);
  await system.vmWhen('running', vm, ({ phase }) => phase === 'running');
  expect(system.journal(vm).isWhole()).toBe(true);
}

export function serviceFaultSuite(given: () => TestSystem): void {
  describe('a part of Holdfast fails, and no VM notices', () => {
    let system: TestSystem;
    beforeAll(async () => {
      system = given();
      await Promise.all(vms.map((vm, index) => system.createVm(vm, `h${index + 1}`)));
    });
    afterEach(() => system.settled());

    it('an agent that is stopped: its host is suspected, not fenced, and online after', async () => {
      const before = await undisturbed(system);
      await system.done('lab', 'agent', 'h1', 'stop');
      await system.hostWhen('suspected', 'h1', ({ incident }) => incident?.verdict === 'agent-down');
      await allWriteOn(system);
      await system.done('lab', 'agent', 'h1', 'start');
      await system.hostWhen('online', 'h1', ({ health }) => health === 'online');
      await allWriteOn(system);
      expect(await undisturbed(system)).toEqual(before);
    });

    it('an agent that is killed comes back and carries out what is asked', async () => {
      const { bootId } = system.newest('f1');
      const epochs = await system.epochs();
      const pid = await system.kill('h1', 'agent');
      await system.respawned('h1', 'agent', pid);
      await system.settled();
      expect(await system.done('vm', 'migrate', 'f1', 'h2')).toContain('running on h2');
      await allWriteOn(system);
      expect(system.newest('f1').bootId).toBe(bootId);
      expect(await system.epochs()).toEqual(epochs);
    });

    it('a libvirtd that is killed: its agent finds it again and can use it', async () => {
      const { bootId } = system.newest('f1');
      const epochs = await system.epochs();
      const pids = [await system.kill('h1', 'libvirtd'), await system.kill('h2', 'libvirtd')];
      await system.respawned('h1', 'libvirtd', pids[0] ?? 0);
      await system.respawned('h2', 'libvirtd', pids[1] ?? 0);
      await allWriteOn(system);
      await system.settled();
      expect(await system.done('vm', 'migrate', 'f1', 'h1')).toContain('running on h1');
      await allWriteOn(system);
      expect(system.newest('f1').bootId).toBe(bootId);
      expect(await system.epochs()).toEqual(epochs);
    });

    it('the storage service that is killed: guests write on, and it can attach again', async () => {
      const before = await undisturbed(system);
      const pid = await system.kill('san1', 'storage');
      await allWriteOn(system);
      await system.respawned('san1', 'storage', pid);
      expect(await system.done('vm', 'create', 'late')).toContain('late is running');
      await targetsAreAsGranted(system);
      await system.done('vm', 'delete', 'late');
      expect(await undisturbed(system)).toEqual(before);
    });

    it('a tgtd that is killed: its targets are rebuilt from the records above the floors', async () => {
      const before = await undisturbed(system);
      const pid = await system.kill('san1', 'tgtd');
      await system.respawned('san1', 'tgtd', pid);
      await allWriteOn(system);
      await until('the targets to be as granted', async () =>
        (await system.openTargets()).length === vms.length);
      await targetsAreAsGranted(system);
      expect(await undisturbed(system)).toEqual(before);
    });

    it('the bus that is away for 10 s: nobody is fenced, and everything works again', async () => {
      const before = await undisturbed(system);
      const sinceMs = Date.now();
      await system.done('lab', 'bus', 'down');
      await sleep(10_000);
      await allWriteOn(system);
      await system.done('lab', 'bus', 'up');
      await system.settled();
      expect(await undisturbed(system)).toEqual(before);
      for (const host of ['h1', 'h2', 'h3']) {
        const incidents = await system.incidentsOf(host, sinceMs);
        expect(incidents.filter(({ fencingAtMs }) => fencingAtMs !== null)).toEqual([]);
      }
      expect(await system.done('vm', 'create', 'late')).toContain('late is running');
      await system.done('vm', 'delete', 'late');
    });

    it('the SAN that loses its power: guests wait for it, and write on without a new boot', async () => {
      const before = await undisturbed(system);
      await system.done('lab', 'san', 'down');
      await sleep(3000);
      const stood = vms.map((vm) => system.newest(vm).n);
      await sleep(2000);
      expect(vms.map((vm) => system.newest(vm).n)).toEqual(stood);
      await system.done('lab', 'san', 'up');
      await allWriteOn(system);
      await targetsAreAsGranted(system);
      expect(await undisturbed(system)).toEqual(before);
    });
  });
}

export function hostFaultSuite(given: () => TestSystem): void {
  describe('a host or a guest fails, and every VM runs on', () => {
    let system: TestSystem;
    beforeAll(() => {
      system = given();
    });
    afterEach(() => system.settled());

    it('the power of a host, with scheduler and failover killed in the middle', async () => {
      const host = await system.hostOf('f1');
      const { bootId } = system.newest('f1');
      const sinceMs = Date.now();
      await system.done('lab', 'power', host, 'off');
      const kills = ['scheduler', 'failover'].map((service) => system.kill('control1', service));
      await Promise.all(kills);
      await system.hostWhen('fencing', host, ({ health }) => health !== 'online' && health !== 'suspect');
      await Promise.all(['scheduler', 'failover'].map((service) => system.kill('control1', service)));
      await recovered(system, 'f1', bootId);
      expect(await system.hostOf('f1')).not.toBe(host);
      const { provenAtMs } = await system.provenIncidentOf(host, sinceMs);
      expect(provenAtMs).toBeGreaterThan(sinceMs);
      expect(system.journal('f1').staleWrites(bootId, provenAtMs ?? 0)).toBe(0);
      await targetsAreAsGranted(system);
    });

    it('a host that is frozen for 8 s: fenced, and cleaned up before it counts again', async () => {
      const host = await system.hostOf('f2');
      const { bootId } = system.newest('f2');
      const sinceMs = Date.now();
      // Without its BMC only storage can prove it, and it wakes up with its old copies in memory.
      await system.done('lab', 'link', host, 'bmc', 'down');
      const pause = system.done('lab', 'pause', host, '8');
      await recovered(system, 'f2', bootId);
      expect(await system.hostOf('f2')).not.toBe(host);
      await pause;
      await system.hostWhen('online', host, ({ health }) => health === 'online');
      const { observed } = await system.client.host(host);
      const copies = (await system.client.vm('f2')).copies.filter((copy) => copy.host === host);
      expect(observed?.staleCopies).toEqual([]);
      expect(copies.filter(({ state }) => state === 'running')).toEqual([]);
      const { code } = await system.lab.node(host).exec('pgrep', ['-f', 'guest=f2,']);
      expect(code).toBe(1);
      const [incident] = await system.incidentsOf(host, sinceMs);
      expect(incident).toMatchObject({ verdict: 'frozen', state: 'closed' });
      await system.writesOn('f2');
      expect(system.journal('f2').staleWrites(bootId, incident?.provenAtMs ?? 0)).toBe(0);
      expect(system.journal('f2').isWhole()).toBe(true);
      await system.done('lab', 'link', host, 'bmc', 'up');
    });

    it('a host that is reset: its VMs run again on proof', async () => {
      const host = await system.hostOf('f3');
      const { bootId } = system.newest('f3');
      const sinceMs = Date.now();
      await system.done('lab', 'power', host, 'reset');
      await recovered(system, 'f3', bootId);
      const [incident] = await system.incidentsOf(host, sinceMs);
      const proofs = incident?.proofs.filter(({ status }) => status === 'obtained') ?? [];
      expect(proofs.map(({ kind }) => kind).filter((kind) =>
        ['rebooted', 'power-off', 'storage-revoked'].includes(kind))).not.toEqual([]);
      expect(system.journal('f3').staleWrites(bootId, incident?.provenAtMs ?? 0)).toBe(0);
    });

    it('a host and the SAN at once: proof by its BMC, and its VM runs when the SAN is back', async () => {
      const host = await system.hostOf('f2');
      const { bootId } = system.newest('f2');
      const others = vms.filter((vm) => system.newest(vm).bootId !== bootId);
      const places = await Promise.all(others.map((vm) => system.hostOf(vm)));
      const sinceMs = Date.now();
      await Promise.all([system.lab.san('down'), system.lab.power(host, 'off')]);
      await system.hostWhen('fenced', host, ({ health }) => health === 'fenced');
      const incident = await system.provenIncidentOf(host, sinceMs);
      const obtained = incident.proofs.filter(({ status }) => status === 'obtained');
      expect(obtained.map(({ kind }) => kind)).toEqual(['power-off']);
      await system.done('lab', 'san', 'up');
      await recovered(system, 'f2', bootId);
      for (const [index, vm] of others.entries()) {
        if (places[index] === host) continue;
        await system.writesOn(vm);
        expect(await system.hostOf(vm)).toBe(places[index]);
      }
      await targetsAreAsGranted(system);
    });

    it('a QEMU that is killed: its VM is started again', async () => {
      const host = await system.hostOf('f1');
      const { bootId } = system.newest('f1');
      const { generation } = await system.client.vm('f1');
      await system.lab.node(host).exec('pkill', ['-KILL', '-f', 'guest=f1,']);
      await recovered(system, 'f1', bootId);
      expect((await system.client.vm('f1')).generation).toBeGreaterThan(generation);
      expect(await system.done('vm', 'log', 'f1')).toMatch(/stopped by itself/);
    });

    it('a guest that powers itself off stays stopped, and nobody has access', async () => {
      const host = await system.hostOf('f3');
      const node = system.lab.node(host);
      await node.exec('virsh', ['-c', 'qemu:///system', 'shutdown', 'f3']);
      const vm = await system.vmWhen('stopped', 'f3', ({ phase }) => phase === 'stopped');
      expect(vm).toMatchObject({ desired: 'stopped', assignment: null });
      expect(await system.openTargets()).toHaveLength(2);
      await targetsAreAsGranted(system);
      const { n } = system.newest('f3');
      await Promise.all([system.writesOn('f1'), system.writesOn('f2')]);
      expect(system.newest('f3').n).toBe(n);
      expect((await system.client.vm('f3')).phase).toBe('stopped');
    });
  });
}
