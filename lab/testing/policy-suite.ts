import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliMain } from './cli.js';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

/** Rules, maintenance, failback and orderly shutdowns, told through the command line. */
export function policySuite(given: () => TestSystem): void {
  describe('what people want of VMs and hosts is kept', () => {
    let system: TestSystem;
    const vms = ['p1', 'p2'];
    const boots = (): string[] => vms.map((vm) => system.newest(vm).bootId);
    const places = (): Promise<string[]> => Promise.all(vms.map((vm) => system.hostOf(vm)));
    const settledOn = async (host: string): Promise<void> =>
      await until(`${vms.join(' and ')} to run on ${host}`, async () => {
        const views = await Promise.all(vms.map((vm) => system.client.vm(vm)));
        return views.every(({ phase, assignment }) => phase === 'running' && assignment?.host === host);
      });
    const allWriteOn = async (): Promise<void> => {
      await Promise.all(vms.map((vm) => system.writesOn(vm)));
      for (const vm of vms) expect(system.journal(vm).isWhole()).toBe(true);
    };

    /** Each is in the boot that it was in; if not, what happened to it says why. */
    const noGuestNoticed = async (before: string[]): Promise<void> => {
      const told = await Promise.all(vms.map((vm) => system.done('vm', 'log', vm)));
      expect(boots(), told.join('\n')).toEqual(before);
    };

    beforeAll(async () => {
      system = given();
      for (const vm of vms) await system.createVm(vm, 'h1');
    });
    afterAll(async () => {
      for (const vm of vms) await system.deleteVm(vm);
    });

    it('a host that is put into maintenance is emptied without a guest noticing', async () => {
      const before = boots();
      expect(await system.done('host', 'drain', 'h1', '--dry-run')).toContain('2 can move, the largest first');
      const told = await system.done('host', 'drain', 'h1', '--reason', 'new memory');
      expect(told).toBe('h1 is in maintenance; 2 VMs have left it\n');
      expect(await places()).not.toContain('h1');
      expect((await system.client.host('h1')).admin).toBe('maintenance');
      expect(await system.done('host', 'list')).toMatch(/^h1 +online +maintenance/m);
      await allWriteOn();
      await noGuestNoticed(before);
    });

    it('it takes no VM, not even one that asks for it, and its agent may come and go', async () => {
      const { code, stderr } = await system.cli('vm', 'create', 'p3', '--host', 'h1');
      expect(code).toBe(1);
      expect(stderr).toMatch(/h1 (is|was) .*(maintenance|drained|emptied)/);
      await system.done('vm', 'delete', 'p3');
      const pid = await system.kill('h1', 'agent');
      await system.respawned('h1', 'agent', pid);
      await system.settled();
      expect((await system.client.host('h1')).admin).toBe('maintenance');
      expect(await places()).not.toContain('h1');
    });

    it('its VMs come home once it works again, and still no guest has noticed', async () => {
      const before = boots();
      expect(await system.done('host', 'activate', 'h1')).toBe('h1 takes VMs again\n');
      await settledOn('h1');
      await allWriteOn();
      await noGuestNoticed(before);
    });

    it('a drain that is cancelled leaves who has not gone where it is, and the host works on', async () => {
      const before = boots();
      await system.done('host', 'drain', 'h1', '--no-wait');
      expect(await system.done('host', 'activate', 'h1')).toBe('h1 takes VMs again\n');
      await settledOn('h1');
      await allWriteOn();
      await noGuestNoticed(before);
    });

    it('hosts are rebooted one after the other, and no guest notices', async () => {
      const before = boots();
      const bootOf = async (host: string): Promise<string | undefined> =>
        (await system.client.host(host)).observed?.bootId;
      const hostBoots = [await bootOf('h1'), await bootOf('h2')];
      const reboot = `"${process.execPath}" "${cliMain}" lab reboot $HOLDFAST_HOST`;
      const told = await system.done('host', 'roll', '--hosts', 'h1,h2', '--settle', '5', '--command', reboot);
      expect(told).toMatch(/h1: empty\n(.*\n)*h1: done, 1 of 2, .*\n(.*\n)*h2: done, 2 of 2/);
      for (const [index, host] of ['h1', 'h2'].entries()) expect(await bootOf(host)).not.toBe(hostBoots[index]);
      await system.settled();
      await allWriteOn();
      await noGuestNoticed(before);
    });

    it('a command that fails stops the roll, and its host stays in maintenance', async () => {
      const { code, stderr } = await system.cli('host', 'roll', '--hosts', 'h3', '--command', 'exit 3');
      expect(code).toBe(1);
      expect(stderr).toContain('the command on h3 ended with 3');
      expect((await system.client.host('h3')).admin).toBe('maintenance');
      await system.done('host', 'roll', '--hosts', 'h3', '--from', 'h3', '--settle', '1', '--command', 'true');
      expect((await system.client.host('h3')).admin).toBe('active');
      await settledOn('h1');
    });

    it('VMs that a rule keeps apart part while they run, and a third finds the third host', async () => {
      const before = boots();
      await system.done('rule', 'add', 'apart', '--vms', 'p1,p2,p3', '--apart');
      await until('p1 and p2 to part', async () => new Set(await places()).size === 2);
      for (const vm of vms) await system.vmWhen('running', vm, ({ phase }) => phase === 'running');
      await allWriteOn();
      await noGuestNoticed(before);
      await system.done('vm', 'create', 'p3');
      expect(new Set([...(await places()), await system.hostOf('p3')]).size).toBe(3);
      await system.done('vm', 'delete', 'p3');
      expect(await system.done('rule', 'remove', 'apart')).toBe('rule apart is gone\n');
    });

    it('a VM that is relocated boots again, on the host that was named', async () => {
      const { bootId } = system.newest('p1');
      const from = await system.hostOf('p1');
      const to = ['h1', 'h2', 'h3'].find((host) => host !== from) ?? '';
      expect(await system.done('vm', 'relocate', 'p1', '--to', to)).toBe(`p1 is running on ${to}\n`);
      await system.newBoot('p1', bootId);
      expect(system.journal('p1').isWhole()).toBe(true);
    });

    it('the VMs of a host that is shut down run elsewhere, on its word, before anybody misses it', async () => {
      const { bootId } = system.newest('p2');
      const host = await system.hostOf('p2');
      expect(await system.done('lab', 'shutdown', host)).toBe(`${host}: shut down\n`);
      await system.newBoot('p2', bootId);
      const view = await system.vmWhen('running', 'p2', ({ phase }) => phase === 'running');
      expect(view.assignment?.host).not.toBe(host);
      expect(await system.done('vm', 'log', 'p2')).toContain(`${host} is going down and has stopped it`);
      expect(system.journal('p2').isWhole()).toBe(true);
      await system.done('lab', 'power', host, 'on');
      await system.settled();
    });

    it('a host that is rebooted in an orderly way gets its VMs back', async () => {
      const host = await system.hostOf('p1');
      const { bootId } = system.newest('p1');
      expect(await system.done('lab', 'reboot', host)).toBe(`${host}: rebooted\n`);
      await system.newBoot('p1', bootId);
      await system.settled();
      await system.vmWhen(`back on ${host}`, 'p1', ({ phase, assignment }) =>
        phase === 'running' && assignment?.host === host);
      await allWriteOn();
    });
  });
}
