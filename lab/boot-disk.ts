/** The disk image `tiny-disk`: the guest `tiny` on a disk of its own, with the boot loader that starts it. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ImageError, type GuestImage } from './image.js';

const run = promisify(execFile);
const GRUB = '/usr/lib/grub/i386-pc';
const GRUB_MODULES = ['biosdisk', 'linux', 'boot'];
const SECTOR_BYTES = 512;
const DISK_MIB = 64;
/** Behind where the guest's journal begins, with room for hours of it. */
const KERNEL_SECTOR = 32_768;
const TIMEOUT_MS = 60_000;

export const bootDiskImage = 'tiny-disk';

/**
 * Makes it beside the files that it is made from, or finds it there.
 * @throws ImageError if there is no boot loader to make it with.
 */
export async function buildBootDisk(image: GuestImage): Promise<string> {
  if (!existsSync(join(GRUB, 'boot.img'))) throw new ImageError(`no GRUB in ${GRUB}: run ./holdfast once as root`);
  const directory = dirname(image.kernel);
  const target = join(directory, `${bootDiskImage}.qcow2`);
  if (existsSync(target)) return target;
  const building = join(directory, `.${bootDiskImage}-${randomUUID()}`);
  await mkdir(building, { recursive: true });
  try {
    const raw = join(building, 'disk.raw');
    await writeDisk(image, building, raw);
    const packed = join(building, 'disk.qcow2');
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', '-c', raw, packed], { timeout: TIMEOUT_MS });
    await rename(packed, target);
    return target;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** The loader reads the kernel by its sectors: there is no file system to know. */
async function writeDisk({ kernel, initrd, commandLine }: GuestImage, building: string, raw: string): Promise<void> {
  const kernelSectors = await sectorsOf(kernel);
  const initrdSector = KERNEL_SECTOR + kernelSectors;
  const config = join(building, 'grub.cfg');
  const core = join(building, 'core.img');
  const disk = await open(raw, 'w');
  const write = async (content: Buffer, sector: number): Promise<void> => {
    await disk.write(content, 0, content.length, sector * SECTOR_BYTES);
  };
  try {
    await disk.truncate(DISK_MIB * 2 ** 20);
    await writeFile(config, [
      `linux (hd0)${KERNEL_SECTOR}+${kernelSectors} ${commandLine}`,
      `initrd (hd0)${initrdSector}+${await sectorsOf(initrd)}`,
      'boot',
      '',
    ].join('\n'));
    const make = ['-O', 'i386-pc', '-d', GRUB, '-p', '/', '-c', config, '-o', core, ...GRUB_MODULES];
    await run('grub-mkimage', make, { timeout: TIMEOUT_MS });
    await write(await readFile(join(GRUB, 'boot.img')), 0);
    await write(await readFile(core), 1);
    await write(await readFile(kernel), KERNEL_SECTOR);
    await write(await readFile(initrd), initrdSector);
  } finally {
    await disk.close();
  }
}

async function sectorsOf(path: string): Promise<number> {
  return Math.ceil((await stat(path)).size / SECTOR_BYTES);
}
