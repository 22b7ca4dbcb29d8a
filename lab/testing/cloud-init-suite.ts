import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

const password = 'correct-horse';

/** What a guest is told at its first boot reaches it wherever it runs, and nobody else. */
export function cloudInitSuite(given: () => TestSystem): void {
  describe('what cloud-init is told', () => {
    let system: TestSystem;
    beforeAll(async () => {
      system = given();
      const file = join(system.stateDirectory, 'user-data');
      await writeFile(file, `#cloud-config\npassword: ${password}\n`);
      await chmod(file, 0o600);
      await system.createVm('told', 'h1', '--image', 'cdrom', '--user-data', file);
      await rm(file);
    });
    afterAll(() => system.deleteVm('told'));

    const shell = async (host: string, command: string): Promise<string> =>
      (await system.lab.node(host).exec('bash', ['-c', command])).stdout;
    const seeds = (host: string): Promise<string> => shell(host, 'ls /run/holdfast/seeds 2>/dev/null || true');
    const reads = async (): Promise<void> => {
      const host = await system.hostOf('told');
      const { uid } = await system.client.vm('told');
      await until(`the guest on ${host} to read it`, async () => {
        const log = await shell(host, 'cat /var/log/libvirt/holdfast/told-console.log');
        return log.includes(`user-data: password: ${password}`) && log.includes(`meta-data: {"instance-id":"${uid}"`);
      });
      expect(await seeds(host)).toBe(`${uid}.iso\n`);
    };

    it('is read by its guest, and is in no view, event, log or list of processes', async () => {
      await reads();
      const said = [
        await system.done('vm', 'show', 'told', '--json'),
        await system.done('vm', 'log', 'told'),
        await shell('h1', `ps axww; cat ${system.lab.node('h1').fileDirectory}/*.log; virsh -c qemu:///system dumpxml told`),
      ].join();
      expect(said).toMatch(/"userData":\s*\{\s*"bytes": 38/);
      expect(said).toContain('/run/holdfast/seeds/');
      expect(said).not.toContain(password);
    });

    it('goes with it as it moves, and is made anew where it is recovered', async () => {
      await system.done('vm', 'migrate', 'told', 'h2');
      await system.writesOn('told');
      await until('the image to be gone where it was', async () => (await seeds('h1')) === '');
      const { bootId } = system.newest('told');
      await system.lab.power('h2', 'off');
      await system.newBoot('told', bootId);
      await reads();
      await system.settled();
    });
  });
}
