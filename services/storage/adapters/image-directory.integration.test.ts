import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImageDirectory } from './image-directory.js';

const run = promisify(execFile);

describe('a directory of disk images', () => {
  let path: string;
  let images: ImageDirectory;
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'holdfast-images-'));
    images = new ImageDirectory(path);
  });
  afterAll(() => rm(path, { recursive: true }));

  const create = async (file: string, ...options: string[]): Promise<void> =>
    void (await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, join(path, file), '3M']));
  const told = async (name: string): Promise<string | undefined> =>
    (await images.list()).find((image) => image.name === name)?.unusable;
  const opened = async (name: string): Promise<unknown> => {
    try {
      const { handle, format, sizeBytes } = await images.open(name);
      await handle.close();
      return { format, sizeBytes };
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('tells each by its name, with the size that its guest sees', async () => {
    await create('debian-12.qcow2');
    await writeFile(join(path, 'old.raw'), Buffer.alloc(1024 * 1024 + 1));
    await writeFile(join(path, 'README.md'), 'no image');
    await writeFile(join(path, 'UPPER.raw'), 'no name');
    expect(await images.list()).toEqual([
      { name: 'debian-12', format: 'qcow2', sizeMiB: 3 },
      { name: 'old', format: 'raw', sizeMiB: 2 },
    ]);
    expect(await opened('debian-12')).toEqual({ format: 'qcow2', sizeBytes: 3 * 1024 * 1024 });
    expect(await opened('README')).toBe('not-found');
  });

  it('refuses what would have other files of the machine copied', async () => {
    await writeFile(join(path, 'secret.txt'), Buffer.alloc(3 * 1024 * 1024, 's'));
    await create('below.qcow2', '-b', join(path, 'secret.txt'), '-F', 'raw');
    await create('apart.qcow2', '-o', `data_file=${join(path, 'apart.data')}`);
    await symlink(join(path, 'secret.txt'), join(path, 'link.raw'));
    await symlink('/dev/zero', join(path, 'device.raw'));
    await run('mkfifo', [join(path, 'pipe.raw')]);
    expect(await told('below')).toContain('backing file');
    expect(await told('apart')).toContain('another file');
    expect(await told('link')).toContain('is a link');
    expect(await told('device')).toContain('is a link');
    expect(await told('pipe')).toContain('not a file');
    for (const name of ['below', 'apart', 'link', 'device', 'pipe']) expect(await opened(name)).toBe('unusable');
  });

  it('refuses what is not what its name says', async () => {
    await writeFile(join(path, 'text.qcow2'), 'nothing of the kind');
    await writeFile(join(path, 'empty.raw'), '');
    await writeFile(join(path, 'plain.img'), await readFile(join(path, 'debian-12.qcow2')));
    await writeFile(join(path, 'old.img'), 'a second one');
    const broken = await readFile(join(path, 'debian-12.qcow2'));
    broken.writeBigUInt64BE(0xffff_ffff_0000_0000n, 24);
    await writeFile(join(path, 'huge.qcow2'), broken);
    expect(await told('text')).toContain('not a qcow2 file');
    expect(await told('empty')).toContain('0 bytes');
    expect(await told('plain')).toContain('name it .qcow2');
    expect(await told('old')).toContain('same name');
    expect(await told('huge')).toContain('a disk of');
  });
});
