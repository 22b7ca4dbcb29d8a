import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../bus-servers.js';
import { LunMask } from '../lun-mask.js';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

/** One that starts elsewhere, one that is to wait, one whose disk stays. */
const vms = ['l1', 'l2', 'l3'] as const;
const host = 'h1';

/** Its VMs run on after it: what looks at the system from outside finds some there. */
export function storageLossSuite(given: () => TestSystem): void {
  describe('the targets of two VMs answer their host no more', () => {
    let system: TestSystem;
    const masks: LunMask[] = [];
    const maskOf = async (vm: string): Promise<LunMask> => {
      const [disk] = (await system.client.vm(vm)).volumes;
      const { items } = await system.client.volumes();
      const [holder] = items.find(({ volume }) => volume === disk?.volume)?.attachment?.holders ?? [];
      const mask = new LunMask(system.lab.node('san1'), holder?.iqn ?? '');
      masks.push(mask);
      return mask;
    };
    const log = (vm: string): Promise<string> => system.done('vm', 'log', vm);

    beforeAll(async () => {
      system = given();
      await Promise.all(vms.map((vm) => system.createVm(vm, host)));
      await system.done('vm', 'set', 'l2', '--on-storage-loss', 'pause');
    });
    afterAll(async () => {
      for (const mask of masks) await mask.unmask().catch(() => undefined);
      await system.settled();
    });

    it('one starts elsewhere, one waits as its policy says, and the one beside them notices nothing', async () => {
      const [boot1, boot2, boot3] = vms.map((vm) => system.newest(vm).bootId) as [string, string, string];
      const epochs = await system.epochs();
      const before = await Promise.all(vms.map((vm) => system.client.vm(vm)));
      const sinceMs = Date.now();
      const [lost1, lost2] = [await maskOf('l1'), await maskOf('l2')];
      await Promise.all([lost1.mask(), lost2.mask()]);

      await system.vmWhen('told to leave', 'l1', ({ assignment }) => assignment?.host !== host);
      await system.vmWhen('running elsewhere', 'l1', ({ phase, assignment }) =>
        phase === 'running' && assignment !== null && assignment.host !== host);
      const first = await system.newBoot('l1', boot1);
      expect(await log('l1')).toContain(
        `its disks do not answer on ${host} (storage answers, but has no target for that copy); starting it where`,
      );
      expect(system.journal('l1').staleWrites(boot1, first.seenAtMs)).toBe(0);
      await until('the old QEMU of l1 to be gone', async () =>
        (await system.lab.node(host).exec('pgrep', ['-f', 'guest=l1,'])).code === 1);

      const { n } = system.newest('l2');
      const waits = 'it waits there (policy: onStorageLoss pause)';
      await until('l2 to be held', async () => (await log('l2')).includes(waits));
      await system.writesOn('l3');
      expect(system.newest('l2').n).toBe(n);
      await lost2.unmask();
      await system.writesOn('l2');
      await until('its disks to answer', async () => (await log('l2')).includes('its disks answer again'));

      expect([system.newest('l2').bootId, system.newest('l3').bootId]).toEqual([boot2, boot3]);
      for (const [index, vm] of (['l2', 'l3'] as const).entries()) {
        expect((await system.client.vm(vm)).assignment).toEqual(before[index + 1]?.assignment);
      }
      for (const vm of vms) expect(system.journal(vm).isWhole()).toBe(true);
      expect(await log('l3')).not.toContain('disks do not answer');
      expect(await system.epochs()).toEqual(epochs);
      expect(await system.incidentsOf(host, sinceMs)).toEqual([]);
      expect(await system.openTargets()).toEqual(await system.grantedTargets());
    });

    it('one whose hypervisor has given up its session starts anew, also where it is to wait for storage', async () => {
      const [boot2, boot3] = [system.newest('l2').bootId, system.newest('l3').bootId];
      const { lab } = system;
      const connections = async (): Promise<number> => {
        const args = ['-tnH', 'state', 'established', 'dport', '=', ':3260'];
        return (await lab.node(host).exec('ss', args)).stdout.split('\n').filter((line) => line !== '').length;
      };
      const all = await connections();
      // To log in again fails at once, and then its QEMU never tries again.
      const route = ['unreachable', addressOf(lab.node('san1'), 'storage')];
      await lab.node(host).exec('ip', ['route', 'add', ...route]);
      try {
        const lost = await maskOf('l2');
        await lost.mask();
        await lost.unmask();
        await until('its session to be gone', async () => (await connections()) === all - 1);
      } finally {
        await lab.node(host).exec('ip', ['route', 'del', ...route]);
      }
      await until('it to be told', async () => (await log('l2')).includes('its hypervisor no longer tries'), 120_000);
      const first = await system.newBoot('l2', boot2);
      expect(system.journal('l2').staleWrites(boot2, first.seenAtMs)).toBe(0);
      await system.writesOn('l3');
      expect(system.newest('l3').bootId).toBe(boot3);
      for (const vm of vms) expect(system.journal(vm).isWhole()).toBe(true);
    });
  });
}
