import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootDiskImage } from '../boot-disk.js';
import type { TestSystem } from './test-system.js';
import { until } from './until.js';

/** A VM that boots from a disk of its own, which storage has copied for it. */
export function diskImageSuite(given: () => TestSystem): void {
  describe('a VM from a disk image', () => {
    let system: TestSystem;
    let images: string;
    beforeAll(() => {
      system = given();
      images = join(system.lab.node('san1').fileDirectory, 'images');
    });
    afterAll(async () => {
      for (const name of ['whole', 'twin']) await system.deleteVm(name);
    });

    it('boots from its own disk, without a kernel of its host', async () => {
      expect(await system.done('image', 'list')).toMatch(/^tiny-disk +disk +64 MiB +qcow2 +pool1 +san1/m);
      await system.createVm('whole', 'h1', '--image', bootDiskImage, '--disk', '80MiB', '--boot', 'cdrom,disk');
      const { volumes, bootsFromDisk } = await system.client.vm('whole');
      expect(volumes).toMatchObject([{ sizeMiB: 80, source: { image: bootDiskImage } }]);
      expect(bootsFromDisk).toBe(true);
      const { stdout } = await system.lab.node('h1').exec('virsh', ['-c', 'qemu:///system', 'dumpxml', 'whole']);
      expect(stdout).not.toContain('<kernel>');
      expect(stdout).toMatch(/<boot dev='cdrom'\/>\s*<boot dev='hd'\/>/);
      const pool = join(system.lab.node('san1').fileDirectory, 'pool');
      expect((await readdir(pool)).filter((name) => name.includes('partial'))).toEqual([]);
    });

    it('moves, and is recovered from the same disk when its host is lost', async () => {
      await system.done('vm', 'migrate', 'whole', 'h2');
      await system.writesOn('whole');
      const { bootId } = system.newest('whole');
      await system.lab.power('h2', 'off');
      await system.newBoot('whole', bootId);
      expect(system.journal('whole').isWhole()).toBe(true);
      await system.settled();
    });

    it('is cloned while it is stopped: the clone boots with the same data, and writes to its own disk', async () => {
      expect((await system.cli('vm', 'clone', 'whole', 'twin')).stderr).toContain('stop it first');
      await system.done('vm', 'stop', 'whole', '--force');
      await system.done('vm', 'clone', 'whole', 'twin', '--start');
      const written = system.journal('whole').records.map(({ bootId, n }) => `${bootId} ${n}`);
      await system.readJournal('twin');
      await until('twin to write', () => system.journal('twin').records.length > written.length);
      const copied = system.journal('twin').records.slice(0, written.length);
      expect(copied.map(({ bootId, n }) => `${bootId} ${n}`)).toEqual(written);
      expect(system.journal('twin').isWhole()).toBe(true);
      expect(system.journal('whole').records).toHaveLength(written.length);
    });

    it('sees images that are put there, and says why one cannot be used', async () => {
      await writeFile(join(images, 'broken.qcow2'), await readFile('/bin/true'));
      await until('the new image to be seen', async () => (await system.done('image', 'list')).includes('broken'));
      expect((await system.cli('vm', 'create', 'none', '--image', 'broken')).stderr).toContain('not a qcow2 file');
      const unknown = await system.cli('vm', 'create', 'none', '--image', 'tiny-disc');
      expect(unknown.stderr).toContain('there is no image named tiny-disc');
      expect(unknown.stderr).toContain('did you mean tiny-disk');
    });
  });
}
