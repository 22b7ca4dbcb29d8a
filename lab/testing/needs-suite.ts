import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

/** What a VM asks of a host besides CPUs and memory: told by real hypervisors, obeyed, and given to real guests. */
export function needsSuite(given: () => TestSystem): void {
  describe('what a VM asks of its host', () => {
    let system: TestSystem;
    const explained = async (...asked: string[]): Promise<string> =>
      await system.done('place', 'explain', '--cpus', '1', '--memory', '128MiB', ...asked);
    const xmlOn = async (host: string, vm: string): Promise<string> => {
      const { stdout } = await system.lab.node(host).exec('virsh', ['-c', 'qemu:///system', 'dumpxml', vm]);
      return stdout;
    };

    beforeAll(async () => {
      system = given();
      await system.createVm('asks', 'h1', '--cpu', 'Nehalem,+aes', '--disk-mbs', '50', '--nic', 'private');
    });
    afterAll(async () => {
      await system.done('lab', 'link', 'h1', 'guest', 'up');
      await system.deleteVm('asks');
    });

    it('is a CPU and NICs that it keeps as it moves, and a limit of its disks', async () => {
      const { nics } = await system.client.vm('asks');
      expect(nics).toMatchObject([{ nic: 0, network: 'guest' }, { nic: 1, network: 'private' }]);
      for (const host of ['h1', 'h2']) {
        if (host === 'h2') await system.done('vm', 'migrate', 'asks', 'h2');
        const xml = await xmlOn(host, 'asks');
        expect(xml).toMatch(/<model [^>]*>Nehalem<\/model>/);
        expect(xml).toMatch(/<feature policy='require' name='aes'\/>/);
        expect(xml).toMatch(new RegExp(`${nics[0]?.macAddress}'/>\\s*<source bridge='br-guest'/>`));
        expect(xml).toMatch(new RegExp(`${nics[1]?.macAddress}'/>\\s*<source bridge='br-private'/>`));
        expect(xml).toContain('<total_bytes_sec>50000000</total_bytes_sec>');
      }
      await system.writesOn('asks');
      expect(system.journal('asks').isWhole()).toBe(true);
    });

    it('is refused where it is not offered, and the explanation says what would have to change', async () => {
      expect(await explained('--cpu', 'Nehalem,+aes')).toContain('fits on 3 of 3 hosts');
      const told = await explained('--cpu', 'EPYC-Rome');
      expect(told).toContain('fits on none of 3 hosts');
      expect(told).toContain('h1 has to offer the CPU EPYC-Rome, or the VM has to ask for another');
      expect(await explained('--hugepages', '1G')).toContain('0 MiB of huge pages of 1G left, 1024 are asked for');
      expect(await explained('--numa', 'single')).toContain('fits on 3 of 3 hosts');
      const { code, stderr } = await system.cli('vm', 'create', 'never', '--cpu', 'EPYC-Rome');
      expect([code, stderr]).toEqual([1, expect.stringContaining('no host offers the CPU EPYC-Rome')]);
      expect(stderr).toContain('--cpu');
    });

    it('is a network: a host that has lost it says so, and takes none of its VMs until it is back', async () => {
      await system.done('lab', 'link', 'h1', 'guest', 'down');
      await until('h1 to miss the network', async () =>
        (await system.done('host', 'list')).includes('has lost the network guest'));
      expect(await explained()).toContain('network: has lost the network guest');
      expect(await explained()).toContain('fits on 2 of 3 hosts');
      await system.done('lab', 'link', 'h1', 'guest', 'up');
      await until('h1 to be back on it', async () => (await explained()).includes('fits on 3 of 3 hosts'));
    });
  });
}
