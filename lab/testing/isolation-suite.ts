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
      for (const link of ['management', 'bmc']) await system.done('lab', 'link', host, link, 'up');
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
    });
  });
}
