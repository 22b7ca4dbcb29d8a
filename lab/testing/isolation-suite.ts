import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

const vm = 'cut';

export function isolationSuite(given: () => TestSystem): void {
  describe('a host is cut off from everything but storage', () => {
    let system: TestSystem;
    let host: string;
    beforeAll(async () => {
      system = given();
      await system.createVm(vm, 'h1');
      await system.writesOn(vm);
      host = await system.hostOf(vm);
    });
    afterAll(async () => {
      for (const link of ['management', 'storage', 'bmc']) await system.done('lab', 'link', host, link, 'up');
      await system.settled();
      await system.deleteVm(vm);
    });

    it('storage tells it that it was fenced: its old QEMU is gone while it is still cut off', async () => {
      const { bootId } = system.newest(vm);
      // Without its BMC nobody can switch it off.
      for (const link of ['bmc', 'management']) await system.done('lab', 'link', host, link, 'down');
      const sinceMs = Date.now();
      await system.newBoot(vm, bootId);
      expect(await system.hostOf(vm)).not.toBe(host);
      await until('its old QEMU to be gone', async () => {
        const { code } = await system.lab.node(host).exec('pgrep', ['-f', `guest=${vm},`]);
        return code === 1;
      });
      // Gone by its own hand: nobody has heard of it on the bus since.
      const { health, observed } = await system.client.host(host);
      expect(health).toBe('fenced');
      expect(observed?.atMs).toBeLessThan(sinceMs);
      expect(system.journal(vm).isWhole()).toBe(true);
      for (const link of ['management', 'bmc']) await system.done('lab', 'link', host, link, 'up');
      await system.settled();
    });

    it('cut off from storage as well, it cuts its guest off, ends it, and is clean when it is back', async () => {
      host = await system.hostOf(vm);
      const { bootId } = system.newest(vm);
      const node = system.lab.node(host);
      const said = async (command: string, ...args: string[]): Promise<string> =>
        (await node.exec(command, args)).stdout;
      for (const link of ['bmc', 'storage', 'management']) await system.done('lab', 'link', host, link, 'down');
      const virsh = ['-c', 'qemu:///system'];
      const [mac = ''] = /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(await said('virsh', ...virsh, 'domiflist', vm)) ?? [];
      await until('the link of its guest to be cut', async () =>
        (await said('virsh', ...virsh, 'domif-getlink', vm, mac)).includes('down'));
      await until('its old QEMU to be gone', async () => (await node.exec('pgrep', ['-f', `guest=${vm},`])).code === 1);
      // Storage has taken its access back meanwhile, without it.
      await system.newBoot(vm, bootId);
      for (const link of ['bmc', 'storage', 'management']) await system.done('lab', 'link', host, link, 'up');
      await system.settled();
      expect((await system.client.host(host)).observed?.staleCopies).toEqual([]);
      expect(system.journal(vm).isWhole()).toBe(true);
    });
  });
}
