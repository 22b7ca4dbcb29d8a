import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryDirectory, toolsDirectory } from './tools.js';

/** What a guest boots: the absolute paths that a domain's XML names, and its kernel's arguments. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  readonly commandLine: string;
}

/** The guest with all it has in it, and beside it one that can read CD-ROMs, for which it carries twice as much. */
export interface TinyImage extends GuestImage {
  readonly cdrom: GuestImage;
}

/** Something the image is made from is missing or unusable; the message names the remedy. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** All the guest needs, and what they need; the init script knows the order. */
const MODULES = [
  'virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci',
  'virtio_blk', 'failover', 'net_failover', 'virtio_net', 'button', 'evdev',
  'pvpanic', 'pvpanic_mmio', 'virtio_console',
] as const;
const CDROM_MODULES = ['scsi_common', 'scsi_mod', 'libata', 'ata_piix', 'cdrom', 'sr_mod', 'isofs'] as const;

/** Leaves out what costs time when a processor is emulated: 2.3 s of it, where it was 2.9 s. */
const COMMAND_LINE = [
  'console=ttyS0', 'quiet', 'panic=1', 'nokaslr', 'mitigations=off', 'audit=0', 'apparmor=0',
  'cryptomgr.notests', 'no_timer_check', '8250.nr_uarts=1', 'i8042.noaux', 'i8042.nokbd',
  'rcupdate.rcu_expedited=1',
].join(' ');

const CPIO_TIMEOUT_MS = 60_000;
const run = promisify(execFile);

/** What a small guest is made from. */
export interface GuestParts {
  readonly kernel: string;
  readonly modules: ReadonlyMap<string, string>;
  readonly busybox: string;
  readonly init: string;
}

/**
 * Makes the built-in image `tiny` in a folder of `directory`, or finds it there: the folder's
 * name is the hash of all it is made from. `lab/tiny/init` tells what the guest does.
 * @throws ImageError if there is no kernel, module or static busybox to make it from.
 */
export async function buildTinyImage(directory: string): Promise<TinyImage> {
  const inputs = await findGuestParts();
  const target = join(directory, `tiny-${await hashOf(inputs)}`);
  const kernel = join(target, 'vmlinuz');
  const image = {
    kernel,
    initrd: join(target, 'initrd'),
    commandLine: COMMAND_LINE,
    cdrom: { kernel, initrd: join(target, 'initrd-cdrom'), commandLine: `${COMMAND_LINE} holdfast.cdrom` },
  };
  if (existsSync(target)) return image;

  const building = join(directory, `.tiny-${randomUUID()}`);
  await mkdir(building, { recursive: true });
  try {
    await copyFile(inputs.kernel, join(building, 'vmlinuz'));
    await packInitrd(inputs, MODULES, join(building, 'root'), join(building, 'initrd'));
    await packInitrd(inputs, CDROM_MODULES, join(building, 'root'), join(building, 'initrd-cdrom'));
    await rm(join(building, 'root'), { recursive: true });
    await rename(building, target);
  } catch (error) {
    // Another process may have made the same image meanwhile; the folder's name says it is ours.
    if (!existsSync(target)) throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return image;
}

/** As `./holdfast` has got them, or as this machine has them. @throws ImageError for one that is not there. */
export async function findGuestParts(): Promise<GuestParts> {
  const system = toolsDirectory();
  const kernels = [join(system, 'kernel'), '/'];
  const busybox = [join(system, 'busybox', 'bin', 'busybox'), '/bin/busybox'].find(isStatic);
  if (busybox === undefined) {
    throw new ImageError(`no static busybox in ${system} or /bin: run ./holdfast once as root`);
  }
  const init = join(repositoryDirectory(), 'lab', 'tiny', 'init');
  for (const root of kernels) {
    const release = await newestCloudKernel(join(root, 'boot'));
    if (release === undefined) continue;
    const modules = await findModules(join(root, 'lib', 'modules', release));
    return { kernel: join(root, 'boot', `vmlinuz-${release}`), modules, busybox, init };
  }
  throw new ImageError(
    `no kernel vmlinuz-*-cloud-amd64 in ${kernels.join(' or ')}: run ./holdfast once as root`);
}

/** A busybox that needs no libraries names no interpreter for them in its first page. */
function isStatic(path: string): boolean {
  return existsSync(path) && !readFileSync(path).subarray(0, 4096).includes('/ld-linux');
}

async function newestCloudKernel(boot: string): Promise<string | undefined> {
  if (!existsSync(boot)) return undefined;
  const releases = (await readdir(boot))
    .flatMap((file) => /^vmlinuz-(.+-cloud-amd64)$/.exec(file)?.[1] ?? [])
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  return releases.at(-1);
}

async function findModules(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = existsSync(directory) ? await readdir(directory, { recursive: true }) : [];
  const found = new Map<string, string>();
  for (const file of files) {
    const name = /([^/]+)\.ko$/.exec(file)?.[1]?.replaceAll('-', '_');
    if (name !== undefined) found.set(name, join(directory, file));
  }
  return new Map([...MODULES, ...CDROM_MODULES].map((module) => {
    const path = found.get(module);
    if (path === undefined) throw new ImageError(`no module ${module}.ko below ${directory}`);
    return [module, path];
  }));
}

/** Big files that a package brought are told apart by size and time, our own by content. */
async function hashOf(inputs: GuestParts): Promise<string> {
  const hash = createHash('sha256').update(COMMAND_LINE).update(await readFile(inputs.init));
  for (const path of [inputs.kernel, inputs.busybox, ...inputs.modules.values()]) {
    const { size, mtimeMs } = await stat(path);
    hash.update(`\n${path} ${size} ${mtimeMs}`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Not compressed: unpacking it would cost the guest more than reading it costs the host. */
async function packInitrd(
  inputs: GuestParts, modules: readonly string[], root: string, initrd: string,
): Promise<void> {
  for (const folder of ['bin', 'dev', 'modules', 'proc', 'sys']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await copyFile(inputs.init, join(root, 'init'));
  await chmod(join(root, 'init'), 0o755);
  await copyFile(inputs.busybox, join(root, 'bin', 'busybox'));
  for (const module of modules) {
    await copyFile(inputs.modules.get(module) ?? '', join(root, 'modules', `${module}.ko`));
  }
  const names = (await readdir(root, { recursive: true })).sort().join('\n');
  const packing = run('cpio', ['--quiet', '--create', '--format=newc', '--owner=0:0'], {
    cwd: root, encoding: 'buffer', maxBuffer: 64 * 2 ** 20, timeout: CPIO_TIMEOUT_MS,
  });
  packing.child.stdin?.end(`${names}\n`);
  await writeFile(initrd, (await packing).stdout);
}
